"""Parquet files, local or at any address that fsspec can open (``s3://``, ``gs://``, ``memory://`` ...)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.data.names import listed, one_form
from divecast.errors import DataError


def is_address(place: str | Path) -> bool:
    """Whether a place is an address with a protocol, not a path."""
    return isinstance(place, str) and "://" in place


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Parquet files of the same columns, read as one table; one is open at a time.

    Names of columns have one form (``names.one_form``), whatever form each file has them in.

    Attributes:
        filesystem: file system of pyarrow.
        names: names of the files on it, in order of the rows.
    """

    filesystem: Any
    names: tuple[str, ...]

    @classmethod
    def at(cls, place: str | Path) -> "ParquetFiles":
        """The file at a path, or those at an address, which may contain ``*``, in order of their names.

        Raises:
            DataError: the file does not exist, or the protocol is unknown or needs a package that is not installed.
        """
        from pyarrow import fs

        if not is_address(place):
            return cls(fs.LocalFileSystem(), (str(place),))
        fsspec = need("fsspec")
        try:
            filesystem, inside = fsspec.core.url_to_fs(str(place))
        except (ValueError, ImportError) as error:
            raise DataError(f"The address {place} cannot be opened: {error}") from error
        names = tuple(sorted(filesystem.glob(inside))) if "*" in inside else (inside,)
        if not names or not all(map(filesystem.isfile, names)):
            raise DataError(f"There is no file {place}", hint="Write several as PROTOCOL://FOLDER/*.parquet")
        return cls(fs.PyFileSystem(fs.FSSpecHandler(filesystem)), names)

    @property
    def schema(self) -> Any:
        """Schema of the first file."""
        import pyarrow as pa

        schema = next(self._opened()).schema_arrow
        return pa.schema([field.with_name(one_form(field.name)) for field in schema])

    @property
    def n_rows(self) -> int:
        """Number of rows of all files."""
        return sum(file.metadata.num_rows for file in self._opened())

    def read(self, columns: Sequence[str] | None = None) -> Any:
        """One table of these columns, or all, of every file.

        Raises:
            DataError: a file has other columns than the first.
        """
        import pyarrow as pa

        return pa.concat_tables(
            [_in_one_form(file.read(columns=_written(file, columns))) for file in self._opened()],
            promote_options="permissive",
        )

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[Any]:
        """Yield record batches of at most ``n_rows`` in order; errors as in :meth:`read`."""
        for file in self._opened():
            for group in range(file.num_row_groups):  # together, each would keep a page of every column in memory
                batches = file.iter_batches(n_rows, [group], _written(file, columns), use_threads=False)
                yield from map(_in_one_form, batches)

    def _opened(self) -> Iterator[Any]:
        from pyarrow import parquet

        first: list[str] = []
        for name in self.names:
            with self.filesystem.open_input_file(name) as stored, parquet.ParquetFile(stored) as file:
                columns = [one_form(column) for column in file.schema_arrow.names]
                if first and set(columns) != set(first):
                    raise DataError(f"{name} has the columns {listed(columns)}, the first file has {listed(first)}")
                first = first or columns
                yield file


def _written(file: Any, columns: Sequence[str] | None) -> list[str] | None:
    """Names of columns as a file has them."""
    if columns is None:
        return None
    names = {one_form(name): name for name in file.schema_arrow.names}
    return [names[column] for column in columns]


def _in_one_form(table: Any) -> Any:
    names = table.schema.names
    return table if all(map(str.isascii, names)) else table.rename_columns([one_form(name) for name in names])

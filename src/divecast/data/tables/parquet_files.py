"""Parquet files, local or at any address that fsspec can open (``s3://``, ``gs://``, ``memory://`` ...)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.data.names import listed
from divecast.errors import DataError


def is_address(place: str | Path) -> bool:
    """Whether a place is an address with a protocol, not a path."""
    return isinstance(place, str) and "://" in place


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Parquet files of the same columns, read as one table; one is open at a time.

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
        return next(self._opened()).schema_arrow

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

        names = None if columns is None else list(columns)
        return pa.concat_tables([file.read(columns=names) for file in self._opened()], promote_options="permissive")

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[Any]:
        """Yield record batches of at most ``n_rows`` in order; errors as in :meth:`read`."""
        for file in self._opened():
            for group in range(file.num_row_groups):  # together, each would keep a page of every column in memory
                yield from file.iter_batches(n_rows, [group], list(columns), use_threads=False)

    def _opened(self) -> Iterator[Any]:
        from pyarrow import parquet

        first: list[str] = []
        for name in self.names:
            with self.filesystem.open_input_file(name) as stored, parquet.ParquetFile(stored) as file:
                columns = file.schema_arrow.names
                if first and set(columns) != set(first):
                    raise DataError(f"{name} has the columns {listed(columns)}, the first file has {listed(first)}")
                first = first or columns
                yield file

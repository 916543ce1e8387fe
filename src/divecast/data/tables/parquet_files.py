"""Parquet files, here or at any address that fsspec knows (``s3://``, ``gs://``, ``memory://`` ...)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast.errors import DataError


def is_address(place: str | Path) -> bool:
    """Whether a place is named by an address with a protocol rather than by a path."""
    return isinstance(place, str) and "://" in place


@dataclass(frozen=True, slots=True)
class ParquetFiles:
    """Parquet files of the same columns as one table, one opened at a time.

    Attributes:
        filesystem: pyarrow's.
        names: Of the files on it, in order of the rows.
    """

    filesystem: Any
    names: tuple[str, ...]

    @classmethod
    def at(cls, place: str | Path) -> "ParquetFiles":
        """Find the file at a path, or those at an address, which may hold ``*``; files are in order of their names.

        Raises:
            DataError: There is no such file, or no such protocol, or its package is not installed.
        """
        from pyarrow import fs

        if not is_address(place):
            return cls(fs.LocalFileSystem(), (str(place),))
        fsspec = need("fsspec")
        try:
            found, inside = fsspec.core.url_to_fs(str(place))
        except (ValueError, ImportError) as error:
            raise DataError(f"expected an address that fsspec can open, got {place}: {error}") from error
        names = tuple(sorted(found.glob(inside))) if "*" in inside else (inside,)
        if not names or not all(map(found.isfile, names)):
            raise DataError(
                f"expected Parquet at {place}, there is no such file; write it as PROTOCOL://FOLDER/*.parquet"
            )
        return cls(fs.PyFileSystem(fs.FSSpecHandler(found)), names)

    @property
    def schema(self) -> Any:
        """Schema of the first file."""
        return next(self._each()).schema_arrow

    @property
    def n_rows(self) -> int:
        """Rows of all files."""
        return sum(file.metadata.num_rows for file in self._each())

    def read(self, columns: Sequence[str] | None = None) -> Any:
        """Return these columns, or all, of every file as one table.

        Raises:
            DataError: A file has other columns than the first.
        """
        import pyarrow as pa

        wanted = None if columns is None else list(columns)
        return pa.concat_tables([file.read(columns=wanted) for file in self._each()], promote_options="permissive")

    def batches(self, columns: Sequence[str], n_rows: int) -> Iterator[Any]:
        """Yield record batches of at most ``n_rows``, in order; errors as in ``read``."""
        for file in self._each():
            for group in range(file.num_row_groups):  # all groups at once would each keep a page of every column
                yield from file.iter_batches(n_rows, [group], list(columns), use_threads=False)

    def _each(self) -> Iterator[Any]:
        from pyarrow import parquet

        first: list[str] = []
        for name in self.names:
            with self.filesystem.open_input_file(name) as stored, parquet.ParquetFile(stored) as file:
                columns = file.schema_arrow.names
                if first and set(columns) != set(first):
                    raise DataError(f"expected the columns {first[:12]} in {name}, it has {columns[:12]}")
                first = first or columns
                yield file

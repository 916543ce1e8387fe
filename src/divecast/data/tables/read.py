"""Table files as Arrow tables."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from divecast.data.tables.parquet_files import ParquetFiles, is_address
from divecast.errors import DataError

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars"}


def read_table(path: str | Path) -> Any:
    """Read a CSV, CSV.gz or Parquet file as a pyarrow table.

    Args:
        path: The file; its name tells the kind. A CSV is UTF-8, its columns are separated by commas. Or the address
            of Parquet that fsspec knows, such as ``s3://bucket/panel.parquet`` or ``s3://bucket/*.parquet``.

    Returns:
        The table.

    Raises:
        DataError: The file is absent, of another kind, or cannot be read.
    """
    if is_address(path):
        with readable(path):
            return ParquetFiles.at(path).read()
    path = Path(path)
    if not path.is_file():
        raise DataError(f"expected a CSV, CSV.gz or Parquet file, found none at {path}")
    name = path.name.lower()
    with readable(path):
        if name.endswith((".parquet", ".pq")):
            from pyarrow import parquet

            return parquet.read_table(path)
        if name.endswith((".csv", ".csv.gz")):
            return _read_csv(path)
    raise DataError(f"expected a name that ends in .csv, .csv.gz or .parquet, got {path.name}")


@contextmanager
def readable(place: str | Path) -> Iterator[None]:
    """Turn what opening or reading a file raises into a DataError that names it."""
    import pyarrow as pa

    path = Path(place)
    try:
        yield
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    except (pa.ArrowException, OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"expected a readable table in {path.name}: {error}") from error


def _read_csv(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    _refuse_separator(path)
    table = csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=True))
    # Arrow takes text that is not UTF-8 for bytes.
    if any(pa.types.is_binary(kind) for kind in table.schema.types):
        raise _not_utf8(path)
    return table


def _refuse_separator(path: Path) -> None:
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        header = file.readline().decode("utf-8-sig")
    found = [words for sign, words in _SEPARATORS.items() if sign in header]
    if found and "," not in header:
        raise DataError(
            f"expected columns separated by commas in {path.name}, its first line is {header.strip()[:60]!r}: the "
            f"separator seems to be {found[0]}; read it with your table package and give the table, or save it with "
            "commas"
        )


def _not_utf8(path: Path) -> DataError:
    return DataError(f"expected text in UTF-8 in {path.name}, it is in another encoding; save it as UTF-8")

"""Table files as Arrow tables."""

import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from divecast.data.tables.parquet_files import ParquetFiles, is_address
from divecast.errors import DataError

_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "vertical bars"}


def read_table(path: str | Path) -> Any:
    """Read a CSV, CSV.gz or Parquet file as a pyarrow table.

    Args:
        path: the file, whose name tells the kind; CSV is UTF-8 with columns separated by commas. Or an address of
            Parquet that fsspec can open, such as ``s3://bucket/panel.parquet`` or ``s3://bucket/*.parquet``.

    Raises:
        DataError: the file does not exist, is of another kind, or cannot be read.
    """
    if is_address(path):
        with readable(path):
            return ParquetFiles.at(path).read()
    path = Path(path)
    if not path.is_file():
        raise DataError(f"There is no file {path}")
    name = path.name.lower()
    with readable(path):
        if name.endswith((".parquet", ".pq")):
            from pyarrow import parquet

            return parquet.read_table(path)
        if name.endswith((".csv", ".csv.gz")):
            return _read_csv(path)
    raise DataError(expected="a file name that ends in .csv, .csv.gz or .parquet", found=path.name)


@contextmanager
def readable(place: str | Path) -> Iterator[None]:
    """Turn whatever opening or reading a file raises into a DataError that names the file."""
    import pyarrow as pa

    path = Path(place)
    try:
        yield
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error
    except (pa.ArrowException, OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"The table in {path.name} cannot be read: {error}") from error


def _read_csv(path: Path) -> Any:
    import pyarrow as pa
    from pyarrow import csv

    _check_separator(path)
    table = csv.read_csv(path, convert_options=csv.ConvertOptions(strings_can_be_null=True))
    # Arrow reads text that is not UTF-8 as bytes.
    if any(pa.types.is_binary(kind) for kind in table.schema.types):
        raise _not_utf8(path)
    return table


def _check_separator(path: Path) -> None:
    with gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb") as file:
        header = file.readline().decode("utf-8-sig")
    separators = [name for sign, name in _SEPARATORS.items() if sign in header]
    if separators and "," not in header:
        raise DataError(
            f"Columns in {path.name} must be separated by commas, not by {separators[0]}: the first line is "
            f"{header.strip()[:60]!r}",
            hint="Save it with commas, or read it with a table package and pass the table",
        )


def _not_utf8(path: Path) -> DataError:
    return DataError(f"The text in {path.name} is not UTF-8", hint="Save it as UTF-8")

"""Table files as Arrow tables."""

import zlib
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from divecast.data.tables.parquet_files import ParquetFiles, is_address
from divecast.data.tables.sheets import SHEETS, read_sheet
from divecast.data.tables.text_file import read_text
from divecast.data.text_format import TextFormat
from divecast.errors import DataError

_TEXTS = tuple(f"{ending}{packed}" for ending in (".csv", ".tsv", ".tab", ".txt", ".dat") for packed in ("", ".gz"))
_PARQUET = (".parquet", ".pq")


def stem_of(name: str) -> str | None:
    """Return the name of a file without the ending of a table; None if it has no such ending."""
    endings = sorted((*_TEXTS, *SHEETS, *_PARQUET), key=len, reverse=True)
    return next((name[: -len(ending)] for ending in endings if name.lower().endswith(ending)), None)


def read_table(path: str | Path, text: TextFormat | None = None, as_text: Collection[str] = ()) -> Any:
    r"""Read a text, Parquet or Excel file as a pyarrow table.

    Args:
        path: the file, whose name tells the kind: .csv, .tsv, .txt (also with .gz), .parquet, .xlsx and others of
            Excel. Or an address of Parquet that fsspec can open, such as ``s3://bucket/panel.parquet`` or
            ``s3://bucket/*.parquet``.
        text: how a text file is written, where it does not tell itself.
        as_text: columns of a text file that stay text as written, such as those that name series; of Parquet those
            that are text are read as dictionaries.

    Raises:
        DataError: the file does not exist, is of another kind, or cannot be read.
        ConfigError: no installed package reads Excel.

    Example:
        >>> from pathlib import Path
        >>> _ = Path("loads.csv").write_text("time;load\n01.02.2024 00:00;1,5\n01.02.2024 01:00;-\n")
        >>> read_table("loads.csv").column("load").to_pylist()
        [1.5, None]
    """
    if is_address(path):
        with readable(path):
            return ParquetFiles.at(path).read()
    path = Path(path)
    if not path.is_file():
        raise DataError(f"There is no file {path}")
    name = path.name.lower()
    with readable(path):
        if name.endswith(_PARQUET):
            from pyarrow import parquet

            return parquet.read_table(path, read_dictionary=_texts_of(parquet.read_schema(path), as_text))
        if name.endswith(_TEXTS):
            return read_text(path, text or TextFormat(), as_text)
        if name.endswith(SHEETS):
            return read_sheet(path, text or TextFormat(), as_text)
    raise DataError(expected="a file name that ends in .csv, .tsv, .txt, .csv.gz, .parquet or .xlsx", found=path.name)


def _texts_of(schema: Any, names: Collection[str]) -> list[str]:
    """Those of some columns that are text, which take less memory as places among their different cells."""
    import pyarrow as pa

    kinds = {field.name: field.type for field in schema if field.name in names}
    return [name for name, kind in kinds.items() if pa.types.is_string(kind) or pa.types.is_large_string(kind)]


@contextmanager
def readable(place: str | Path) -> Iterator[None]:
    """Turn whatever opening or reading a file raises into a DataError that names the file."""
    import pyarrow as pa

    path = Path(place)
    try:
        yield
    except UnicodeDecodeError as error:
        raise DataError(f"The text in {path.name} is not UTF-8", hint="Save it as UTF-8") from error
    except (pa.ArrowException, OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"The table in {path.name} cannot be read: {error}") from error

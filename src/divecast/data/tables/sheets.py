"""The first sheet of an Excel file, read by the table package that is installed."""

from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from divecast.data.tables.header import check_header
from divecast.data.tables.text_numbers import with_numbers
from divecast.data.text_format import TextFormat
from divecast.errors import ConfigError, DataError, warn_data

SHEETS = (".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
"""Endings of the files that :func:`read_sheet` reads."""

_ENGINES = {
    ".xlsx": ("openpyxl", "python_calamine"),
    ".xlsm": ("openpyxl", "python_calamine"),
    ".xlsb": ("pyxlsb", "python_calamine"),
    ".xls": ("xlrd", "python_calamine"),
    ".ods": ("odf", "python_calamine"),
}


def read_sheet(path: Path, told: TextFormat, as_text: Collection[str] = ()) -> Any:
    """Read the first sheet of a file as a pyarrow table; its first row names the columns.

    Args:
        path: the file.
        told: how numbers are written in cells of text.
        as_text: columns in which only empty cells are missing.

    Raises:
        ConfigError: no installed package reads such files.
        DataError: the file cannot be read.
    """
    table = _sheet(path)
    check_header(table, path.name)
    return with_numbers(table, told, as_text)


def _sheet(path: Path) -> Any:
    ending = path.suffix.lower()
    engine = next((name for name in _ENGINES[ending] if find_spec(name) is not None), None)
    try:
        if find_spec("pandas") is not None and engine is not None:
            return _by_pandas(path, engine)
        if find_spec("polars") is not None and find_spec("fastexcel") is not None:
            return _by_polars(path)
    except (ConfigError, DataError):
        raise
    except Exception as error:  # each package has errors of its own
        raise DataError(f"The table in {path.name} cannot be read: {error}") from error
    package = "openpyxl" if ending in (".xlsx", ".xlsm") else "python-calamine"
    raise ConfigError(
        f"{path.name} is an Excel file, and no installed package reads it",
        hint=f"Run pip install pandas {package}, or save it as CSV",
    )


def _by_pandas(path: Path, engine: str) -> Any:
    import pandas as pd
    import pyarrow as pa

    with pd.ExcelFile(path, engine=engine.removeprefix("python_")) as book:
        _report_sheets(path, [str(name) for name in book.sheet_names])
        frame = book.parse(0, keep_default_na=False, na_values=[""])
    columns = {str(name): _column(frame.iloc[:, place]) for place, name in enumerate(frame.columns)}
    return pa.table(columns)


def _column(cells: Any) -> Any:
    """A column of a sheet; one of several kinds, as text."""
    import pyarrow as pa

    try:
        return pa.Array.from_pandas(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if cell is None or cell != cell else str(cell) for cell in cells])


def _by_polars(path: Path) -> Any:
    import fastexcel
    import polars as pl

    _report_sheets(path, list(fastexcel.read_excel(path).sheet_names))
    return pl.read_excel(path).to_arrow()


def _report_sheets(path: Path, names: list[str]) -> None:
    if len(names) > 1:
        warn_data(f"Only the first sheet of {path.name}, {names[0]!r}, was read of {len(names)}")

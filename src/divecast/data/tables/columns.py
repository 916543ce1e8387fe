"""Columns of a table as checked float32 channels and as label columns."""

import difflib
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from numbers import Real
from typing import Any, get_args

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.factors import CalendarName
from divecast.data.source import Backend, Column, Values
from divecast.errors import DataError

Frame = nw.DataFrame[Any]
Where = Callable[[int], str]

_LARGEST_WHOLE = 2.0**53  # up to which float64 has every whole number


def open_frame(native: Any) -> tuple[Frame, Backend]:
    """Take a pandas, polars or pyarrow table (a lazy polars one is collected).

    Args:
        native: The table.

    Returns:
        The narwhals frame and the caller's kind.

    Raises:
        DataError: It is no table, has no rows or no columns, or names a column twice.
    """
    _refuse_duplicates(native)
    try:
        frame = nw.from_native(native.collect() if hasattr(native, "collect") else native, eager_only=True)
        columns = [str(name) for name in frame.columns]
    except TypeError as error:
        raise DataError(f"expected a pandas, polars or pyarrow table, got {type(native).__name__}") from error
    check_names(columns, "column")
    if not len(frame):
        raise DataError(f"expected rows, got an empty table with columns {columns[:8]}")
    kind = frame.implementation
    return frame, "pandas" if kind.is_pandas() else "polars" if kind.is_polars() else "pyarrow"


def check_names(names: Sequence[str], what: str = "channel") -> None:
    """Refuse names that occur twice.

    Args:
        names: The names.
        what: What they are of, for the message.

    Raises:
        DataError: Some do.
    """
    twice = sorted({name for name in names if list(names).count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise DataError(f"expected a name for each {what} of its own, got {twice[:5]} more than once; rename them")


def pick_columns(frame: Frame, wanted: Sequence[str], what: str) -> None:
    """Refuse columns that the table does not have.

    Raises:
        DataError: Some are absent.
    """
    have = [str(name) for name in frame.columns]
    absent = [name for name in wanted if name not in have]
    if absent:
        close = difflib.get_close_matches(absent[0], [*have, *get_args(CalendarName)], 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise DataError(
            f"expected {what} {absent} among the columns, got {have[:12]}{' ...' if have[12:] else ''}{hint}"
        )


def get_series(frame: Frame, name: str) -> nw.Series[Any]:
    """The column called ``name``, also where the table's own name of it is no text."""
    try:  # looking through the names takes as long as there are columns, for each of them
        return frame.get_column(name)
    except KeyError:
        return frame.get_column(next(column for column in frame.columns if str(column) == name))


def read_numbers(series: nw.Series[Any], channel: str, where: Where) -> Values:
    """Read a channel as float32.

    Args:
        series: The column.
        channel: Its name, for messages.
        where: Says in words which row or time a row number stands for.

    Returns:
        (row,) float32, NaN where missing.

    Raises:
        DataError: A cell is text or infinite, or too large for float32.
    """
    if series.dtype.is_numeric() or isinstance(series.dtype, nw.Boolean):
        return to_float32(_floats(series), channel, where)
    cells = series.to_list()
    text = [row for row, cell in enumerate(cells) if not _is_number(cell)]
    if not text:
        return to_float32(np.array([_to_float(cell) for cell in cells], dtype=np.float64), channel, where)
    row = next((row for row in text if not _reads_as_number(cells[row])), text[0])
    raise DataError(
        f"expected numbers in channel {channel!r}, got {cells[row]!r} in {where(row)}; mend the cell, leave it empty, "
        "or name the column among the labels"
    )


def to_float32(column: NDArray[Any], channel: str, where: Where) -> Values:
    """Check numbers and store them as float32.

    Args:
        column: (row,) numbers of any width.
        channel: Its name, for messages.
        where: Says in words which row or time a row number stands for.

    Returns:
        (row,) float32.

    Raises:
        DataError: A value is infinite or too large for float32.
    """
    _refuse(np.isinf(column), "infinite; put in the true value or leave it empty", column, channel, where)
    with np.errstate(over="ignore"):
        narrow: Values = column.astype(np.float32)
    _refuse(np.isinf(narrow), "beyond float32 (3.4e38); give it in a larger unit", column, channel, where)
    return narrow


def read_labels(series: nw.Series[Any]) -> Column:
    """Read a label column: numbers as float64 (NaN missing), anything else as objects of text (None missing)."""
    if series.dtype.is_numeric():
        numbers: Column = _floats(series).astype(np.float64)
        if series.dtype.is_float() or not _may_be_rounded(numbers):
            return numbers
    return label_array(series.to_list())


def label_array(cells: Sequence[Any] | NDArray[Any]) -> Column:
    """Read labels given one by one: float64 where all are numbers, else objects of text (None missing)."""
    if all(_is_number(cell) and not isinstance(cell, bool | np.bool_) for cell in cells):
        numbers = np.array([_to_float(cell) for cell in cells], dtype=np.float64)
        if not _may_be_rounded(numbers):
            return numbers
    out = np.empty(len(cells), dtype=object)
    out[:] = [None if _is_missing(cell) else str(cell) for cell in cells]
    return out


def name_codes(series: nw.Series[Any]) -> tuple[tuple[str, ...], NDArray[np.int64]]:
    """Number the names in a column in order of appearance.

    Args:
        series: The column that says which series or recording a row belongs to.

    Returns:
        The names, and the number of each row (row,).

    Raises:
        DataError: A row has no name, or two names read alike as text.
    """
    cells = series.to_list()
    places: dict[Any, int] = {}
    for row, cell in enumerate(cells):
        if _is_missing(cell):
            raise DataError(f"expected a name in every row of {series.name!r}, none in row {row}; fill or drop the row")
        places.setdefault(_as_key(cell, series.name, row), len(places))
    names = tuple(str(name) for name in places)
    check_names(names, "series or recording")
    return names, np.array([places[cell] for cell in cells], dtype=np.int64)


def label_missing(column: Column) -> NDArray[np.bool_]:
    """(row,) True where a label is missing."""
    if column.dtype.kind == "f":
        return np.isnan(column)
    missing: NDArray[np.bool_] = np.fromiter((cell is None for cell in column), dtype=np.bool_, count=len(column))
    return missing


def distinct(column: Column) -> tuple[list[str], NDArray[np.int64]]:
    """The different labels of a column as text, in order, and the place of each row among them.

    Args:
        column: (row,) labels, float64 (NaN missing) or objects of text (None missing).

    Returns:
        The labels, numbers by size and text by alphabet; and (row,) places, -1 where missing.
    """
    given = ~label_missing(column)
    found = column[given]
    values, inverse = np.unique(found if column.dtype.kind == "f" else found.astype(str), return_inverse=True)
    places = np.full(len(column), -1, dtype=np.int64)
    places[given] = inverse
    return as_text(values.tolist()), places


def as_text(values: Sequence[float | str]) -> list[str]:
    """Labels as text, whole numbers without a decimal point."""
    return [str(int(v)) if isinstance(v, float) and v.is_integer() else str(v) for v in values]


def _refuse_duplicates(native: Any) -> None:
    # Before narwhals, whose own message is several lines; an Arrow table calls its arrays ``columns``.
    names = getattr(native, "column_names", None)
    if names is None and not hasattr(native, "collect"):
        names = getattr(native, "columns", None)
    if names is not None:
        check_names([str(name) for name in names], "column")


def _floats(series: nw.Series[Any]) -> NDArray[Any]:
    if isinstance(series.dtype, nw.Float32 | nw.Float64) and not series.null_count():
        return series.to_numpy()
    if series.dtype.is_integer():  # Arrow refuses to cast what float64 has to round
        whole = series.fill_null(0).to_numpy().astype(np.float64)
        return np.where(series.is_null().to_numpy(), np.nan, whole)
    return series.cast(nw.Float64()).to_numpy().astype(np.float64, copy=False)


def _refuse(bad: NDArray[np.bool_], what: str, column: NDArray[Any], channel: str, where: Where) -> None:
    if not bad.any():
        return
    rows = np.flatnonzero(bad)
    raise DataError(
        f"expected finite numbers in channel {channel!r}, got {column[rows[0]]} in {where(int(rows[0]))} "
        f"({len(rows)} in all): {what}"
    )


def _may_be_rounded(numbers: NDArray[np.float64]) -> bool:
    """Whether two labels of many digits might have become one."""
    return bool((np.abs(numbers) >= _LARGEST_WHOLE).any())


def _is_missing(cell: Any) -> bool:
    if isinstance(cell, str | int):
        return False
    # pandas marks missing cells with NaT and NA too; naming them by type would need pandas.
    if isinstance(cell, Decimal):
        return cell.is_nan()
    if isinstance(cell, float | np.floating):
        return math.isnan(cell)
    return cell is None or str(cell) in ("NaT", "<NA>")


def _is_number(cell: Any) -> bool:
    return _is_missing(cell) or isinstance(cell, Real | Decimal | np.bool_)


def _to_float(cell: Any) -> float:
    if _is_missing(cell):
        return math.nan
    try:
        return float(cell)
    except OverflowError:  # a whole number of more than 308 digits
        return math.inf if cell > 0 else -math.inf


def _as_key(cell: Any, column: str, row: int) -> Any:
    try:
        hash(cell)
    except TypeError as error:
        raise DataError(f"expected names as text or numbers in {column!r}, got {cell!r} in row {row}") from error
    return cell


def _reads_as_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True

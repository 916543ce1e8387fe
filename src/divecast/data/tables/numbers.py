"""Columns of numbers as float32 channels."""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from numbers import Real
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.source import Values
from divecast.errors import DataError

RowText = Callable[[int], str]
"""Names a row in a message, by its number, time or recording."""


def read_numbers(series: nw.Series[Any], channel: str, row_text: RowText, kind: str = "channel") -> Values:
    """Read a channel or covariate as float32.

    Args:
        series: the column.
        channel: its name, for messages.
        row_text: names a row, for messages.
        kind: "channel" or "covariate", for messages.

    Returns:
        (row,) float32, NaN where missing.

    Raises:
        DataError: a cell is text, infinite, or too large for float32.
    """
    if series.dtype.is_numeric() or isinstance(series.dtype, nw.Boolean):
        return to_float32(as_floats(series), channel, row_text, kind)
    cells = series.to_list()
    text_rows = [row for row, cell in enumerate(cells) if not is_number(cell)]
    if not text_rows:
        numbers = np.array([cell_to_float(cell) for cell in cells], dtype=np.float64)
        return to_float32(numbers, channel, row_text, kind)
    row = next((row for row in text_rows if not _reads_as_number(cells[row])), text_rows[0])
    raise DataError(
        f"{kind.capitalize()} {channel!r} must hold numbers: {cells[row]!r} in {row_text(row)}",
        hint=_hint(cells[row], not any(_reads_as_number(cell) for cell in cells if not is_missing(cell))),
    )


_WITH_SIGN = re.compile(r"[+-]?\d{1,3}([., '])\d{3}(\1\d{3})*")
_WITH_COMMA = re.compile(r"[+-]?\d+,\d+")


def _hint(cell: Any, all_text: bool) -> str:
    """What to do about a cell that is no number."""
    if isinstance(cell, str) and (sign := _WITH_SIGN.fullmatch(cell.strip())):
        decimal = ", or in {decimal} if decimals follow it" if sign[1] in ",." else ""
        return f'Pass "{sign[1]}" in {{thousands}} if it separates thousands{decimal}'
    if isinstance(cell, str) and _WITH_COMMA.fullmatch(cell.strip()):
        return 'Pass "," as {decimal} where the table is read, or write a point'
    if all_text:
        return "Name the column in {labels} if it holds labels, or leave it out with {channels}"
    return "Correct the cell, name the text in {na} if it means missing, or name the column in {labels}"


def to_float32(numbers: NDArray[Any], channel: str, row_text: RowText, kind: str = "channel") -> Values:
    """Convert (row,) numbers of any type to float32.

    Args:
        numbers: the numbers.
        channel: name of the channel, for messages.
        row_text: names a row, for messages.
        kind: "channel" or "covariate", for messages.

    Raises:
        DataError: a value is infinite or too large for float32.
    """
    infinite = np.flatnonzero(np.isinf(numbers))
    if len(infinite):
        raise infinite_error(channel, row_text(int(infinite[0])), len(infinite), kind)
    with np.errstate(over="ignore"):
        narrow: Values = numbers.astype(np.float32)
    too_large = np.flatnonzero(np.isinf(narrow))
    if len(too_large):
        row = int(too_large[0])
        raise DataError(
            f"{kind.capitalize()} {channel!r} exceeds the range of float32 (3.4e38): {numbers[row]} in {row_text(row)}",
            hint="Use a larger unit",
        )
    return narrow


def infinite_error(channel: str, first: str, count: int, kind: str = "channel") -> DataError:
    """The error for a channel or covariate with infinite values.

    Args:
        channel: name of the channel.
        first: the row of the first one, for the message.
        count: how many there are.
        kind: "channel" or "covariate".
    """
    return DataError(
        f"{kind.capitalize()} {channel!r} has {plural(count, 'infinite value')}, the first in {first}",
        hint="Put in the true value or leave it missing",
    )


def as_floats(series: nw.Series[Any]) -> NDArray[Any]:
    """The numbers of a column as floats, NaN where missing."""
    if isinstance(series.dtype, nw.Float32 | nw.Float64) and not series.null_count():
        return series.to_numpy()
    if series.dtype.is_integer():  # Arrow refuses to cast what float64 has to round
        whole = series.fill_null(0).to_numpy().astype(np.float64)
        return np.where(series.is_null().to_numpy(), np.nan, whole)
    return series.cast(nw.Float64()).to_numpy().astype(np.float64, copy=False)


def is_missing(cell: Any) -> bool:
    """Whether a cell is empty, in any of the ways tables have for it."""
    if isinstance(cell, str | int):
        return False
    if isinstance(cell, Decimal):
        return cell.is_nan()
    if isinstance(cell, float | np.floating):
        return math.isnan(cell)
    # pandas marks missing cells with NaT and NA too; comparing types would need pandas.
    return cell is None or str(cell) in ("NaT", "<NA>")


def is_number(cell: Any) -> bool:
    """Whether a cell is a number or missing."""
    return is_missing(cell) or isinstance(cell, Real | Decimal | np.bool_)


def cell_to_float(cell: Any) -> float:
    """A number as float; NaN if missing, infinite if beyond the range of float64."""
    if is_missing(cell):
        return math.nan
    try:
        return float(cell)
    except OverflowError:  # an integer of more than 308 digits
        return math.inf if cell > 0 else -math.inf


def _reads_as_number(cell: Any) -> bool:
    try:
        float(cell)
    except (TypeError, ValueError):
        return False
    return True

"""The step of a clock as short text: "15min", "1h", "1D", "1MS"."""

import re
from typing import Literal

from divecast.errors import DataError

Unit = Literal["s", "D", "M", "ME"]

_SECONDS = {"s": 1, "min": 60, "h": 3600, "D": 86400, "W": 7 * 86400}
_MONTHS = {"MS": 1, "QS": 3, "YS": 12}
_MONTH_ENDS = {"ME": 1, "QE": 3, "YE": 12}
_SPELLINGS = {"T": "min", "H": "h", "S": "s", "d": "D", "day": "D", "M": "MS"}
_PATTERN = re.compile(r"\s*(\d*)\s*([A-Za-z]+)\s*")


def parse_step(text: str) -> tuple[int, Unit]:
    """Read a step such as "15min", "1h", "1D", "1W", "1MS" (month starts) or "1ME" (month ends).

    Args:
        text: a count (1 if omitted) and a unit: s, min, h, D, W, MS, QS, YS, ME, QE or YE.

    Returns:
        The number of units and the unit of a :class:`~divecast.data.time.clock.Clock`.

    Raises:
        DataError: the text is not a step.
    """
    match = _PATTERN.fullmatch(text) if isinstance(text, str) else None
    count = int(match.group(1) or 1) if match else 0
    name = _SPELLINGS.get(match.group(2), match.group(2)) if match else ""
    if count > 0 and name in _SECONDS:
        return count * _SECONDS[name], "s"
    if count > 0 and name in _MONTHS:
        return count * _MONTHS[name], "M"
    if count > 0 and name in _MONTH_ENDS:
        return count * _MONTH_ENDS[name], "ME"
    units = ", ".join([*_SECONDS, *_MONTHS, *_MONTH_ENDS])
    raise DataError(
        expected=f'a step such as "15min", "1h", "1D" or "1MS" (units: {units})', found=repr(text), argument="step"
    )


def format_step(step: int, unit: Unit) -> str:
    """Write a step as the shortest text that :func:`parse_step` reads (days of the local calendar as "1D")."""
    if unit == "D":
        return f"{step}D"
    if unit in ("M", "ME"):
        return f"{step}{'MS' if unit == 'M' else 'ME'}"
    for name in ("D", "h", "min"):
        if step % _SECONDS[name] == 0:
            return f"{step // _SECONDS[name]}{name}"
    return f"{step}s"

"""Columns of numbers that are no channels: what counts rows, repeats the clock, names something or never varies."""

from collections.abc import Mapping, Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.tables.columns import Frame, get_series
from divecast.data.tables.long_names import IDS
from divecast.data.tables.numbers import as_floats
from divecast.data.time.clock import Clock
from divecast.errors import warn_data

_COUNTERS = (
    *("", "index", "row", "rows", "row_id", "row_number", "rownum", "rowid", "no", "nr", "#", "n", "i", "idx"),
    *("step", "sample", "frame", "counter", "count", "obs", "line", "record", "unnamed: 0", "t", "id"),
)
_FIELDS = ("hour", "minute", "day", "dow", "doy", "month", "quarter", "year", "weekend", "week")
_CLOCKS = ("time", "t", "timestamp", "seconds", "sec", "s", "ms", "us", "ns", "millis", "elapsed", "time_s", "time_ms")
_LABELS = ("label", "labels", "class", "category", "subject", "subject_id", "trial", "session", "participant")
_FEW_ROWS = 48  # fewer may count by chance
_PROBE = 64


def not_channels_of_panel(frame: Frame, columns: Sequence[str], clock: Clock, rows: NDArray[np.int64]) -> list[str]:
    """Leave out, with a DataWarning, columns of a wide table that are no series; at least one column remains.

    Args:
        frame: the table.
        columns: its columns that may be series.
        clock: the clock.
        rows: (table row,) row of the clock.

    Returns:
        The columns that remain.
    """
    found = {}
    fields: dict[str, NDArray[np.int64]] = {}
    for name in columns:
        series = get_series(frame, name)
        if isinstance(series.dtype, nw.Datetime | nw.Date):
            found[name] = "holds times"
        elif series.dtype.is_integer() and len(series) > 2 and not series.null_count():
            numbers = as_floats(series)
            lower = name.strip().lower()
            if _counts(numbers) and (len(numbers) >= _FEW_ROWS or lower in _COUNTERS):
                found[name] = "counts the rows"
            elif lower in IDS and (numbers == numbers[0]).all():
                found[name] = "is the same in all rows"
            elif len(numbers) >= _FEW_ROWS or any(field in lower for field in _FIELDS):
                fields = fields or _of_calendar(clock, rows)
                if field := _repeats(numbers, fields, lower):
                    found[name] = f"is the {field} of the time stamps"
    return _report(found, columns)


def not_channels_of_recordings(frame: Frame, columns: Sequence[str], numbers: NDArray[np.integer[Any]]) -> list[str]:
    """Leave out, with a DataWarning, columns of recordings that are no channels; at least one column remains.

    Args:
        frame: the table.
        columns: its columns that may be channels.
        numbers: (table row,) number of the recording.

    Returns:
        The columns that remain.
    """
    order = np.argsort(numbers, kind="stable")
    same = np.diff(numbers[order]) == 0  # pairs of rows of one recording
    found = {}
    for name in columns:
        series, lower = get_series(frame, name), name.strip().lower()
        if isinstance(series.dtype, nw.Datetime | nw.Date | nw.Duration):
            found[name] = "holds times"
        elif isinstance(series.dtype, nw.String | nw.Categorical | nw.Enum) and not _has_number(series):
            found[name] = "holds text"
        elif series.dtype.is_numeric():
            steps = np.diff(as_floats(series).astype(np.float64)[order])[same]
            if reason := _reason(series, lower, steps[~np.isnan(steps)]):
                found[name] = reason
    return _report(found, columns)


def _reason(series: nw.Series[Any], lower: str, steps: NDArray[np.float64]) -> str | None:
    """What a column of recordings is, if it is no channel, by its steps within the recordings."""
    if not len(steps):
        return None
    whole = series.dtype.is_integer()
    if not steps.any():
        return "is the same in all rows" + (" of a recording" if series.n_unique() > 1 else "")
    if (steps > 0).all():
        even = np.ptp(steps) <= 1e-3 * abs(np.median(steps))
        if even and whole:
            return "counts the rows"
        if even or lower in _CLOCKS or lower in _COUNTERS:
            return "is a clock"
    if whole and lower in (*_LABELS, *IDS) and series.n_unique() <= _PROBE:
        return "holds labels or names"
    return None


def _report(found: Mapping[str, str], columns: Sequence[str]) -> list[str]:
    """The columns that remain; those that are left out are named, unless no column would remain."""
    kept = [name for name in columns if name not in found]
    if not kept:
        return list(columns)
    if found:
        reasons = ", ".join(f"{name!r} ({reason})" for name, reason in list(found.items())[:12])
        more = ", ..." if len(found) > 12 else ""
        title = "Column" if len(found) == 1 else "Columns"
        warn_data(
            f"{title} {reasons}{more} left out",
            hint="Name what is to be forecast in {channels}, or what is known beside it in {factors} or {covariates}",
        )
    return kept


def _counts(numbers: NDArray[Any]) -> bool:
    """Whether integers rise by the same step from row to row."""
    steps = np.diff(numbers[:_PROBE])
    if steps[0] <= 0 or (steps != steps[0]).any():
        return False
    return bool((np.diff(numbers) == steps[0]).all())


def _of_calendar(clock: Clock, rows: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Numbers of the calendar, as tables write them, each (table row,)."""
    wall = clock.local(rows)
    days, months, years = (wall.astype(f"datetime64[{unit}]") for unit in "DMY")
    weekday = (days.astype(np.int64) + 3) % 7
    month = months.astype(np.int64) % 12
    fields: dict[str, NDArray[np.int64]] = {
        "hour": (wall - days).astype(np.int64) // 3600,
        "minute": (wall - days).astype(np.int64) // 60 % 60,
        "weekday": weekday,
        "day": (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
        "day of the year": (days - years.astype("datetime64[D]")).astype(np.int64) + 1,
        "month": month + 1,
        "quarter": month // 3 + 1,
        "year": years.astype(np.int64) + 1970,
        "weekend": (weekday >= 5).astype(np.int64),
    }
    return fields


def _repeats(numbers: NDArray[Any], fields: Mapping[str, NDArray[np.int64]], lower: str) -> str | None:
    """The field of the calendar that a column repeats, with another number for the first weekday or hour, if any."""
    if not (numbers[:_PROBE] != numbers[0]).any() and not any(part in lower for part in ("year", "month", "quarter")):
        return None
    for name, field in fields.items():
        bases = (0, 1) if name in ("weekday", "hour", "day", "day of the year") else (0,)
        for base in bases:
            shifted = field + base if name in ("weekday", "hour") else field - base
            if (shifted[:_PROBE] == numbers[:_PROBE]).all() and (shifted == numbers).all():
                return name
        if name == "weekday" and any(((field + 1) % 7 + base == numbers).all() for base in (0, 1)):  # Sunday first
            return name
    return None


def _has_number(series: nw.Series[Any]) -> bool:
    for cell in series.drop_nulls().head(_PROBE).to_list():
        try:
            float(str(cell).replace(",", "."))
        except ValueError:
            continue
        return True
    return False

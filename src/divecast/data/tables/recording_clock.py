"""The sampling rate that the clock of recordings tells."""

import re
from collections.abc import Sequence

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.names import check_known, listed
from divecast.data.tables.columns import Frame, column_names, get_series
from divecast.data.tables.date_columns import TIME_NAMES
from divecast.data.tables.numbers import as_floats
from divecast.errors import DataError, warn_data

_NAMES = (*TIME_NAMES, "t", "seconds", "sec", "s", "ms", "us", "ns", "millis", "elapsed")
_PER_SECOND = {"ms": 1e3, "millis": 1e3, "us": 1e6, "ns": 1e9}
_UNIT = re.compile(r"[ _([]+(s|sec|seconds|ms|us|ns)[])]?$")
_UNITS = (1.0, *dict.fromkeys(_PER_SECOND.values()))
_NEAR, _GAP = 0.01, 1.5


def rate_of_clock(
    frame: Frame, numbers: NDArray[np.int64], names: Sequence[str], time: str | None, rate: float | None
) -> tuple[str | None, float]:
    """Return the column of the clock of recordings, and their sampling rate in Hz.

    Gaps of the clock are named in a DataWarning, and so is a rate that neither a clock nor anyone tells.

    Args:
        frame: a table with the rows of one recording after another.
        numbers: (row,) number of the recording.
        names: names of the recordings.
        time: the column; by default one with a usual name that rises within every recording.
        rate: the rate as told, Hz; None if it is not.

    Raises:
        DataError: the rate does not fit the clock, the recordings have several rates, the unit of the clock is not
            told, or the column does not rise within the recordings.
    """
    if time is not None:
        check_known([time], column_names(frame), "time column", hint="Name another one in {time}", argument="time")
    column, steps = _clock(frame, numbers, names, time)
    if column is None or steps is None:
        if rate is None:
            warn_data(
                "No clock tells the sampling rate of the recordings, so one row per second is assumed",
                hint="Name it in {rate}, or the column of the clock in {time}",
            )
        return column, 1.0 if rate is None else rate
    own, of_step = numbers[1:][np.diff(numbers) == 0], steps
    units, first = np.unique(own, return_index=True)
    typical = np.array([np.median(each) for each in np.split(of_step, first[1:])])
    even = of_step <= _GAP * typical[np.searchsorted(units, own)]
    mean = np.bincount(own[even], of_step[even], len(names)) / np.maximum(
        np.bincount(own[even], minlength=len(names)), 1
    )
    per_unit = 1.0 / np.median(mean[units])
    usual = _in_hertz(column, per_unit, rate)
    others = [names[unit] for unit in units.tolist() if abs(mean[unit] * per_unit - 1.0) > _NEAR]
    if others:
        own_rate = usual / (mean[names.index(others[0])] * per_unit)
        raise DataError(
            f"The clock {column!r} of {listed(others)} tells another rate than that of most recordings",
            expected=f"{usual:g} Hz",
            found=f"{own_rate:g} Hz in {others[0]!r}",
            hint="Resample them, or leave them out",
        )
    gaps = np.bincount(own[~even], minlength=len(names))
    if gaps.any():
        told = [f"{names[unit]} ({gaps[unit]})" for unit in np.flatnonzero(gaps).tolist()]
        warn_data(
            f"Rows are missing by the clock {column!r}, and those around a gap are read as neighbours: {listed(told)}"
        )
    return column, usual


def _clock(
    frame: Frame, numbers: NDArray[np.int64], names: Sequence[str], time: str | None
) -> tuple[str | None, NDArray[np.float64] | None]:
    """The column of the clock and its steps within recordings, (step,); None for steps that tell no rate."""
    same = np.diff(numbers) == 0
    for name in column_names(frame) if time is None else [time]:
        usual = _UNIT.sub("", name.strip().lower()) in _NAMES
        ticks = _ticks(get_series(frame, name)) if usual or time is not None else None
        if ticks is None:
            continue
        steps = np.diff(ticks)[same]
        if len(steps) and (steps >= 0).all() and steps.any():
            return name, None if (steps == 1.0).all() and ticks.dtype.kind != "M" else steps
        if time is not None:
            back = int(np.flatnonzero(same & ~(np.diff(ticks) >= 0))[0])
            raise DataError(
                f"The clock {time!r} goes back, or is missing, in recording {names[int(numbers[back])]!r}",
                hint="Correct it, or leave {time} out and name the rate in {rate}",
                argument="time",
            )
    return time, None


def _ticks(series: nw.Series) -> NDArray[np.float64] | None:  # type: ignore[type-arg, unused-ignore]
    """(row,) the times, in seconds where they are stamps; None for text."""
    if isinstance(series.dtype, nw.Datetime | nw.Date):
        stamps = series.to_numpy().astype("datetime64[ns]")
        ticks: NDArray[np.float64] = (stamps - stamps[0]).astype(np.int64) / 1e9
        return ticks
    return as_floats(series).astype(np.float64) if series.dtype.is_numeric() else None


def _in_hertz(column: str, per_unit: float, rate: float | None) -> float:
    """The rate of a clock with so many rows per unit; one that is told decides between units."""
    lower = column.strip().lower()
    unit = _UNIT.search(lower)
    factor = _PER_SECOND.get(unit[1] if unit else lower, 1.0)
    if rate is not None:
        possible = (factor,) if factor != 1.0 or unit else _UNITS
        if not any(abs(per_unit * each / rate - 1.0) <= _NEAR for each in possible):
            raise DataError(
                f"The rate does not fit the clock {column!r}",
                expected=f"{per_unit * factor:.6g} Hz, as the clock has it",
                found=f"{rate:g} Hz",
                hint="Correct {rate}, or leave it out; for a model of another rate, resample the recordings",
                argument="rate",
            )
        return rate
    if factor == 1.0 and not unit and per_unit <= 1.0:
        raise DataError(
            f"The clock {column!r} rises by {1.0 / per_unit:g} from row to row, and its unit is not told",
            hint="Name the sampling rate in {rate}",
            argument="rate",
        )
    hertz = per_unit * factor
    whole = round(hertz)
    return float(whole) if whole and abs(hertz / whole - 1.0) <= 1e-3 else float(f"{hertz:.6g}")

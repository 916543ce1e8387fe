"""Where scores lie in a strip: weeks by weekdays below one another for the years, or recordings by seconds."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.explain.anomalies.reference_scores import Values
from divecast.inference.results import Columns
from divecast.plots.style import as_texts

Ints = NDArray[np.int64]
Ticks = tuple[list[float], list[str]]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONDAY = 3  # 1970-01-01, day 0, was a Thursday
_CELLS = 120
_TINY = 1e-9  # ends are multiples of a period that is no binary number
_RECORDINGS = 30


@dataclass(frozen=True, eq=False, slots=True)
class Strip:
    """Cells that have a score.

    Attributes:
        where: columns of (cell,): ``day``, or ``recording`` and ``start``, the second its span of time begins at.
        score: (cell,) the highest score of the windows that end there; NaN where none could be scored.
        rank: (cell,) the rank of the most anomalous event there, 0 where none.
        row: (cell,) of the picture.
        column: (cell,).
        shape: rows and columns of the picture.
        across: places and names of the columns.
        up: places and names of the rows.
        unit: what the columns are.
        height: inches.
    """

    where: Columns
    score: Values
    rank: Ints
    row: Ints
    column: Ints
    shape: tuple[int, int]
    across: Ticks
    up: Ticks
    unit: str
    height: float


def calendar_strip(ends: NDArray[Any], score: Values, rank: Ints) -> Strip:
    """Lay out days, Monday on top, a block of seven rows a year.

    Args:
        ends: (window,) wall time.
        score: (window,).
        rank: (window,) 1 and on for the most anomalous, else 0.
    """
    days, cell = np.unique(ends.astype("datetime64[D]"), return_inverse=True)
    best, first = _highest(cell, len(days), score, rank)
    years = days.astype("datetime64[Y]").astype(np.int64) + 1970
    shown = np.unique(years)
    block = np.searchsorted(shown, years) * 8
    weekday = (days.astype(np.int64) + _MONDAY) % 7
    january = days.astype("datetime64[Y]").astype("datetime64[D]").astype(np.int64)
    week = (days.astype(np.int64) - january + (january + _MONDAY) % 7) // 7
    months = [(month * 365.25 / 12 + 15) / 7 for month in range(12)]
    middles = [8.0 * at + 3 for at in range(len(shown))]
    shape = (max(1, 8 * len(shown) - 1), 54)
    years_up: Ticks = (middles, [str(year) for year in shown])
    row: Ints = block + weekday
    return Strip({"day": days}, best, first, row, week, shape, (months, list(_MONTHS)), years_up, "", 0.9 * len(shown))


def recording_strip(names: NDArray[Any], ends: NDArray[Any], score: Values, rank: Ints) -> Strip:
    """Lay out a row a recording, the 30 with the highest scores the most anomalous first, over about 100 spans of time.

    Args:
        names: (window,) of the recordings.
        ends: (window,) seconds.
        score: (window,).
        rank: (window,) 1 and on for the most anomalous, else 0.
    """
    texts, recording = np.unique(names.astype(str), return_inverse=True)
    peak, _ = _highest(recording, len(texts), score, rank)
    order = np.argsort(-np.nan_to_num(peak, nan=-1.0), kind="stable")[:_RECORDINGS]
    place = np.full(len(texts), -1)
    place[order] = np.arange(len(order))
    kept = place[recording] >= 0
    span = _round_up(float(ends.max(initial=0.0)) / _CELLS)
    column = (ends[kept] / span + _TINY).astype(np.int64)
    n_columns = int(column.max(initial=0)) + 1
    cells, cell = np.unique(place[recording[kept]] * n_columns + column, return_inverse=True)
    best, first = _highest(cell, len(cells), score[kept], rank[kept])
    row, at = cells // n_columns, cells % n_columns
    where: Columns = {"recording": texts[order][row].astype(object), "start": at * span}
    ticks = range(0, n_columns, 20)
    across: Ticks = ([tick - 0.5 for tick in ticks], [f"{tick * span:.4g}" for tick in ticks])
    up: Ticks = ([float(each) for each in range(len(order))], as_texts(texts[order]))
    shape = (max(1, len(order)), n_columns)
    return Strip(where, best, first, row, at, shape, across, up, "end of the window, seconds", 0.16 * len(order))


def _round_up(seconds: float) -> float:
    """Return the least of 1, 2, 5, 10, ... times a power of ten that is no less; 1 for none."""
    if seconds <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(seconds))
    return float(next(each * power for each in (1, 2, 5, 10) if each * power >= seconds * (1 - _TINY)))


def _highest(cell: Ints, n_cells: int, score: Values, rank: Ints) -> tuple[Values, Ints]:
    """Return the highest score and the first rank of each cell."""
    best = np.full(n_cells, -np.inf)
    np.maximum.at(best, cell, np.where(np.isnan(score), -np.inf, score))
    first = np.full(n_cells, np.iinfo(np.int64).max)
    np.minimum.at(first, cell, np.where(rank > 0, rank, np.iinfo(np.int64).max))
    return np.where(np.isneginf(best), np.nan, best), np.where(first == np.iinfo(np.int64).max, 0, first)

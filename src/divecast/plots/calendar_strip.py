"""Layout of anomaly scores as a grid: weeks by weekdays, year below year, or recordings by time."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.explain.anomalies.reference_scores import Values
from divecast.inference.results import Columns
from divecast.plots.style import as_texts

Ints = NDArray[np.int64]

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONDAY = 3  # 1970-01-01, day 0, was a Thursday
_CELLS = 120
_TINY = 1e-9  # ends are multiples of a period that need not be a binary number
_RECORDINGS = 30


class Ticks(NamedTuple):
    """Positions and names of ticks on an axis."""

    places: list[float]
    names: list[str]


@dataclass(frozen=True, eq=False, slots=True)
class Strip:
    """Cells that have a score.

    Attributes:
        where: columns of (cell,): ``day``, or ``recording`` and ``start``, the first second of its interval.
        score: (cell,) highest score of the windows that end in the cell; NaN if none could be scored.
        rank: (cell,) rank of the most anomalous marked window in the cell, 0 if there is none.
        row: (cell,) row of the grid.
        column: (cell,) column of the grid.
        shape: rows and columns of the grid.
        x_ticks: of the columns.
        y_ticks: of the rows.
        unit: of the columns.
        height: of the figure, inches.
    """

    where: Columns
    score: Values
    rank: Ints
    row: Ints
    column: Ints
    shape: tuple[int, int]
    x_ticks: Ticks
    y_ticks: Ticks
    unit: str
    height: float


def calendar_strip(ends: NDArray[Any], score: Values, rank: Ints) -> Strip:
    """Lay out days by week and weekday, Monday on top, in one block of seven rows per year.

    Args:
        ends: (window,) wall time of each window's last row.
        score: (window,) anomaly score.
        rank: (window,) rank of marked windows, else 0.
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
    middles = [8.0 * place + 3 for place in range(len(shown))]
    shape = (max(1, 8 * len(shown) - 1), 54)
    x_ticks, y_ticks = Ticks(months, list(_MONTHS)), Ticks(middles, [str(year) for year in shown])
    row: Ints = block + weekday
    return Strip({"day": days}, best, first, row, week, shape, x_ticks, y_ticks, "", 0.9 * len(shown))


def recording_strip(names: NDArray[Any], ends: NDArray[Any], score: Values, rank: Ints) -> Strip:
    """Lay out one row per recording, the 30 with the highest scores, most anomalous first, in about 100 intervals.

    Args:
        names: (window,) name of the recording.
        ends: (window,) time of each window's last row, seconds.
        score: (window,) anomaly score.
        rank: (window,) rank of marked windows, else 0.
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
    row, interval = cells // n_columns, cells % n_columns
    where: Columns = {"recording": texts[order][row].astype(object), "start": interval * span}
    ticks = range(0, n_columns, 20)
    x_ticks = Ticks([tick - 0.5 for tick in ticks], [f"{tick * span:.4g}" for tick in ticks])
    y_ticks = Ticks([float(place) for place in range(len(order))], as_texts(texts[order]))
    shape = (max(1, len(order)), n_columns)
    unit = "end of the window, seconds"
    return Strip(where, best, first, row, interval, shape, x_ticks, y_ticks, unit, 0.16 * len(order))


def _round_up(seconds: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, ... and 0.1, 0.2, ... that is at least ``seconds``; 1 for 0."""
    if seconds <= 0:
        return 1.0
    power = 10.0 ** np.floor(np.log10(seconds))
    return float(next(factor * power for factor in (1, 2, 5, 10) if factor * power >= seconds * (1 - _TINY)))


def _highest(cell: Ints, n_cells: int, score: Values, rank: Ints) -> tuple[Values, Ints]:
    """Return the highest score and the first rank of each cell."""
    best = np.full(n_cells, -np.inf)
    np.maximum.at(best, cell, np.where(np.isnan(score), -np.inf, score))
    first = np.full(n_cells, np.iinfo(np.int64).max)
    np.minimum.at(first, cell, np.where(rank > 0, rank, np.iinfo(np.int64).max))
    return np.where(np.isneginf(best), np.nan, best), np.where(first == np.iinfo(np.int64).max, 0, first)

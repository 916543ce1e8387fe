"""Whether the series of a table share a step."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.names import listed
from divecast.data.time.stamps import Stamps
from divecast.data.time.step import format_step
from divecast.errors import DataError

Ints = NDArray[np.int64]

_DAY = 86400
_MONTHS = ((28, 31, "1MS"), (89, 92, "3MS"), (365, 366, "12MS"))  # days of a month, a quarter and a year
_REGULAR = 0.7  # share of the gaps of a series that are its step, at least (our choice)
_FEWEST = 5  # gaps
_ROWS_AT_ONCE = 1 << 18
_MOST_PASSES = 32  # over rows that are not in order of their series
_CHANCE = 1e-3  # probability that a series with gaps at random is taken for one of a longer step, at most


class Encoded(NamedTuple):
    """Time stamps as places among the different ones, which take less memory.

    Attributes:
        codes: (row,) places.
        different: the different stamps.
    """

    codes: NDArray[np.int32]
    different: Stamps

    def of(self, rows: slice | Ints) -> Stamps:
        """The stamps of some rows."""
        return self.different[self.codes[rows]]


def check_same_step(utc: Stamps | Encoded, series: NDArray[np.integer[Any]], names: Sequence[str]) -> None:
    """Check that the series of a long table have one step.

    A series has a step of its own if nearly all of its gaps are equal and the others are multiples, and there are too
    many for this to be by chance, as in a series of which only days with sales have rows.

    Args:
        utc: (row,) time stamps.
        series: (row,) number of the series.
        names: names of the series.

    Raises:
        DataError: series have different steps; names them.
    """
    steps = _steps(utc, series, len(names))
    kinds = np.unique(steps[steps > 0])
    if len(kinds) < 2:
        return
    found = [
        f"every {_text(step)}: {listed([names[at] for at in np.flatnonzero(steps == step).tolist()])}" for step in kinds
    ]
    raise DataError(
        "The series of the table have different steps",
        expected="one step",
        found="; ".join(found),
        hint="Fit a model for each step, or resample the series to one",
    )


def _steps(utc: Stamps | Encoded, series: NDArray[np.integer[Any]], n_series: int) -> Ints:
    """(series,) the step of each in seconds, that of the shortest month for a month; 0 where it does not tell one."""
    pieces = [series[row : row + _ROWS_AT_ONCE + 1] for row in range(0, len(series), _ROWS_AT_ONCE)]
    is_sorted = all(np.all(piece[1:] >= piece[:-1]) for piece in pieces)
    ends = np.cumsum(sum(np.bincount(piece[:_ROWS_AT_ONCE], minlength=n_series) for piece in pieces))
    at_once = _ROWS_AT_ONCE if is_sorted else max(_ROWS_AT_ONCE, len(series) // _MOST_PASSES)
    steps = np.zeros(n_series, dtype=np.int64)
    first = 0
    while first < n_series:  # some series at a time, for memory
        begin = int(ends[first - 1]) if first else 0
        last = max(first + 1, int(np.searchsorted(ends, begin + at_once, side="right")))
        rows = slice(begin, int(ends[last - 1])) if is_sorted else _rows_of(pieces, first, last)
        stamps = utc.of(rows) if isinstance(utc, Encoded) else utc[rows]
        steps[first:last] = _steps_of(
            stamps.astype(np.int64), series[rows].astype(np.int64) - first, last - first, n_series
        )
        first = last
    return steps


def _rows_of(pieces: Sequence[NDArray[np.integer[Any]]], first: int, last: int) -> Ints:
    """Rows of the series ``first`` to ``last``, those of each together."""
    found = [np.flatnonzero((piece[:_ROWS_AT_ONCE] >= first) & (piece[:_ROWS_AT_ONCE] < last)) for piece in pieces]
    rows = np.concatenate([rows + place * _ROWS_AT_ONCE for place, rows in enumerate(found)])
    of_series = np.concatenate([piece[rows] for piece, rows in zip(pieces, found, strict=True)])
    together: Ints = rows[np.argsort(of_series, kind="stable")]
    return together


def _steps_of(seconds: Ints, series: Ints, n: int, n_all: int) -> Ints:
    """(series,) the steps of some series, of whose rows those of each are together."""
    if np.any((seconds[1:] < seconds[:-1]) & (series[1:] == series[:-1])):
        order = np.lexsort((seconds, series))
        seconds, series = seconds[order], series[order]
    gaps, owner = seconds[1:] - seconds[:-1], series[1:]
    kept = (series[1:] == series[:-1]) & (gaps > 0)
    gaps, owner = gaps[kept], owner[kept]
    for fewest, most, _ in _MONTHS:
        gaps[(gaps >= fewest * _DAY) & (gaps <= most * _DAY)] = fewest * _DAY
    total = np.bincount(owner, minlength=n)
    order = np.lexsort((gaps, owner))
    gaps, owner = gaps[order], owner[order]
    heads = np.flatnonzero(np.append(True, (gaps[1:] != gaps[:-1]) | (owner[1:] != owner[:-1])))[: len(gaps)]
    counts = np.diff(np.append(heads, len(gaps)))
    gaps, owner = gaps[heads], owner[heads]  # each gap of a series once
    rising = np.argsort(counts, kind="stable")
    step, share = np.ones(n, dtype=np.int64), np.zeros(n)
    step[owner[rising]] = gaps[rising]  # the most frequent one comes last
    share[owner[rising]] = counts[rising]
    is_month = np.isin(step, [fewest * _DAY for fewest, _, _ in _MONTHS])
    off = np.bincount(owner, np.where(is_month[owner], gaps < step[owner], gaps % step[owner] != 0), n)
    least = max(_FEWEST, int(np.ceil(np.log(n_all / _CHANCE) / np.log(3.0))))
    told: Ints = np.where((share >= _REGULAR * total) & (off == 0) & (total >= least), step, 0)
    return told


def _text(step: int) -> str:
    months = {fewest * _DAY: text for fewest, _, text in _MONTHS}
    return months.get(int(step)) or format_step(int(step), "s")

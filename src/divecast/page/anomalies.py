"""The odd windows: the oddest with their reasons, and all of them on a calendar, for a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.anomalies.anomaly_reasons import OddWindow, describe, moment
from divecast.page.packed import Packed, number, pack
from divecast.page.scope import Scope
from divecast.page.series import pick_series, room_for, said_of

N_EVENTS = 12
"""Odd windows that are named with their reasons."""

_VALUES = 250_000
_MOST_CELLS = 2500
_TOLD = 1.0  # rarity, one in ten: below, a cell gets no reason

_NO_CLOCK = "There is no calendar: these recordings have no clock."


@dataclass(frozen=True, slots=True)
class Event:
    """One of the oddest windows; ``window`` is its number in the map of the code."""

    end: str
    score: float | None
    rarity: str
    reasons: tuple[str, ...]
    channel: str | None
    window: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The highest rarity of every cell of the calendar.

    Attributes:
        cells: time of each, in words.
        row: of each cell in the calendar.
        column: of each cell in the calendar.
        rows: names, such as months.
        columns: names, such as days.
        score: of each, over all series and labels; None where there is no scored window.
        reason: of each, empty where it is usual.
        series: names.
        by_series: (cell, series).
        note: how many series.
    """

    cells: tuple[str, ...]
    row: tuple[int, ...]
    column: tuple[int, ...]
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    score: tuple[float | None, ...]
    reason: tuple[str, ...]
    series: tuple[str, ...]
    by_series: Packed
    note: str


@dataclass(frozen=True, slots=True)
class Oddness:
    """What is odd.

    Attributes:
        note: what was scored against what.
        events: the oddest windows, no two of which overlap, the oddest first.
        strip: the calendar, or why there is none.
    """

    note: str
    events: tuple[Event, ...]
    strip: Strip | str


def oddness_of(scope: Scope, found: Anomalies, events: Sequence[OddWindow], shown: NDArray[np.int64]) -> Oddness:
    """Put the odd windows on a calendar.

    Args:
        scope: what the page is about.
        found: scores of the scored windows.
        events: the oddest.
        shown: numbers of the windows in the map of the code, which has all of these.
    """
    told = tuple(
        Event(
            _where(event),
            number(event.score),
            event.rarity,
            event.reasons,
            event.channel,
            int(np.searchsorted(shown, event.window)),
        )
        for event in events
    )
    every = "every window" if scope.every == 1 else f"one window in {scope.every}"
    note = (
        f"Scored: {every} of {scope.part_name}, {len(found.score):,} in all, by their last "
        f"{plural(found.keys.stamps.shape[1], 'row')} and their labels. A score is -log10 of the share of windows of "
        f"{found.reference.of} that are at least as odd: 2 is one in a hundred. Some windows always are the oddest; a "
        "high score is no fault yet."
    )
    return Oddness(note, told, _NO_CLOCK if scope.source.clock is None else strip_of(scope, found))


def strip_of(scope: Scope, found: Anomalies) -> Strip:
    """Put every scored window into the cell of the calendar in which it ends."""
    stamps = found.keys.stamps[:, -1].astype("datetime64[s]")
    unit, above = _units(stamps)
    cells, member = np.unique(stamps.astype(f"datetime64[{unit}]"), return_inverse=True)
    worst = [_worst(found.score, np.flatnonzero(member == cell)) for cell in range(len(cells))]
    kept = pick_series(scope, (), room_for(_VALUES, len(cells), 1, len(found.channels)))
    by_series = np.full((len(cells), len(kept)), -np.inf)
    np.maximum.at(by_series, member, np.nan_to_num(found.channel_score[:, kept], nan=-np.inf))
    over = cells.astype(f"datetime64[{above}]")
    rows, row = np.unique(over, return_inverse=True)
    first = _FIRST[unit]
    column = (cells - over.astype(cells.dtype)).astype(np.int64)
    columns = tuple(str(first + at) for at in range(int(column.max()) + 1))
    return Strip(
        cells=tuple(str(cell) for cell in cells),
        row=tuple(row.tolist()),
        column=tuple(column.tolist()),
        rows=tuple(map(str, rows)),
        columns=columns,
        score=tuple(None if at is None else number(found.score[at]) for at in worst),
        reason=tuple("" if at is None else _told(found, at) for at in worst),
        series=tuple(found.channels[at] for at in kept),
        by_series=pack(by_series, 8),
        note=said_of(len(kept), len(found.channels), "the largest"),
    )


_ABOVE = (("h", "D"), ("D", "M"), ("M", "Y"))
_FIRST = {"h": 0, "D": 1, "M": 1}


def _units(stamps: NDArray[Any]) -> tuple[str, str]:
    """Return the unit of a cell and of a row of cells: hours where there are few days, else days, else months."""
    days = int((stamps.max() - stamps.min()) / np.timedelta64(1, "D")) + 1
    steps = np.diff(np.sort(stamps))
    step = np.median(steps.astype(np.int64)) if len(steps) else 0
    if days <= 4:
        return _ABOVE[0]
    return _ABOVE[1] if days <= _MOST_CELLS and step < 20 * 86400 else _ABOVE[2]


def _worst(score: NDArray[Any], windows: NDArray[np.int64]) -> int | None:
    known = windows[~np.isnan(score[windows])]
    return int(known[score[known].argmax()]) if len(known) else None


def _told(found: Anomalies, at: int) -> str:
    if found.score[at] < _TOLD:
        return ""
    return f"window that ends {moment(found.keys.stamps[at, -1])}: {'; '.join(describe(found, at).reasons)}"


def _where(event: OddWindow) -> str:
    return moment(event.end) if event.recording is None else f"{event.recording}, {moment(event.end)}"

"""Section of the page: the most anomalous windows with reasons, and the scores of all windows on a calendar."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.anomalies.anomaly_reasons import AnomalousWindow, describe, moment
from divecast.page.packed import Packed, number, pack
from divecast.page.scope import Scope
from divecast.page.series import pick_series, room_for, shown_series

N_EVENTS = 12
"""Windows that are listed with their reasons."""

_VALUES = 250_000
_MOST_DAYS = 2500
_NOTABLE = 1.0  # a score of one in ten; below, a cell gets no reason

_NO_CLOCK = "There is no calendar, because these recordings have no clock."


@dataclass(frozen=True, slots=True)
class Event:
    """One of the most anomalous windows; ``window`` is its index in the map of the code."""

    end: str
    score: float | None
    rarity: str
    reasons: tuple[str, ...]
    channel: str | None
    window: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The highest score in every cell of the calendar.

    Attributes:
        cells: time of each cell.
        row: (cell,) row of the calendar.
        column: (cell,) column of the calendar.
        rows: names, such as months.
        columns: names, such as days.
        score: (cell,) highest score over all series and labels; None if no window could be scored.
        reason: (cell,) in words; empty if nothing is anomalous.
        series: names.
        by_series: (cell, series) highest score.
        note: how many series are shown.
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
class AnomalySection:
    """What the section shows.

    Attributes:
        note: what was scored against which reference.
        events: the most anomalous windows, highest score first; no two overlap.
        strip: the calendar, or why there is none.
    """

    note: str
    events: tuple[Event, ...]
    strip: Strip | str


def anomaly_section(
    scope: Scope, anomalies: Anomalies, events: Sequence[AnomalousWindow], shown: NDArray[np.int64]
) -> AnomalySection:
    """List the most anomalous windows and put all scores on a calendar.

    Args:
        scope: model, data and windows of the page.
        anomalies: scores of the scored windows.
        events: the most anomalous windows.
        shown: indices of the windows in the map of the code, which include those of ``events``.
    """
    listed = tuple(
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
    share = "every window" if scope.every == 1 else f"one window in {scope.every}"
    note = (
        f"Scored: {share} of {scope.part_name} ({len(anomalies.score):,} in all), by its last "
        f"{plural(anomalies.keys.stamps.shape[1], 'row')} and its labels. A score is -log10 of the share of windows of "
        f"{anomalies.reference.name} that are at least as anomalous: 2 means one in a hundred. Some windows always "
        "have the highest scores, so a high score alone is not a fault."
    )
    return AnomalySection(note, listed, _NO_CLOCK if scope.source.clock is None else strip_of(scope, anomalies))


def strip_of(scope: Scope, anomalies: Anomalies) -> Strip:
    """Assign every scored window to the cell of the calendar in which it ends."""
    stamps = anomalies.keys.stamps[:, -1].astype("datetime64[s]")
    unit, row_unit = _units(stamps)
    cells, member = np.unique(stamps.astype(f"datetime64[{unit}]"), return_inverse=True)
    worst = [_highest(anomalies.score, np.flatnonzero(member == cell)) for cell in range(len(cells))]
    kept = pick_series(scope, (), room_for(_VALUES, len(cells), 1, len(anomalies.channels)))
    by_series = np.full((len(cells), len(kept)), -np.inf)
    np.maximum.at(by_series, member, np.nan_to_num(anomalies.channel_score[:, kept], nan=-np.inf))
    row_of_cell = cells.astype(f"datetime64[{row_unit}]")
    rows, row = np.unique(row_of_cell, return_inverse=True)
    first = _FIRST[unit]
    column = (cells - row_of_cell.astype(cells.dtype)).astype(np.int64)
    columns = tuple(str(first + place) for place in range(int(column.max()) + 1))
    return Strip(
        cells=tuple(str(cell) for cell in cells),
        row=tuple(row.tolist()),
        column=tuple(column.tolist()),
        rows=tuple(map(str, rows)),
        columns=columns,
        score=tuple(None if window is None else number(anomalies.score[window]) for window in worst),
        reason=tuple("" if window is None else _reason(anomalies, window) for window in worst),
        series=tuple(anomalies.channels[channel] for channel in kept),
        by_series=pack(by_series, 8),
        note=shown_series(len(kept), len(anomalies.channels), "the largest"),
    )


_FIRST = {"h": 0, "D": 1, "M": 1}


def _units(stamps: NDArray[Any]) -> tuple[str, str]:
    """Return the units of a cell and of a row: hours and days for a few days, else days and months, else months."""
    days = int((stamps.max() - stamps.min()) / np.timedelta64(1, "D")) + 1
    steps = np.diff(np.sort(stamps))
    step = np.median(steps.astype(np.int64)) if len(steps) else 0
    if days <= 4:
        return "h", "D"
    return ("D", "M") if days <= _MOST_DAYS and step < 20 * 86400 else ("M", "Y")


def _highest(score: NDArray[Any], windows: NDArray[np.int64]) -> int | None:
    known = windows[~np.isnan(score[windows])]
    return int(known[score[known].argmax()]) if len(known) else None


def _reason(anomalies: Anomalies, window: int) -> str:
    if anomalies.score[window] < _NOTABLE:
        return ""
    end = moment(anomalies.keys.stamps[window, -1])
    return f"window that ends {end}: {'; '.join(describe(anomalies, window).reasons)}"


def _where(event: AnomalousWindow) -> str:
    return moment(event.end) if event.recording is None else f"{event.recording}, {moment(event.end)}"

"""The code of some windows, with the windows themselves and what the code gives back, for a page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.inference.predict import reconstruct_windows
from divecast.inference.results import Codes, Labels
from divecast.page.packed import Packed, number, pack
from divecast.page.scope import Scope, moment_of, spread
from divecast.page.series import pick_series, room_for, said_of

_VALUES = 240_000  # of the windows, and as many of what the code gives back
_MOST_WINDOWS, _MOST_SERIES, _LEAST_SERIES = 500, 12, 4


@dataclass(frozen=True, slots=True)
class CodeMap:
    """Windows in the code.

    Attributes:
        note: what was chosen, in words.
        dimensions: names, ``b_hour0, ..., a0, ...``.
        codes: (window, dimension) posterior means.
        ends: when each window ends, in words.
        given: (window, factor) class given, -1 where missing.
        read: (window, factor) class read from the window.
        odd: (window,) rarity, None where none could be scored.
        series: names of the series with curves.
        steps: (time,) place of each row, in ``unit``, 0 the last.
        unit: of the steps.
        truth: (window, time, series) original units.
        mean: (window, time, series) as the code gives them back.
    """

    note: str
    dimensions: tuple[str, ...]
    codes: Packed
    ends: tuple[str, ...]
    given: tuple[tuple[int, ...], ...]
    read: tuple[tuple[int, ...], ...]
    odd: tuple[float | None, ...]
    series: tuple[str, ...]
    steps: tuple[float, ...]
    unit: str
    truth: Packed
    mean: Packed


def chosen_windows(scope: Scope, events: Sequence[int]) -> NDArray[np.int64]:
    """Return numbers of scored windows, rising: spread evenly, and the odd ones named."""
    n, lookback = len(scope.scored), scope.fitted.shape.lookback
    most = room_for(_VALUES, lookback * _LEAST_SERIES, 20, _MOST_WINDOWS)
    return np.union1d(spread(n, max(1, most - len(events))), np.array(events, dtype=np.int64))


def code_map_of(
    scope: Scope, codes: Codes, labels: Labels | None, odd: Anomalies | None, at: NDArray[np.int64], typical: str
) -> CodeMap:
    """Show windows in the code.

    Args:
        scope: what the page is about.
        codes: of the scored windows.
        labels: read from them; None where the model reads none.
        odd: how odd they are; None where that could not be said.
        at: numbers of the scored windows to show.
        typical: a series to show in any case.
    """
    lookback, channels = scope.fitted.shape.lookback, scope.fitted.channels
    named = [] if odd is None else [name for event in odd.top() if (name := event.channel)]
    room = room_for(_VALUES, lookback * len(at), 1, min(len(channels), _MOST_SERIES))
    kept = pick_series(scope, [typical, *named], room)
    seen = reconstruct_windows(scope.fitted, scope.scored.subset(at))
    step, unit = _step(scope)
    said = said_of(len(kept), len(channels), "a typical one, those of the oddest windows, then the largest")
    dimensions, means = dimensions_of(codes)
    return CodeMap(
        note=(f"{_amount(len(at), len(scope.windows))} in {scope.part_name}; curves of {said}."),
        dimensions=dimensions,
        codes=pack(means[at]),
        ends=tuple(moment_of(codes.keys, window, 0) for window in at),
        given=_rows(None if labels is None else labels.given[at]),
        read=_rows(None if labels is None else labels.inferred[at]),
        odd=tuple(None if odd is None else number(odd.score[window]) for window in at),
        series=tuple(channels[place] for place in kept),
        steps=tuple(round(float(place * step), 4) for place in range(1 - lookback, 1)),
        unit=unit,
        truth=pack(seen.truth[:, :, kept]),
        mean=pack(seen.mean[:, :, kept]),
    )


def dimensions_of(codes: Codes) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the names of all dimensions and the posterior means, (window, dimension), b first."""
    names = [f"b_{f}{i}" for f, mean in zip(codes.factors, codes.b_mean, strict=True) for i in range(mean.shape[1])]
    names += [f"a{i}" for i in range(codes.a_mean.shape[1])]
    return tuple(names), np.concatenate([*codes.b_mean, codes.a_mean], axis=1)


def _amount(n: int, of: int) -> str:
    return (
        f"All {plural(of, 'window')}"
        if n == of
        else f"{n:,} of {plural(of, 'window')}, spread evenly, with the oddest,"
    )


def _step(scope: Scope) -> tuple[float, str]:
    clock = scope.source.clock
    if clock is None:
        return 1.0 / (scope.source.rate or 1.0), "seconds before the window's end"
    return 1.0, f"rows before the window's end ({clock.frequency} each)"


def _rows(classes: NDArray[Any] | None) -> tuple[tuple[int, ...], ...]:
    return () if classes is None else tuple(tuple(row) for row in classes.tolist())

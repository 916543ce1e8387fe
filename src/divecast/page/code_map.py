"""Section of the page: the codes of some windows, with the windows themselves and their reconstructions."""

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
from divecast.page.series import pick_series, room_for, shown_series

_VALUES = 240_000  # of the windows, and as many of their reconstructions
_MOST_WINDOWS, _MOST_SERIES, _LEAST_SERIES = 500, 12, 4


@dataclass(frozen=True, slots=True)
class CodeMap:
    """Windows and their codes.

    Attributes:
        note: which windows and series are shown.
        dimensions: names, ``b_hour0, ..., a0, ...``.
        codes: (window, dimension) posterior means.
        ends: time at which each window ends.
        given: (window, factor) class given, -1 where missing.
        inferred: (window, factor) class inferred from the window.
        score: (window,) anomaly score, None where it could not be scored.
        series: names of the series with curves.
        steps: (time,) position of each row, in ``unit``; 0 is the last row.
        unit: of the steps.
        truth: (window, time, series) original units.
        mean: (window, time, series) reconstruction.
    """

    note: str
    dimensions: tuple[str, ...]
    codes: Packed
    ends: tuple[str, ...]
    given: tuple[tuple[int, ...], ...]
    inferred: tuple[tuple[int, ...], ...]
    score: tuple[float | None, ...]
    series: tuple[str, ...]
    steps: tuple[float, ...]
    unit: str
    truth: Packed
    mean: Packed


def windows_of_map(scope: Scope, events: Sequence[int]) -> NDArray[np.int64]:
    """Return indices of scored windows, rising: evenly spaced ones and those of ``events``."""
    n, lookback = len(scope.scored), scope.fitted.shape.lookback
    most = room_for(_VALUES, lookback * _LEAST_SERIES, 20, _MOST_WINDOWS)
    return np.union1d(spread(n, max(1, most - len(events))), np.array(events, dtype=np.int64))


def code_map_of(
    scope: Scope,
    codes: Codes,
    labels: Labels | None,
    anomalies: Anomalies | None,
    shown: NDArray[np.int64],
    typical: str,
) -> CodeMap:
    """Collect windows and their codes.

    Args:
        scope: model, data and windows of the page.
        codes: of the scored windows.
        labels: inferred from them; None if the model infers none.
        anomalies: their scores; None if they could not be scored.
        shown: indices of the scored windows to show.
        typical: a series to show in any case.
    """
    lookback, channels = scope.fitted.shape.lookback, scope.fitted.channels
    named = [] if anomalies is None else [name for event in anomalies.top() if (name := event.channel)]
    room = room_for(_VALUES, lookback * len(shown), 1, min(len(channels), _MOST_SERIES))
    kept = pick_series(scope, [typical, *named], room)
    reconstruction = reconstruct_windows(scope.fitted, scope.scored.subset(shown))
    step, unit = _step(scope)
    series = shown_series(
        len(kept), len(channels), "a typical one, those of the most anomalous windows, then the largest"
    )
    dimensions, means = dimensions_of(codes)
    return CodeMap(
        note=f"{_amount(len(shown), len(scope.windows))} in {scope.part_name}; curves of {series}.",
        dimensions=dimensions,
        codes=pack(means[shown]),
        ends=tuple(moment_of(codes.keys, window, 0) for window in shown),
        given=_rows(None if labels is None else labels.given[shown]),
        inferred=_rows(None if labels is None else labels.inferred[shown]),
        score=tuple(None if anomalies is None else number(anomalies.score[window]) for window in shown),
        series=tuple(channels[channel] for channel in kept),
        steps=tuple(round(float(place * step), 4) for place in range(1 - lookback, 1)),
        unit=unit,
        truth=pack(reconstruction.truth[:, :, kept]),
        mean=pack(reconstruction.mean[:, :, kept]),
    )


def dimensions_of(codes: Codes) -> tuple[tuple[str, ...], NDArray[np.float32]]:
    """Return the names of all dimensions and the posterior means, (window, dimension), b first."""
    names = [f"b_{f}{i}" for f, mean in zip(codes.factors, codes.b_mean, strict=True) for i in range(mean.shape[1])]
    names += [f"a{i}" for i in range(codes.a_mean.shape[1])]
    return tuple(names), np.concatenate([*codes.b_mean, codes.a_mean], axis=1)


def _amount(n: int, total: int) -> str:
    if n == total:
        return f"All {plural(total, 'window')}"
    return f"{n:,} of {plural(total, 'window')}, evenly spaced and including the most anomalous,"


def _step(scope: Scope) -> tuple[float, str]:
    clock = scope.source.clock
    if clock is None:
        return 1.0 / (scope.source.rate or 1.0), "seconds relative to the window's end"
    return 1.0, f"rows relative to the window's end ({clock.frequency} each)"


def _rows(classes: NDArray[Any] | None) -> tuple[tuple[int, ...], ...]:
    return () if classes is None else tuple(tuple(row) for row in classes.tolist())

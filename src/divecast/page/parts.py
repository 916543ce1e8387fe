"""Sections of the page: what the forecasts are made of, and the curves of effects."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.explain.effects.curves import EffectCurve
from divecast.explain.effects.read_curves import effect_curves
from divecast.inference.parts import forecast_parts
from divecast.page.forecasts import Forecasts
from divecast.page.packed import Packed, number, numbers, pack
from divecast.page.scope import Scope, times_of
from divecast.page.series import pick_series, room_for, shown_series

_VALUES = 200_000


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of the forecasts of a few origins.

    Attributes:
        note: which origins and series are shown.
        sentence: share of each part in the variance of these forecasts.
        series: names.
        names: of the parts; the first is the level.
        times: (origin, horizon) text, or seconds since the start of a recording.
        values: (part, origin, horizon, series), original units.
    """

    note: str
    sentence: str
    series: tuple[str, ...]
    names: tuple[str, ...]
    times: tuple[tuple[Any, ...], ...]
    values: Packed


@dataclass(frozen=True, slots=True)
class Curve:
    """The curve of an effect.

    Attributes:
        title: name of the factor or covariate, and whose value it is if not that of the row.
        values: names of classes, or numbers, or for each series its own numbers.
        by: what it differs by, too; one empty text if by nothing.
        share: (series,) of the variance of the series.
        effect: (value, by, series), original units.
    """

    title: str
    values: tuple[Any, ...]
    by: tuple[str, ...]
    share: list[float | None]
    effect: Packed


@dataclass(frozen=True, slots=True)
class EffectsSection:
    """The curves of all effects, those of the largest share first.

    Attributes:
        note: what they are.
        series: names.
        curves: of the effects.
    """

    note: str
    series: tuple[str, ...]
    curves: tuple[Curve, ...]


def parts_of(scope: Scope, windows: Windows, forecasts: Forecasts) -> Parts:
    """Cut the forecasts that the page shows into parts."""
    parts = forecast_parts(scope.fitted, windows, "known")
    per_series = parts.values[..., 0].size
    kept = pick_series(scope, (forecasts.typical,), room_for(_VALUES, per_series, 1, len(parts.channels)))
    return Parts(
        note=f"Of the forecasts above, {shown_series(len(kept), len(parts.channels), 'the largest')}. The parts of a "
        "forecast add up to its mean.",
        sentence=str(parts).splitlines()[-1],
        series=tuple(parts.channels[channel] for channel in kept),
        names=parts.names,
        times=tuple(tuple(times_of(row)) for row in parts.keys.stamps[:, 1:]),
        values=pack(parts.values[..., kept]),
    )


def effects_of(scope: Scope, typical: str) -> EffectsSection:
    """Return the curves of effects.

    Raises:
        ConfigError: the model has no effects.
    """
    found = effect_curves(scope.fitted, None)
    per_series = sum(curve.effect[..., 0].size for curve in found.curves)
    kept = pick_series(scope, (typical,), room_for(_VALUES, per_series, 1, len(found.channels)))
    ranked = sorted(found.curves, key=lambda curve: -float(found.shares[curve.name].mean()))
    return EffectsSection(
        note="What each class of a factor adds to its mean, and each value of a covariate to the effect of its mean, "
        f"as fitted to the training part; {shown_series(len(kept), len(found.channels), 'the largest')}.",
        series=tuple(found.channels[channel] for channel in kept),
        curves=tuple(_curve(curve, found.shares[curve.name], kept) for curve in ranked),
    )


def _curve(curve: EffectCurve, share: NDArray[np.float64], kept: NDArray[np.int64]) -> Curve:
    values: list[Any] = curve.values.tolist()
    if curve.values.ndim == 2:
        values = [numbers(curve.values_of(channel)) for channel in kept.tolist()]
    elif curve.kind == "number":
        values = [number(value) for value in curve.values]
    return Curve(curve.title, tuple(values), curve.by, numbers(share[kept]), pack(curve.effect[..., kept]))

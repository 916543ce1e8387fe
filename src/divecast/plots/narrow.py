"""Results reduced to the windows and channels of a figure."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from divecast.errors import ConfigError
from divecast.explain.counterfactuals.counterfactual import ClassesInCode, Counterfactual
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.explain.effects.curves import EffectCurve, EffectCurves
from divecast.inference.results import Forecast, ForecastParts, Keys, Reconstruction

Ints = NDArray[np.int64]
Series = str | Sequence[str] | None

_SHOWN = 3


def pick_series(channels: Sequence[str], series: Series) -> Ints:
    """Return the indices of channels by name; the first three by default.

    Raises:
        ConfigError: there is no such channel, or none is named.
    """
    if series is None:
        return np.arange(min(_SHOWN, len(channels)))
    wanted = [series] if isinstance(series, str) else list(series)
    unknown = [name for name in wanted if name not in channels]
    if unknown or not wanted:
        named = ", ".join(map(repr, channels[:10])) + (", ..." if len(channels) > 10 else "")
        found = ", ".join(map(repr, unknown)) or "none"
        raise ConfigError(expected=f"series out of {named}", found=found, argument="series")
    return np.array([list(channels).index(name) for name in wanted], dtype=np.int64)


def pick_window(n_windows: int, window: int) -> Ints:
    """Return the index of one window, (1,); negative ones count from the end.

    Raises:
        ConfigError: there is no such window.
    """
    if not -n_windows <= window < n_windows:
        raise ConfigError(expected=f"a window from 0 to {n_windows - 1}", found=str(window), argument="window")
    return np.array([window % n_windows], dtype=np.int64)


def keys_of(keys: Keys, windows: Ints) -> Keys:
    """Keep some windows."""
    return keys.at(windows)


def narrow_forecast(forecast: Forecast, windows: Ints, channels: Ints) -> Forecast:
    """Keep some windows and channels, and no paths."""
    mean = forecast.mean[windows][..., channels]
    return Forecast(
        keys_of(forecast.keys, windows),
        _names(forecast.channels, channels),
        mean,
        forecast.levels,
        forecast.quantiles[:, windows][..., channels],
        np.empty((0, *mean.shape), dtype=np.float32),
    )


def narrow_parts(parts: ForecastParts, windows: Ints, channels: Ints) -> ForecastParts:
    """Keep some windows and channels."""
    return replace(
        parts,
        keys=keys_of(parts.keys, windows),
        channels=_names(parts.channels, channels),
        values=parts.values[:, windows][..., channels],
    )


def narrow_curves(curves: EffectCurves, channels: Ints, kept: Sequence[EffectCurve]) -> EffectCurves:
    """Keep some curves and channels."""
    return replace(
        curves,
        channels=_names(curves.channels, channels),
        curves=tuple(_of_channels(curve, channels) for curve in kept),
        shares={name: share[channels] for name, share in curves.shares.items()},
    )


def _of_channels(curve: EffectCurve, channels: Ints) -> EffectCurve:
    values = curve.values[:, channels] if curve.values.ndim == 2 else curve.values
    return replace(curve, values=values, effect=curve.effect[..., channels])


def narrow_counterfactual(counterfactual: Counterfactual, windows: Ints, channels: Ints) -> Counterfactual:
    """Keep some windows and channels."""
    return replace(
        counterfactual,
        before=_classes(counterfactual.before, windows),
        after=_classes(counterfactual.after, windows),
        factual=narrow_forecast(counterfactual.factual, windows, channels),
        counterfactual=narrow_forecast(counterfactual.counterfactual, windows, channels),
        factual_window=narrow_reconstruction(counterfactual.factual_window, windows, channels),
        counterfactual_window=narrow_reconstruction(counterfactual.counterfactual_window, windows, channels),
    )


def narrow_traversal(traversal: Traversal, windows: Ints, channels: Ints) -> Traversal:
    """Keep some windows and channels."""
    return replace(
        traversal,
        keys=keys_of(traversal.keys, windows),
        channels=_names(traversal.channels, channels),
        windows=traversal.windows[windows][..., channels],
        forecasts=traversal.forecasts[windows][..., channels],
        probabilities=traversal.probabilities[windows],
        own_position=traversal.own_position[windows],
        own_windows=traversal.own_windows[windows][..., channels],
        own_forecasts=traversal.own_forecasts[windows][..., channels],
    )


def narrow_reconstruction(reconstruction: Reconstruction, windows: Ints, channels: Ints) -> Reconstruction:
    """Keep some windows and channels."""
    return replace(
        reconstruction,
        keys=keys_of(reconstruction.keys, windows),
        channels=_names(reconstruction.channels, channels),
        truth=reconstruction.truth[windows][..., channels],
        mean=reconstruction.mean[windows][..., channels],
    )


def _classes(classes: ClassesInCode, windows: Ints) -> ClassesInCode:
    return ClassesInCode(classes.names[windows], classes.probabilities[windows])


def _names(channels: Sequence[str], kept: Ints) -> tuple[str, ...]:
    return tuple(channels[channel] for channel in kept)

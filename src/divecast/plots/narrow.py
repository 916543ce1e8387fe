"""Results cut down to the windows and channels that a picture shows."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from divecast.errors import ConfigError
from divecast.explain.counterfactuals.counterfactual import ClassesInCode, Counterfactual
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.inference.results import Forecast, Keys, Reconstruction

Ints = NDArray[np.int64]
Series = str | Sequence[str] | None

_SHOWN = 3


def pick_series(channels: Sequence[str], series: Series) -> Ints:
    """Return the places of channels by name; of the first three where none is named.

    Raises:
        ConfigError: there is no such channel, or none is named.
    """
    if series is None:
        return np.arange(min(_SHOWN, len(channels)))
    wanted = [series] if isinstance(series, str) else list(series)
    unknown = [name for name in wanted if name not in channels]
    if unknown or not wanted:
        named = ", ".join(map(repr, channels[:10])) + (", ..." if len(channels) > 10 else "")
        raise ConfigError(f"expected series out of {named}, got {', '.join(map(repr, unknown)) or 'none'}")
    return np.array([list(channels).index(name) for name in wanted], dtype=np.int64)


def pick_window(n_windows: int, window: int) -> Ints:
    """Return the place of one window, (1,); negative numbers count from the end.

    Raises:
        ConfigError: there is no such window.
    """
    if not -n_windows <= window < n_windows:
        raise ConfigError(f"expected a window from 0 to {n_windows - 1}, got {window}")
    return np.array([window % n_windows], dtype=np.int64)


def keys_of(keys: Keys, windows: Ints) -> Keys:
    """Keep some windows."""
    recordings = None if keys.recordings is None else keys.recordings[windows]
    return replace(keys, origins=keys.origins[windows], recordings=recordings, stamps=keys.stamps[windows])


def narrow_forecast(found: Forecast, windows: Ints, at: Ints) -> Forecast:
    """Keep some windows and the channels ``at``; samples are left out."""
    mean = found.mean[windows][..., at]
    return replace(
        found,
        keys=keys_of(found.keys, windows),
        channels=_names(found.channels, at),
        mean=mean,
        quantiles=found.quantiles[:, windows][..., at],
        samples=np.empty((0, *mean.shape), dtype=np.float32),
    )


def narrow_counterfactual(found: Counterfactual, windows: Ints, at: Ints) -> Counterfactual:
    """Keep some windows and the channels ``at``."""
    return replace(
        found,
        before=_classes(found.before, windows),
        after=_classes(found.after, windows),
        factual=narrow_forecast(found.factual, windows, at),
        counterfactual=narrow_forecast(found.counterfactual, windows, at),
        factual_window=_reconstruction(found.factual_window, windows, at),
        counterfactual_window=_reconstruction(found.counterfactual_window, windows, at),
    )


def narrow_traversal(found: Traversal, windows: Ints, at: Ints) -> Traversal:
    """Keep some windows and the channels ``at``."""
    return replace(
        found,
        keys=keys_of(found.keys, windows),
        channels=_names(found.channels, at),
        windows=found.windows[windows][..., at],
        forecasts=found.forecasts[windows][..., at],
        probabilities=found.probabilities[windows],
        own_position=found.own_position[windows],
        own_windows=found.own_windows[windows][..., at],
        own_forecasts=found.own_forecasts[windows][..., at],
    )


def _reconstruction(found: Reconstruction, windows: Ints, at: Ints) -> Reconstruction:
    truth, mean = found.truth[windows][..., at], found.mean[windows][..., at]
    return Reconstruction(keys_of(found.keys, windows), _names(found.channels, at), truth, mean)


def _classes(found: ClassesInCode, windows: Ints) -> ClassesInCode:
    return ClassesInCode(found.names[windows], found.probabilities[windows])


def _names(channels: Sequence[str], at: Ints) -> tuple[str, ...]:
    return tuple(channels[place] for place in at)

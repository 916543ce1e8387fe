"""Attribution of the network's part of a forecast to the values in the window, by captum.

The linear path of a forecast is told in closed form by its parts. What the network adds is not linear: integrated
gradients (Sundararajan et al. 2017) follow it from a constant window, each series at its own mean, to the window
itself. By their axiom of completeness the attributions sum to the difference of the network's part at both ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divecast._optional import need
from divecast._text import plural, visible
from divecast.data import Backend, Windows
from divecast.errors import ConfigError, DataError
from divecast.explain.code import infer_code
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, batches
from divecast.inference.results import Floats, Keys
from divecast.inference.results.columns import Columns, merged
from divecast.types import Batch

_NAMED = 5
_LEAST = 1e-30


@dataclass(frozen=True, eq=False, slots=True)
class ValueAttribution:
    """What each value of a window adds to the network's part of a forecast, in original units.

    Attributes:
        keys: the windows, with the times of their rows.
        channels: names of the series whose values are read.
        series: the series that is forecast.
        steps: steps ahead, from 1, over which the forecast is averaged.
        values: (window, time, channel); 0 where a value is missing.
        part: (window,) the network's part of the forecast.
        baseline: (window,) the same of a constant window, each series at its own mean.

    Example:
        >>> told = model.why_values(panel, "G0-A", steps=[1])
        >>> bool(np.allclose(told.values.sum((1, 2)), told.part - told.baseline, atol=0.01))
        True
    """

    keys: Keys
    channels: tuple[str, ...]
    series: str
    steps: tuple[int, ...]
    values: Floats
    part: Floats
    baseline: Floats

    @property
    def gap(self) -> Floats:
        """(window,) what the attributions lack to the difference of ``part`` and ``baseline``; small if complete."""
        gap: Floats = self.part - self.baseline - self.values.sum(axis=(1, 2))
        return gap

    def __str__(self) -> str:
        """Return the series whose values matter most, in words."""
        sizes = np.abs(self.values).sum(axis=(0, 1), dtype=np.float64)
        order = np.argsort(-sizes)[:_NAMED]
        named = ", ".join(f"{self.channels[place]} {sizes[place] / max(sizes.sum(), _LEAST):.0%}" for place in order)
        more = f" and {plural(len(sizes) - _NAMED, 'other')}" if len(sizes) > _NAMED else ""
        return visible(
            f"What the network adds to the forecast of {self.series}, over {plural(len(self.steps), 'step')} and "
            f"{plural(len(self.part), 'window')}: {self.part.mean():.4g} on average. Shares of the sizes of "
            f"what the values of each series add to it: {named}{more}."
        )

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return one row per window, series and row of the window: ``unique_id``, ``ds`` and ``value``.

        Args:
            backend: kind of table; that of the data by default.

        Example:
            >>> model.why_values(panel, "G0-A", steps=[1]).frame(backend="pandas").shape
            (192, 4)
        """
        n_windows, n_rows, n_channels = self.values.shape
        windows, channels, rows = (axis.ravel() for axis in np.indices((n_windows, n_channels, n_rows)))
        columns: Columns = merged(
            {"window": windows, "unique_id": np.array(self.channels, dtype=object)[channels]},
            {"ds": self.keys.times[windows, rows], "value": self.values.swapaxes(1, 2).ravel()},
        )
        return self.keys.frame(columns, backend)


def attribute_values(
    fitted: FittedModel,
    windows: Windows,
    series: str,
    steps: Sequence[int],
    mode: LabelMode = "known",
    points: int = 64,
) -> ValueAttribution:
    """Attribute the network's part of the forecasts of a series to the values in the windows.

    Args:
        fitted: a model of series that are forecast together.
        windows: one or more.
        series: the series that is forecast.
        steps: steps ahead, from 1, whose mean is explained.
        mode: how the code gets its classes, as in the forecast to explain; they stay as they are along the path.
        points: places on the path at which gradients are taken; more make the gap smaller.

    Raises:
        ConfigError: captum is not installed, there is no such series or step, or the model reads logarithms or powers.
        DataError: there is no window.
    """
    integrated = need("captum.attr").IntegratedGradients
    fitted.refuse_independent("The attribution of values")
    if fitted.scale.powers is not None:
        raise ConfigError(
            "Parts of these forecasts do not add up in original units, as they are those of a power or logarithm",
            hint='Fit a model with {model.scale} "standard"',
            argument="model.scale",
        )
    if series not in fitted.channels:
        raise ConfigError(
            f"There is no series {series!r}", hint=f"Name one such as {fitted.channels[0]!r}", argument="series"
        )
    horizon = fitted.shape.horizon
    if not steps or not all(1 <= step <= horizon for step in steps):
        raise ConfigError(f"Steps are from 1 to {horizon}", found=repr(tuple(steps)), argument="steps")
    if not len(windows):
        raise DataError("There is no window to explain")
    channel, found = fitted.channels.index(series), []
    for batch in batches(fitted, windows):
        for number in range(len(batch.x)):  # the path of one window is a batch of its own
            own = _NetworkPart(fitted, batch.part(slice(number, number + 1)), mode, channel, steps)
            known = own.x.isfinite()
            baseline = torch.where(known, own.x.nanmean(1, keepdim=True), own.x)
            gradients = integrated(own).attribute(own.x, baseline, n_steps=points, internal_batch_size=16)
            found.append((torch.where(known, gradients, 0.0), own(own.x), own(baseline)))
    unit = np.float32(np.asarray(fitted.scale.spread).reshape(-1)[channel])
    values, part, base = (unit * _joined(tensors) for tensors in zip(*found, strict=True))
    keys = Keys.of(windows.source, windows.origins, windows.segments, range(-fitted.shape.lookback, 0))
    return ValueAttribution(keys, fitted.channels, series, tuple(steps), values, part, base)


class _NetworkPart:
    """The network's part of the forecast of a window, as a function of its values; scaled units.

    What the table says of the rows, and the classes in the code, are those of the window.
    """

    def __init__(self, fitted: FittedModel, batch: Batch, mode: LabelMode, channel: int, steps: Sequence[int]) -> None:
        self._network, self._channel, self._steps = fitted.network, channel, [step - 1 for step in steps]
        code = infer_code(fitted, batch, mode)
        self._clamped = code.b.clone(), tuple(each.clone() for each in code.classes)
        self._effects, self.x = batch.effects, batch.x.clone()

    def __call__(self, x: Tensor) -> Tensor:
        """Map windows, (batch, time, channel), to (batch,)."""
        b, classes = (_repeated(self._clamped[0], len(x)), tuple(_repeated(each, len(x)) for each in self._clamped[1]))
        effects = self._effects
        if effects is not None:
            effects = effects.map(lambda tensor: _repeated(tensor, len(x)))
        forecast = self._network.predict(x, (b, classes), False, effects).forecast.mean
        part = forecast - self._network.forecaster.linear_forecast(x, classes, effects)
        mean: Tensor = part[:, self._steps, self._channel].mean(1)
        return mean


def _joined(tensors: Sequence[Tensor]) -> Floats:
    joined: Floats = torch.cat([*tensors]).detach().cpu().numpy()
    return joined


def _repeated(tensor: Tensor, n: int) -> Tensor:
    return tensor.expand(n, *tensor.shape[1:])

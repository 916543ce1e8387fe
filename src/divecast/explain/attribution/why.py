"""Attribution of forecasts: each component of the code is set to its prior mean in turn, and the change measured."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows
from divecast.errors import ConfigError, DataError
from divecast.explain.attribution.ablation import n_components, prior_mean, replaced
from divecast.explain.attribution.agreement import Agreement
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.code import infer_code
from divecast.explain.places import Places, windows_at
from divecast.inference.finite import check_finite
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, batches
from divecast.inference.results import Keys
from divecast.model.network import Network
from divecast.types import Batch, Code


def windows_to_explain(windows: Windows, part: str, every: int, at: Places) -> Windows:
    """Return all given windows, or those at some places.

    Raises:
        ConfigError: ``at`` is combined with ``part`` or ``every``.
        DataError: there is no window at ``at``.
    """
    if at is None:
        return windows
    if part != "all" or every != 1:
        raise ConfigError(
            "The windows are given twice, by their places and by part or step",
            hint="Pass either {at}, or {part} and {every}",
            argument="at",
        )
    return windows_at(windows, at)


def attribute(fitted: FittedModel, windows: Windows, mode: LabelMode = "known") -> Attribution:
    """Attribute the forecasts of windows to the components of the code that are read, and to the window itself.

    Each component in turn is set to its prior mean (a: 0; a factor: the mean of its mixture, with its class frequencies
    also where the linear path reads them), then all of them at once. a stays as inferred when a factor is removed.

    Args:
        fitted: the model.
        windows: one or more.
        mode: whether the code uses the known labels, as in the forecast to explain.

    Raises:
        ConfigError: the forecaster reads nothing of the code.
        DataError: there is no window.
    """
    if not len(windows):
        raise DataError("There is no window to explain")
    if not n_components(fitted.network):
        raise ConfigError(
            "The forecasts of this model have nothing to be attributed to: its code has no factors",
            hint='Fit it with {factors}, or with {model.code.forecaster} "code"',
        )
    network, changes, moments = fitted.network, [], _Moments.zero(fitted)
    for batch in batches(fitted, windows):
        ablation = _ablate(network, batch, infer_code(fitted, batch, mode), fitted.channels)
        moments = moments.plus(ablation)
        changes.append(ablation.changes())
    change, shift, together, fused, attention = (np.concatenate(column) for column in zip(*changes, strict=True))
    names = tuple(vocabulary.name for vocabulary in fitted.vocabularies) if network.n_factors else ()
    return Attribution(
        keys=Keys.of(windows.source, windows.origins, windows.segments, range(-1, fitted.shape.horizon)),
        channels=fitted.channels,
        factors=names,
        components=(*(f"b_{name}" for name in names), *("a" for _ in range(n_components(network) - network.n_factors))),
        change=change,
        shift=shift,
        together=together,
        fused=fused,
        by_channel=(moments.change / len(windows)).astype(np.float32),
        variance=moments.variance(),
        variance_alone=moments.covariance(),
        agreement=Agreement.of(names, attention, change[:, : len(names)].sum(axis=2)),
    )


@dataclass(frozen=True, eq=False, slots=True)
class _Ablation:
    """Forecast means of a batch, scaled units.

    Attributes:
        forecast: (batch, horizon, channel) with the inferred code.
        no_code: the same with all components at their prior mean.
        not_fused: the same with all components at their prior mean in the fusion alone.
        without: (batch, component, horizon, channel) with each component at its prior mean.
        attention: (batch, head, factor).
    """

    forecast: Tensor
    no_code: Tensor
    not_fused: Tensor
    without: Tensor
    attention: Tensor

    @property
    def moved(self) -> Tensor:
        """(batch, component, horizon, channel) how each component moves the forecast."""
        return self.forecast[:, None] - self.without

    def changes(self) -> tuple[NDArray[np.float32], ...]:
        """Return change, shift, together, fused and attention, as in ``Attribution``."""
        moved = self.moved
        together, fused = ((self.forecast - less).square().mean(2) for less in (self.no_code, self.not_fused))
        columns = (moved.square().mean(3), moved.mean(3), together, fused, self.attention)
        return tuple(column.cpu().numpy() for column in columns)


@torch.inference_mode()
def _ablate(network: Network, batch: Batch, code: Code, channels: Sequence[str]) -> _Ablation:
    sizes, mean = network.marginal.block_sizes, prior_mean(network, len(batch.x))

    def forecast(fused: Code, covariates: Code) -> Tensor:
        code = network.fuse_for_forecast(fused)[0]
        mean: Tensor = network.forecaster(batch.x, code, covariates.classes, batch.effects).mean
        check_finite(mean.cpu().numpy(), channels)
        return mean

    ablated = [replaced(code, mean, sizes, (component,)) for component in range(n_components(network))]
    without = torch.stack([forecast(single, single) for single in ablated], dim=1)
    _, attention = network.fuse_for_forecast(code)
    return _Ablation(forecast(code, code), forecast(mean, mean), forecast(mean, code), without, attention)


@dataclass(frozen=True, eq=False, slots=True)
class _Moments:
    """Sums over windows.

    Attributes:
        n: number of windows.
        change: (component, horizon, channel) of squared changes.
        first: (horizon, channel) of forecasts.
        second: of squared forecasts.
        alone: of forecasts without code.
        product: of forecasts times those without code.
    """

    n: int
    change: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    alone: NDArray[np.float64]
    product: NDArray[np.float64]

    @classmethod
    def zero(cls, fitted: FittedModel) -> "_Moments":
        shape = (fitted.shape.horizon, len(fitted.channels))
        return cls(0, np.zeros((n_components(fitted.network), *shape)), *(np.zeros(shape) for _ in range(4)))

    def plus(self, ablation: _Ablation) -> "_Moments":
        forecast, alone = (part.double().cpu().numpy() for part in (ablation.forecast, ablation.no_code))
        return _Moments(
            self.n + len(forecast),
            self.change + ablation.moved.double().square().sum(0).cpu().numpy(),
            self.first + forecast.sum(0),
            self.second + (forecast * forecast).sum(0),
            self.alone + alone.sum(0),
            self.product + (forecast * alone).sum(0),
        )

    def variance(self) -> NDArray[np.float64]:
        """Return the variance of the forecasts over the windows; NaN for a single one."""
        if self.n < 2:
            return np.full_like(self.first, np.nan)
        variance: NDArray[np.float64] = np.maximum(self.second / self.n - (self.first / self.n) ** 2, 0.0)
        return variance

    def covariance(self) -> NDArray[np.float64]:
        """Return the covariance of the forecasts with those without code; NaN for a single window."""
        if self.n < 2:
            return np.full_like(self.first, np.nan)
        return self.product / self.n - self.first * self.alone / self.n**2

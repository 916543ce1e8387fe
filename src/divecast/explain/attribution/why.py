"""What a forecast rests on: the parts of its code, each set to its prior mean in turn, and the window itself."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows
from divecast.errors import ConfigError, DataError
from divecast.explain.attribution.ablation import n_parts, prior_mean, replaced
from divecast.explain.attribution.agreement import Agreement
from divecast.explain.attribution.attribution import Attribution
from divecast.explain.code import infer_code
from divecast.explain.places import Places, windows_at
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, batches
from divecast.inference.results import Keys
from divecast.model.network import Network
from divecast.types import Batch, Code


def windows_to_explain(windows: Windows, part: str, every: int, at: Places) -> Windows:
    """Return windows of a part, or those at some places.

    Raises:
        ConfigError: both are asked for.
        DataError: no window is there.
    """
    if at is None:
        return windows
    if part != "all" or every != 1:
        raise ConfigError(f"expected at alone, which names the windows itself: leave {part=} and {every=} out")
    return windows_at(windows, at)


@dataclass(frozen=True, eq=False, slots=True)
class _Ablated:
    """Forecast means of a batch, scaled units.

    ``whole`` has the code as it is, ``bare`` none of it and ``unfused`` none in the fusion, (batch, horizon, channel);
    ``without`` is each part's absence, (batch, part, horizon, channel); ``attention`` is (batch, head, factor).
    """

    whole: Tensor
    bare: Tensor
    unfused: Tensor
    without: Tensor
    attention: Tensor


def attribute(fitted: FittedModel, windows: Windows, mode: LabelMode = "known") -> Attribution:
    """Attribute the forecasts of windows to the parts of their code and to the window itself.

    Each part in turn is set to its prior mean (a: 0; a factor: the mean of its mixture, and its classes at their
    frequencies also where the linear path reads them), then all at once; a is kept as it was inferred.

    Args:
        fitted: the model.
        windows: one or more.
        mode: whether the code is told the labels that are known, as in the forecast to explain.

    Raises:
        DataError: there is no window.
    """
    if not len(windows):
        raise DataError("expected one window or more to explain, got none")
    network, rows, sums = fitted.network, [], _Sums.zero(fitted)
    for batch in batches(fitted, windows):
        found = _ablate(network, batch, infer_code(fitted, batch, mode))
        moved = found.whole[:, None] - found.without
        sums = sums.plus(found, moved)
        both = ((found.whole - less).square().mean(2) for less in (found.bare, found.unfused))
        columns = (moved.square().mean(3), moved.mean(3), *both, found.attention)
        rows.append([column.cpu().numpy() for column in columns])
    change, shift, together, fused, attention = (np.concatenate(column) for column in zip(*rows, strict=True))
    names = tuple(vocabulary.name for vocabulary in fitted.vocabularies) if network.n_factors else ()
    return Attribution(
        keys=Keys.of(windows.source, windows.origins, windows.segments, range(-1, fitted.shape.horizon)),
        channels=fitted.channels,
        factors=names,
        parts=(*(f"b_{name}" for name in names), *(("a",) if network.n_conditional else ())),
        change=change,
        shift=shift,
        together=together,
        fused=fused,
        by_channel=(sums.change / len(windows)).astype(np.float32),
        variance=sums.variance(),
        variance_alone=sums.covariance(),
        agreement=Agreement.of(names, attention, change[:, : len(names)].sum(axis=2)),
    )


@torch.inference_mode()
def _ablate(network: Network, batch: Batch, code: Code) -> _Ablated:
    sizes, mean, parts = network.marginal.block_sizes, prior_mean(network, len(batch.x)), range(n_parts(network))

    def forecast(fused: Code, read: Code) -> Tensor:
        mean: Tensor = network.forecaster(batch.x, network.fusion(fused)[0], read.classes).mean
        return mean

    singles = [replaced(code, mean, sizes, (part,)) for part in parts]
    without = torch.stack([forecast(single, single) for single in singles], dim=1)
    _, attention = network.fusion(code)
    return _Ablated(forecast(code, code), forecast(mean, mean), forecast(mean, code), without, attention)


@dataclass(frozen=True, eq=False, slots=True)
class _Sums:
    """Sums over windows: changes, (part, horizon, channel), and forecasts with and without code, (horizon, channel)."""

    n: int
    change: NDArray[np.float64]
    first: NDArray[np.float64]
    second: NDArray[np.float64]
    bare: NDArray[np.float64]
    product: NDArray[np.float64]

    @classmethod
    def zero(cls, fitted: FittedModel) -> "_Sums":
        shape = (fitted.shape.horizon, len(fitted.channels))
        return cls(0, np.zeros((n_parts(fitted.network), *shape)), *(np.zeros(shape) for _ in range(4)))

    def plus(self, found: _Ablated, moved: Tensor) -> "_Sums":
        whole, bare = found.whole.double().cpu().numpy(), found.bare.double().cpu().numpy()
        return _Sums(
            self.n + len(whole),
            self.change + moved.double().square().sum(0).cpu().numpy(),
            self.first + whole.sum(0),
            self.second + (whole * whole).sum(0),
            self.bare + bare.sum(0),
            self.product + (whole * bare).sum(0),
        )

    def variance(self) -> NDArray[np.float64]:
        """Of the forecast over the windows; NaN for a single one."""
        if self.n < 2:
            return np.full_like(self.first, np.nan)
        found: NDArray[np.float64] = np.maximum(self.second / self.n - (self.first / self.n) ** 2, 0.0)
        return found

    def covariance(self) -> NDArray[np.float64]:
        """Of the forecast and the one without code, over the windows; NaN for a single one."""
        if self.n < 2:
            return np.full_like(self.first, np.nan)
        return self.product / self.n - self.first * self.bare / self.n**2

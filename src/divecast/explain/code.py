"""The mean code of windows, and the reconstruction and forecast that a code gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, labels_for, mean_and_quantiles, phases_told, with_own
from divecast.inference.results import Floats
from divecast.types import Batch, Code


@dataclass(frozen=True, eq=False, slots=True)
class Generated:
    """Reconstruction and forecast of a code, in original units.

    Attributes:
        window: (window, time, channel) mean of the reconstruction.
        mean: (window, horizon, channel) mean of the forecast.
        quantiles: (level, window, horizon, channel).
        paths: (path, window, horizon, channel); no path unless asked for.
    """

    window: Floats
    mean: Floats
    quantiles: Floats
    paths: Floats

    @classmethod
    def joined(cls, batches: Sequence["Generated"]) -> "Generated":
        """Join batches."""
        return cls(
            np.concatenate([batch.window for batch in batches]),
            np.concatenate([batch.mean for batch in batches]),
            np.concatenate([batch.quantiles for batch in batches], axis=1),
            np.concatenate([batch.paths for batch in batches], axis=1),
        )


@torch.inference_mode()
def infer_code(fitted: FittedModel, batch: Batch, mode: LabelMode) -> Code:
    """Return the mean code of a batch, with known labels or without, as ``forecast`` uses it."""
    network = fitted.network
    marginal = network.marginal_code(batch.x, labels_for(batch.labels, mode), sample=False)
    q_a = network.infer_conditional(batch.x, marginal.b, batch.effects)
    return Code(q_a.loc, marginal.b, marginal.classes)


@torch.inference_mode()
def generate(
    fitted: FittedModel,
    batch: Batch,
    code: Code,
    levels: Sequence[float] = (),
    draw: Callable[[FittedModel, Any], Floats] | None = None,
) -> Generated:
    """Decode a code, and forecast windows with it.

    Args:
        fitted: the model, with the scale of the windows.
        batch: the windows.
        code: the code of each.
        levels: probabilities of the quantiles.
        draw: draws paths, given the model and the distributions; None for no path.

    Raises:
        ConfigError: levels do not rise, or exceed the calibrated ones.
        DataError: a forecast is not finite.
    """
    network = fitted.network
    window = network.reconstruct(code, batch.effects).mean
    fused, _ = network.fuse_for_forecast(code)
    of_network = network.forecaster(batch.x, fused, code.classes, batch.effects, fitted.own is None)
    forecast: Any = with_own(fitted, batch, of_network)
    mean, quantiles = mean_and_quantiles(fitted, forecast, levels, phases_told(batch.effects))
    paths = np.empty((0, *mean.shape), np.float32) if draw is None else draw(fitted, forecast)
    return Generated(fitted.original(window), mean, quantiles, paths)

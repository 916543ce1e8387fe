"""The mean code of windows, and what a code that was changed by hand gives."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, handed_labels
from divecast.inference.results import Floats
from divecast.types import Batch, Code


@dataclass(frozen=True, eq=False, slots=True)
class Generated:
    """What a code gives, in original units.

    Attributes:
        window: (window, time, channel) mean of the reconstruction.
        mean: (window, horizon, channel) mean of the forecast.
        quantiles: (level, window, horizon, channel).
    """

    window: Floats
    mean: Floats
    quantiles: Floats

    @classmethod
    def joined(cls, parts: Sequence["Generated"]) -> "Generated":
        """Join batches."""
        return cls(
            np.concatenate([part.window for part in parts]),
            np.concatenate([part.mean for part in parts]),
            np.concatenate([part.quantiles for part in parts], axis=1),
        )


@torch.inference_mode()
def infer_code(fitted: FittedModel, batch: Batch, mode: LabelMode) -> Code:
    """Return the mean code of a batch, with the labels that are known or without; what ``forecast`` goes through."""
    network = fitted.network
    marginal = network.marginal_code(batch.x, handed_labels(batch.labels, mode), sample=False)
    q_a = network.infer_conditional(batch.x, marginal.b)
    return Code(q_a.loc, marginal.b, marginal.classes)


@torch.inference_mode()
def generate(fitted: FittedModel, x: Tensor, code: Code, levels: Sequence[float] = ()) -> Generated:
    """Decode a code, and forecast windows, (batch, time, channel) in scaled units, with it.

    Raises:
        ConfigError: levels do not rise, or reach beyond the calibration.
    """
    fused, _ = fitted.network.fusion(code)
    window = fitted.network.decoder(fused).mean
    forecast: Any = fitted.network.forecaster(x, fused, code.classes)
    table = fitted.calibration.at(levels).to(x.device)
    quantiles = forecast.loc + forecast.scale * table[:, None, :, None]
    return Generated(*(_original(fitted, part) for part in (window, forecast.mean, quantiles)))


def _original(fitted: FittedModel, scaled: Tensor) -> Floats:
    return fitted.scale.invert(scaled.cpu().numpy())

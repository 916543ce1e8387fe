"""How much of the network's correction of the linear path the validation part bears out.

A network trained on little data, or on a series that moves on, adds noise to its linear path. The share s of the
correction that minimises the squared error of linear + s x correction on the validation part, in scaled units, is a
regression with one unknown; it is kept within 0 and 1 and multiplied into the weights of the last layer.
"""

from dataclasses import replace

import torch

from divecast.data import Windows
from divecast.fitted import Fitted
from divecast.inference import batches, predict


def shrunk(fitted: Fitted, valid: Windows) -> Fitted:
    """Shrink the correction in place, and note its share under ``about["correction"]``."""
    share = correction_share(fitted, valid)
    fitted.network.forecaster.scale_correction(share)
    return replace(fitted, about={**fitted.about, "correction": share})


def correction_share(fitted: Fitted, valid: Windows) -> float:
    """Return the share of the correction, in [0, 1], that fits the validation windows best; 1 where none is made."""
    agreement, size = 0.0, 0.0
    for batch in batches(fitted, valid):
        outputs = predict(fitted, batch, "known")
        linear = fitted.network.forecaster.linear_forecast(batch.x, outputs.code.classes)
        correction = outputs.forecast.mean - linear
        missed = torch.where(torch.isnan(batch.y), 0.0, batch.y - linear)
        correction = torch.where(torch.isnan(batch.y), 0.0, correction)
        agreement += float((missed * correction).sum())
        size += float(correction.square().sum())
    return min(1.0, max(0.0, agreement / size)) if size else 1.0

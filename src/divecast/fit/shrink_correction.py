"""How much of the network's correction of the linear path the validation part bears out, channel by channel.

A network trained on little data, or on a series that moves on, adds noise to its linear path. The share s of the
correction that minimises the squared error of linear + s x correction on the validation part, in scaled units, is a
regression with one unknown, kept within 0 and 1. How far to believe it is another question where the validation part
holds few windows: the shrunk forecast and the linear path alone are averaged by their pseudo-BMA weights (Yao et al.
2018), as the linear start averages its maps, less one for the share that was fitted on those very windows (Akaike
1974).
"""

from collections.abc import Iterator
from dataclasses import replace

import torch
from torch import Tensor

from divecast.data import Windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, predict

_SMALLEST = 1e-9  # a squared error that counts as none


def shrink_correction(fitted: FittedModel, valid: Windows, n_independent: float) -> FittedModel:
    """Shrink the correction in place, and note the mean share of the channels in the provenance.

    Args:
        fitted: with its whole correction.
        valid: validation windows.
        n_independent: validation windows that share no step of the future with another.
    """
    shares = correction_shares(fitted, valid, n_independent)
    fitted.network.forecaster.shares.mul_(shares)
    return replace(fitted, provenance=replace(fitted.provenance, correction=float(shares.mean())))


def correction_shares(fitted: FittedModel, valid: Windows, n_independent: float) -> Tensor:
    """Return the share of the correction to keep, (channel,) in [0, 1]; all of it where none is made.

    Arguments as in ``shrink_correction``.
    """
    linear, agreement, size = (sum(column) for column in zip(*_sums(fitted, valid), strict=True))
    share = (agreement / size.clamp(min=_SMALLEST)).clamp(0.0, 1.0)
    corrected = linear - 2.0 * share * agreement + share.square() * size
    gain = linear.clamp(min=_SMALLEST).log() - corrected.clamp(min=_SMALLEST).log()
    return torch.where(size > 0.0, share * torch.sigmoid(0.5 * n_independent * gain - 1.0), 1.0)


def _sums(fitted: FittedModel, valid: Windows) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield, of each batch and channel, the linear path's squared error, its product with the correction, and size."""
    for batch in batches(fitted, valid):
        outputs = predict(fitted, batch, "known")
        linear = fitted.network.forecaster.linear_forecast(batch.x, outputs.code.classes)
        known = ~torch.isnan(batch.y)
        missed = torch.where(known, batch.y - linear, 0.0)
        correction = torch.where(known, outputs.forecast.mean - linear, 0.0)
        yield missed.square().sum((0, 1)), (missed * correction).sum((0, 1)), correction.square().sum((0, 1))

"""Shrinkage of the network's correction of the linear path, fitted per channel on the validation part.

A network trained on few data, or on a series that changes, adds noise to its linear path. The share s in [0, 1] of the
correction that minimises the squared error of linear + s * correction in the validation part, in scaled units, is a
regression with one unknown. With few validation windows it is uncertain, so the shrunk forecast and the linear path
alone are averaged by their pseudo-BMA weights (Yao et al. 2018), as the linear start averages its maps, with one
subtracted for the share fitted on the same windows (Akaike 1974).
"""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from divecast.data import Windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, predict

_SMALLEST = 1e-9  # squared errors below count as zero


def shrink_correction(fitted: FittedModel, valid: Windows, n_independent: float) -> FittedModel:
    """Shrink the correction in place, and record the mean share over the channels in the provenance.

    Args:
        fitted: the model with its whole correction.
        valid: validation windows.
        n_independent: number of validation windows whose futures do not overlap.
    """
    shares = correction_shares(fitted, valid, n_independent)
    fitted.network.forecaster.shares.mul_(shares)
    return replace(fitted, provenance=replace(fitted.provenance, correction=float(shares.mean())))


def correction_shares(fitted: FittedModel, valid: Windows, n_independent: float) -> Tensor:
    """Return the share of the correction to keep, (channel,) in [0, 1]; 1 where the correction is zero.

    Arguments as in ``shrink_correction``.
    """
    sums = _sums(fitted, valid)
    share = (sums.product / sums.correction.clamp(min=_SMALLEST)).clamp(0.0, 1.0)
    error = sums.error - 2.0 * share * sums.product + share.square() * sums.correction
    gain = sums.error.clamp(min=_SMALLEST).log() - error.clamp(min=_SMALLEST).log()
    return torch.where(sums.correction > 0.0, share * torch.sigmoid(0.5 * n_independent * gain - 1.0), 1.0)


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over windows and steps, (channel,) each.

    Attributes:
        error: squared errors of the linear path.
        product: products of the error of the linear path and the correction.
        correction: squared corrections.
    """

    error: Tensor
    product: Tensor
    correction: Tensor


def _sums(fitted: FittedModel, valid: Windows) -> _Sums:
    error = product = size = torch.tensor(0.0, device=fitted.device)
    for batch in batches(fitted, valid):
        outputs = predict(fitted, batch, "known")
        linear = fitted.network.forecaster.linear_forecast(batch.x, outputs.code.classes, batch.effects)
        known = ~torch.isnan(batch.y)
        missed = torch.where(known, batch.y - linear, 0.0)
        correction = torch.where(known, outputs.forecast.mean - linear, 0.0)
        error = error + missed.square().sum((0, 1))
        product = product + (missed * correction).sum((0, 1))
        size = size + correction.square().sum((0, 1))
    return _Sums(error, product, size)

"""Shrinkage of the network's correction of the linear path, fitted per channel on the validation part.

A network trained on few data, or on a series that changes, adds noise to its linear path. The share s in [0, 1] of the
correction that minimises the squared error of linear + s * correction in the validation part, in scaled units, is a
regression with one unknown. With few validation windows it is uncertain, so the shrunk forecast and the linear path
alone are averaged by their pseudo-BMA weights (Yao et al. 2018), as the linear start averages its maps, with one
subtracted for the share fitted on the same windows (Akaike 1974).

Where independent windows are few, those of one channel say little, but all channels together may show that the
correction helps: the mean gain of a share common to all, relative to the error of each channel, by its standard error
over the windows. Half its square, the log-likelihood ratio of a normal mean to none, is evidence for every channel,
again with one subtracted for the share; none is taken from evidence below.
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
    evidence = 0.5 * n_independent * gain - 1.0 + common_evidence(sums, n_independent)
    return torch.where(sums.correction > 0.0, share * torch.sigmoid(evidence), 1.0)


def common_evidence(sums: "CorrectionSums", n_independent: float) -> float:
    """Return the log-odds that all channels together add to those of each; at least 0.

    Args:
        sums: of the validation windows.
        n_independent: number of them whose futures do not overlap.
    """
    known = sums.error > _SMALLEST
    products, corrections = (each[:, known] / sums.error[known] for each in (sums.products, sums.corrections))
    if len(products) < 2 or not known.any():
        return 0.0
    share = (products.sum() / corrections.sum().clamp(min=_SMALLEST)).clamp(0.0, 1.0)
    gains = (2.0 * share * products - share.square() * corrections).mean(1)
    ratio = max(0.0, float(gains.mean() / gains.std().clamp(min=_SMALLEST)))
    return max(0.0, 0.5 * n_independent * ratio * ratio - 1.0)


@dataclass(frozen=True, slots=True)
class CorrectionSums:
    """Errors of the linear path and corrections in the validation part: sums over windows and steps, (channel,) each.

    Attributes:
        error: squared errors of the linear path.
        product: products of the error of the linear path and the correction.
        correction: squared corrections.
        products: the products by window, (window, channel).
        corrections: the squared corrections by window.
    """

    error: Tensor
    product: Tensor
    correction: Tensor
    products: Tensor
    corrections: Tensor


def _sums(fitted: FittedModel, valid: Windows) -> CorrectionSums:
    error = product = size = torch.tensor(0.0, device=fitted.device)
    products, sizes = [], []
    for batch in batches(fitted, valid):
        outputs = predict(replace(fitted, own=None), batch, "known")
        forecaster, effects = fitted.network.forecaster, batch.effects
        linear = forecaster.linear_forecast(batch.x, outputs.code.classes, effects)
        linear, _ = forecaster.recalibration(linear, None if effects is None else effects.phases)
        linear = linear + forecaster.departures(batch.x, batch.residual)[0]
        known = ~torch.isnan(batch.y)
        missed = torch.where(known, batch.y - linear, 0.0)
        correction = torch.where(known, outputs.forecast.mean - linear, 0.0)
        error = error + missed.square().sum((0, 1))
        product = product + (missed * correction).sum((0, 1))
        size = size + correction.square().sum((0, 1))
        products.append((missed * correction).sum(1))
        sizes.append(correction.square().sum(1))
    return CorrectionSums(error, product, size, torch.cat(products), torch.cat(sizes))

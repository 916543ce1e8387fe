"""How much wider intervals must be where the last values of a series are missing, from outages that are drawn."""

import math
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from divecast.data import Windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, predict
from divecast.model.recalibration import N_AGES

_WINDOWS, _SHARE = 200, 0.25  # of the channels of a window
_MOST = 20.0  # times as wide


@torch.no_grad()
def fit_ages(fitted: FittedModel, valid: Windows, seed: int) -> None:
    """Fit the factors by the age of the last value of a channel in place; ages rise from a row to the look-back.

    In some windows the last rows of a share of the channels are made missing. The factor of an age and step is the
    ratio of the mean standardised errors of these channels with and without the outage; it does not fall with the age.

    Args:
        fitted: the model, recalibrated.
        valid: windows of the validation part.
        seed: of the channels.
    """
    found = fitted.network.forecaster.recalibration
    lookback, n = fitted.shape.lookback, len(valid)
    some = valid.subset(torch.linspace(0, n - 1, min(n, _WINDOWS)).long().unique().numpy())
    ages = [0, *(max(number, round(lookback ** (number / (N_AGES - 1)))) for number in range(1, N_AGES))]
    whole = _sizes(fitted, some, 0, seed)
    factors, least = [torch.zeros(fitted.shape.horizon)], torch.zeros(fitted.shape.horizon)
    for age in ages[1:]:
        ratio = _sizes(fitted, some, age, seed) / whole
        least = torch.maximum(least, ratio.nan_to_num(nan=1.0).clamp(1.0, _MOST).log())
        factors.append(least)
    found.ages.copy_(torch.tensor(ages, dtype=torch.float32))
    found.by_age.copy_(torch.stack(factors))


def _sizes(fitted: FittedModel, windows: Windows, age: int, seed: int) -> Tensor:
    """Return the mean absolute standardised error of the drawn channels by step, (horizon,), after an outage."""
    draw = torch.Generator().manual_seed(seed)
    total, count = torch.zeros(2, fitted.shape.horizon, dtype=torch.float64)
    for batch in batches(fitted, windows):
        n_drawn = math.ceil(_SHARE * batch.x.shape[2])
        order = torch.rand(len(batch.x), batch.x.shape[2], generator=draw).argsort(1)
        drawn = (order < n_drawn).to(batch.x.device)
        x = batch.x.clone()
        if age:
            x[:, -age:] = torch.where(drawn[:, None], torch.nan, x[:, -age:])
        forecast: Any = predict(fitted, replace(batch, x=x), "known").forecast
        size = ((batch.y - forecast.loc) / forecast.scale).abs()
        kept = drawn[:, None] & ~size.isnan()
        total += torch.where(kept, size, 0.0).sum((0, 2)).double().cpu()
        count += kept.sum((0, 2)).double().cpu()
    mean: Tensor = (total / count).float()
    return mean

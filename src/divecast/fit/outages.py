"""How much wider intervals must be where the last values of a series are missing, from outages that are drawn."""

from dataclasses import replace
from functools import partial

import torch
from torch import Tensor

from divecast.fit.drawn_errors import Draws, unchanged
from divecast.model.recalibration import N_AGES
from divecast.types import Batch


def fit_ages(draws: Draws) -> None:
    """Fit the factors by the age of the last value of a channel in place; ages rise from a row to the look-back.

    The factor of an age and step is the ratio of what most standardised errors of the drawn channels do not exceed with
    and without the outage; it does not fall with the age.

    Args:
        draws: of a model that is recalibrated.
    """
    fitted = draws.fitted
    found, lookback = fitted.network.forecaster.recalibration, fitted.shape.lookback
    ages = [max(number, round(lookback ** (number / (N_AGES - 1)))) for number in range(1, N_AGES)]
    whole = draws.errors(unchanged)
    factors = [draws.errors(partial(_silent, age)).log_ratio(whole) for age in ages]
    found.ages.copy_(torch.tensor([0, *ages], dtype=torch.float32))
    found.by_age[1:].copy_(torch.stack(factors).cummax(0).values)


def _silent(age: int, batch: Batch, drawn: Tensor) -> Batch:
    """Return the windows without the last values of the drawn channels."""
    before = batch.x.shape[1] - age
    last = torch.where(drawn[:, None], torch.nan, batch.x[:, before:])
    return replace(batch, x=torch.cat([batch.x[:, :before], last], dim=1))

"""Fit of the models of each series alone: their weights on the training part, their share on the validation part.

The share of the forecast is the mean of all shares from 0 to 1 by how likely each makes the errors of the validation
windows, taken as Laplace variables (of one scale that is not known) relative to the mean error of their series. So few
windows give about a half, and many the share with the smallest mean absolute error.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch

from divecast.data import Windows, seasons
from divecast.data.sources.series_rows import SeriesRows
from divecast.fit.stage import Stage
from divecast.inference.fitted_model import FittedModel
from divecast.inference.own_models import OwnForecasts, OwnModels, histories
from divecast.inference.predict import batches, predict
from divecast.structural import Averaged

# Our choices: longer series have enough values for a network, and these models take a step for each row.
_LONGEST, _MOST_ROWS, _LONGEST_SEASON = 1500, 4_000_000, 60
_SERIES = 500  # more would not change the weights
_LEAST = 0.02  # a smaller share is none
_SHARES = torch.linspace(0.0, 1.0, 21)


def with_own_models(fitted: FittedModel, stage: Stage, valid: Windows) -> tuple[FittedModel, Windows]:
    """Return a model with models of each series alone, and validation windows with their forecasts.

    Both are as they were where such models do not suit the data, or do not help.

    Args:
        fitted: the model, not calibrated yet.
        stage: its training data.
        valid: windows of ``draw_windows``.
    """
    source = stage.source
    if not isinstance(source, SeriesRows) or not _suits(stage, source):
        return fitted, valid
    ends = stage.parts.train.stop
    known = np.concatenate([[0], np.cumsum(~np.isnan(source.values[:, 0]))])
    there = np.flatnonzero(known[ends] > known[stage.parts.train.start])
    some = there[np.linspace(0, len(there) - 1, min(len(there), _SERIES)).round().astype(np.int64)]
    _, values = histories(source, some, ends[some])
    averaged = Averaged.alike(_season(source)).fitted(values)
    own = replace(valid, own=OwnForecasts(averaged, source, stage.plan.horizon))
    share = _share(fitted, own)
    if share < _LEAST:
        return fitted, valid
    return replace(fitted, own=OwnModels(averaged, torch.full((stage.plan.horizon,), share))), own


def _season(source: SeriesRows) -> int:
    return next(iter(seasons(source.clock)), 1)


def _suits(stage: Stage, source: SeriesRows) -> bool:
    lengths = source.blocks.stop - source.blocks.start
    return (
        stage.plan.model.own_models
        and stage.dimensions.effects != "told"
        and int(lengths.max()) <= _LONGEST
        and int(lengths.sum()) <= _MOST_ROWS
        and _season(source) <= _LONGEST_SEASON
    )


def _share(fitted: FittedModel, valid: Windows) -> float:
    """Return the share of the own models in the forecasts of validation windows."""
    errors, n_first = [], 0
    for batch in batches(fitted, valid):
        forecast: Any = predict(fitted, batch, "known").forecast
        assert batch.own is not None  # noqa: S101  given above
        missed = torch.stack([batch.y - forecast.loc, batch.y - batch.own.mean.to(batch.y)]).cpu()[..., 0]
        errors.append(missed)
        n_first += int((~missed[0, :, 0].isnan()).sum())
    plain, own = torch.cat(errors, dim=1).double()
    series, place = np.unique(valid.segments, return_inverse=True)
    places, known = torch.from_numpy(place), ~(plain + own).isnan()

    def by_series(values: torch.Tensor) -> torch.Tensor:
        sums = torch.zeros(2, len(series), dtype=torch.float64)
        sums[0].index_add_(0, places, torch.where(known, values, 0.0).sum(1))
        sums[1].index_add_(0, places, known.sum(1).double())
        return sums[0] / sums[1].clamp(min=1.0)

    losses = torch.stack([by_series(torch.lerp(plain, own, float(share)).abs()) for share in _SHARES])
    unit = 0.5 * (losses[0] + losses[-1])
    loss = (losses[:, unit > 0.0] / unit[unit > 0.0]).mean(1)
    n_independent = n_first / fitted.shape.horizon
    weight = torch.softmax(-n_independent * loss.clamp(min=1e-9).log(), dim=0)
    return float((weight * _SHARES).sum()) if bool((unit > 0.0).any()) else 0.0

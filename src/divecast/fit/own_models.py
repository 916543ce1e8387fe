"""Fit of the models of each series alone: their weights on the training part, their share on the validation part.

The share of the forecast is the mean of all shares from 0 to 1 by how likely each makes the errors of the validation
windows, taken as Laplace variables (of one scale that is not known) relative to the mean error of their series. So few
windows give about a half, and many the share with the smallest mean absolute error. Windows after as long a history
decide together, and those after another count a little, too.
"""

from dataclasses import replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divecast.data import Windows, seasons
from divecast.data.sources.series_rows import SeriesRows
from divecast.fit.stage import Stage
from divecast.inference.fitted_model import FittedModel
from divecast.inference.own_models import HISTORIES, LONGEST_SEASON, OwnForecasts, OwnModels, histories
from divecast.inference.predict import batches, predict
from divecast.structural import Averaged

# Our choices: longer series have enough values for a network, and these models take a step for each row.
_LONGEST, _MOST_ROWS = 1500, 4_000_000
_SERIES = 500  # more would not change the weights
_LEAST = 0.02  # a smaller share is none
_BORROWED = 0.1  # how much the windows of all histories count beside those of one
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
    shares = _shares(fitted, own)
    if float(shares.max()) < _LEAST:
        return fitted, valid
    return replace(fitted, own=OwnModels(averaged, shares)), own


def _season(source: SeriesRows) -> int:
    return next(iter(seasons(source.clock)), 1)


def _suits(stage: Stage, source: SeriesRows) -> bool:
    lengths = source.blocks.stop - source.blocks.start
    return (
        stage.plan.model.own_models
        and stage.dimensions.effects != "told"
        and int(lengths.max()) <= _LONGEST
        and int(lengths.sum()) <= _MOST_ROWS
        and _season(source) <= LONGEST_SEASON
    )


def _shares(fitted: FittedModel, valid: Windows) -> Tensor:
    """Return the share of the own models by class of history, (history,), from the forecasts of validation windows."""
    errors, histories_of = [], []
    for batch in batches(fitted, valid):
        forecast: Any = predict(fitted, batch, "known").forecast
        assert batch.own is not None  # noqa: S101  given above
        missed = torch.stack([batch.y - forecast.loc, batch.y - batch.own.mean.to(batch.y)])
        errors.append(missed.cpu()[..., 0].double())
        histories_of.append(batch.own.history.cpu())
    found, history = torch.cat(errors, dim=1), torch.cat(histories_of)
    unit = _mean_by_series(found.abs().mean(0), valid)
    known = ~found.isnan().any(0) & (unit > 0.0)[:, None]
    losses = torch.stack([torch.lerp(found[0], found[1], float(share)).abs() / unit[:, None] for share in _SHARES])
    losses = torch.where(known, losses, torch.nan)
    common = _likelihood(losses, known)
    classes = [history == number for number in range(len(HISTORIES) + 1)]
    logs = [_likelihood(losses[:, some], known[some]) if bool(known[some].any()) else 0.0 * common for some in classes]
    return torch.stack([torch.softmax(_BORROWED * common + log, dim=0) @ _SHARES.double() for log in logs]).float()


def _likelihood(losses: Tensor, known: Tensor) -> Tensor:
    """Return the log-likelihood of each share, (share,), by the losses of windows, (share, window, horizon).

    All steps count alike, though few validation windows have a target at the last ones, and windows whose targets
    overlap count once.
    """
    loss = losses.nanmean(1).nanmean(1)
    return -float(known[:, 0].sum()) / known.shape[1] * loss.clamp(min=1e-9).log()


def _mean_by_series(values: Tensor, windows: Windows) -> Tensor:
    """Return the mean of known values, (window, horizon), of the series of each window, (window,)."""
    _, place = np.unique(windows.segments, return_inverse=True)
    places, known = torch.from_numpy(place), ~values.isnan()
    sums = torch.zeros(2, int(place.max()) + 1, dtype=torch.float64)
    sums[0].index_add_(0, places, torch.where(known, values, 0.0).sum(1))
    sums[1].index_add_(0, places, known.sum(1).double())
    return (sums[0] / sums[1].clamp(min=1.0))[places]

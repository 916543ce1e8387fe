"""Deviation of the last rows of a window from the forecast made before them."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Windows
from divecast.data.sources.series_rows import SeriesRows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches, predict
from divecast.inference.results import Floats
from divecast.types import Batch

STATISTICS = ("level", "peak", "jump", "stuck")


@dataclass(frozen=True, eq=False, slots=True)
class ForecastErrors:
    """Scores of the last ``horizon`` rows of windows under the forecast made before them, with known labels.

    Attributes:
        scores: (statistic, window, channel), NaN where too few rows precede or nothing was observed: ``level`` mean of
            -log p(y|a,b,x), nats per value; ``peak`` the largest, nats; ``jump`` the largest distance of an error from
            the line between its neighbours, scaled units; ``stuck`` the longest run of repeated values, rows.
        rows: (statistic, window, channel) number of rows before the window's end of ``peak`` and ``jump`` (1 is the
            last row); 0 elsewhere.
    """

    scores: Floats
    rows: NDArray[np.int16]


def forecast_errors(fitted: FittedModel, windows: Windows) -> ForecastErrors:
    """Score the last ``horizon`` rows of every window."""
    origins = windows.origins - fitted.shape.horizon
    whole = origins - fitted.shape.lookback >= windows.source.offsets[windows.segments]
    if isinstance(windows.source, SeriesRows):  # rows beside a series have no value to forecast from
        whole &= origins > windows.source.blocks.start[windows.segments]
    shape = (len(STATISTICS), len(windows), len(fitted.channels))
    scores, rows = np.full(shape, np.nan, dtype=np.float32), np.zeros(shape, dtype=np.int16)
    if whole.any():
        earlier = replace(windows.subset(whole), origins=origins[whole])
        pairs = [_statistics(fitted, batch) for batch in batches(fitted, earlier)]
        scores[:, whole], rows[:, whole] = (torch.cat(part, 1).cpu().numpy() for part in zip(*pairs, strict=True))
    return ForecastErrors(scores, rows)


def jumps(error: Tensor) -> Tensor:
    """Return the distance of every error from the line between its neighbours, (batch, step, channel).

    The step before the first was observed, so its error is 0. The last step has one neighbour; its distance is divided
    by sqrt(2), which gives it the spread of the others if errors follow a random walk. NaN if a neighbour is missing.
    """
    path = torch.cat([torch.zeros_like(error[:, :1]), error], dim=1)
    inner = path[:, 1:-1] - (path[:, :-2] + path[:, 2:]) / 2
    return torch.cat([inner, (path[:, -1:] - path[:, -2:-1]) / 2**0.5], dim=1).abs()


def longest_run(values: Tensor) -> Tensor:
    """Return the longest run of values equal to the one before, (batch, channel), of (batch, step, channel)."""
    run = longest = torch.zeros_like(values[:, 0])
    for same in (values[:, 1:] == values[:, :-1]).unbind(1):
        run = torch.where(same, run + 1, 0.0)
        longest = torch.maximum(longest, run)
    return longest


@torch.inference_mode()
def _statistics(fitted: FittedModel, batch: Batch) -> tuple[Tensor, Tensor]:
    forecast: Any = predict(fitted, batch, "known").forecast
    surprisal = -forecast.log_prob(batch.y)
    peak, peak_row = _highest(surprisal)
    jump, jump_row = _highest(jumps(batch.y - forecast.loc))
    stuck = longest_run(torch.cat([batch.x[:, -1:], batch.y], dim=1))
    stuck = torch.where(batch.y.isnan().all(dim=1), torch.nan, stuck)
    none = torch.zeros_like(peak_row)
    return torch.stack([surprisal.nanmean(1), peak, jump, stuck]), torch.stack([none, peak_row, jump_row, none])


def _highest(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Return the highest score of each channel, and its number of rows before the end; NaN and 0 if there is none."""
    best, row = scores.nan_to_num(-torch.inf, posinf=torch.inf).max(dim=1)
    none = best == -torch.inf
    return best.masked_fill(none, torch.nan), (scores.shape[1] - row).masked_fill(none, 0).to(torch.int16)

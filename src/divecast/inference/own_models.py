"""Forecasts of independent series by structural models of each alone, and their share in the forecast of a model.

A network that all series share cannot keep what only one of them does: a year that repeats exactly, a trend of its own.
So the forecast of short series is a mean of the network's and of that of ``divecast.structural``, which reads all of a
series' past, not its window alone. The scale is the same mean of the logarithms of both. The share depends on how much
of the past there is: after one year of months, these models know little of the season. What the validation part has
shown of the errors of this mean (``Recalibration``) is added to it as a whole.
"""

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data.sources.series_rows import SeriesRows
from divecast.data.windows.scale import Scale
from divecast.model.distribution import LocationScale
from divecast.model.recalibration import Recalibration
from divecast.structural import Ahead, Averaged
from divecast.types import Batch, OwnForecast

Rows = NDArray[np.int64]
Doubles = NDArray[np.float64]

HISTORIES = (1.5, 3.0, 6.0)
"""Seasons of values between the classes of histories, which have a share each."""

LONGEST_SEASON = 60
"""Steps of the longest season that these models may have; their gains grow with its square."""

_LEAST_SEASON = 4  # steps that count as a season where it is shorter
_FEWEST = 4  # values before a forecast, from which these models say something
_NARROWEST = 0.02  # of the network's scale


@dataclass(frozen=True, eq=False, slots=True)
class OwnModels:
    """Structural models of each series, and their share in the forecasts.

    Attributes:
        averaged: the models.
        share: (history,) share of their forecast by class of history, in [0, 1]; that of the network is the rest.
    """

    averaged: Averaged
    share: Tensor

    def combined(self, forecast: LocationScale, batch: Batch, recalibration: Recalibration) -> LocationScale:
        """Return the mean of the network's forecast of windows and that of the series' own models, recalibrated.

        Args:
            forecast: of the network, not recalibrated.
            batch: the windows.
            recalibration: of the mean of both, to whose errors it was fitted.
        """
        loc, log_scale, own = forecast.loc, forecast.log_scale, batch.own
        if own is not None:
            share, scale, there = self.share_of(own), forecast.scale, ~own.mean.isnan()
            loc = torch.where(there, torch.lerp(loc, own.mean, share), loc)
            deviation = torch.where(there, torch.maximum(own.deviation, _NARROWEST * scale), scale)
            log_scale = torch.lerp(scale.log(), deviation.log(), share)
        loc, factor = recalibration(loc, None if batch.effects is None else batch.effects.phases)
        return LocationScale(forecast.kind, loc, log_scale + factor, forecast.df, forecast.wider)

    def share_of(self, own: OwnForecast) -> Tensor:
        """Return the share of their forecasts, (batch, 1, 1)."""
        return self.share.to(own.mean)[own.history][:, None, None]


class _Made(NamedTuple):
    """Forecasts of windows, and the numbers of values that they are made from, (window,)."""

    ahead: Ahead
    n_read: Rows

    def at(self, places: Rows) -> "_Made":
        """Return those of some windows."""
        return _Made(Ahead(self.ahead.mean[places], self.ahead.deviation[places]), self.n_read[places])


@dataclass(frozen=True, eq=False, slots=True)
class OwnForecasts:
    """Forecasts of windows of independent series by structural models.

    Attributes:
        averaged: the models.
        source: the series.
        horizon: steps ahead.
        kept: forecasts that are made already, by the origins of their windows, which increase.
    """

    averaged: Averaged
    source: SeriesRows
    horizon: int
    kept: tuple[Rows, _Made] | None = None

    def keep(self, origins: Rows, segments: Rows) -> "OwnForecasts":
        """Return these, with the forecasts of windows made: each series is read once, however they are cut later."""
        return replace(self, kept=(origins, self._made(origins, segments)))

    def of(self, origins: Rows, segments: Rows, scale: Scale) -> OwnForecast:
        """Return the forecasts of windows, (batch, horizon, 1), in units of their scale.

        They are NaN in windows without a scale, and after very few values.
        """
        if self.kept is None:
            made = self._made(origins, segments)
        else:
            made = self.kept[1].at(np.searchsorted(self.kept[0], origins))
        mean, deviation = (each.astype(np.float32) for each in made.ahead)
        if scale.powers is not None:
            high, low = (scale.mapped(mean + side * deviation) for side in (1, -1))
            mean, deviation = scale.mapped(mean), 0.5 * (high - low)
        mean, deviation = (mean - scale.center) / scale.spread, deviation / scale.spread
        steps = max(self.averaged.season, _LEAST_SEASON)
        history = np.searchsorted(steps * np.array(HISTORIES), made.n_read, side="right")
        scaled = [torch.from_numpy(each[:, :, None].astype(np.float32)) for each in (mean, deviation)]
        return OwnForecast(scaled[0], scaled[1], torch.from_numpy(history))

    def _made(self, origins: Rows, segments: Rows) -> _Made:
        series, place = np.unique(segments, return_inverse=True)
        starts, values = histories(self.source, series, origins)
        ends = origins - starts[place]
        ahead = self.averaged.forecast(values, place, ends, self.horizon)
        count = np.cumsum(~np.isnan(values), axis=1)[place, ends - 1]
        return _Made(Ahead(*(np.where(count[:, None] < _FEWEST, np.nan, each) for each in ahead)), count)


def histories(source: SeriesRows, series: Rows, ends: Rows) -> tuple[Rows, Doubles]:
    """Return the first row of series with a value, (series,), and the values from there on, (series, time), NaN after.

    Args:
        source: independent series.
        series: (series,) their numbers; each has a value before the largest end.
        ends: rows of which the largest in each series is the one after the last to read.
    """
    blocks, values = source.blocks, source.values[:, 0]
    last = np.zeros(len(blocks.start), dtype=np.int64)
    np.maximum.at(last, blocks.series_of(ends), ends)
    pasts = [values[blocks.start[number] : last[number]] for number in series]
    first = np.array([(~np.isnan(past)).argmax() for past in pasts])
    found = np.full((len(pasts), max(len(past) - skip for past, skip in zip(pasts, first, strict=True))), np.nan)
    for row, past, skip in zip(found, pasts, first, strict=True):
        row[: len(past) - skip] = past[skip:]
    return blocks.start[series] + first, found

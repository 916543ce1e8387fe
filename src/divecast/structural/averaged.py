"""Structural models averaged by how likely they make the past of a series, and how common they are among all series.

The weight of a model in a series is its prior weight times the density that it gave to the values so far (Bayesian
model averaging: Hoeting et al. 1999). The prior weights are those of all series, which an EM algorithm finds (empirical
Bayes): so a short series is forecast as the others are, and a long one as its own past says.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.structural.filtering import Moment, filtered
from divecast.structural.gains import Gains
from divecast.structural.models import MODELS

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

_SERIES_AT_ONCE = 128  # their states fit into a cache
_PASSES = 50
_AS_MANY = 20.0  # series of equal weights for all models, which count beside those given
_LEAST = 1e-3  # a model with less weight among all series is dropped
_MOST_BEYOND = 2.0  # a forecast of logarithms is at most so far beyond those of the past
_WIDEST = 1.0  # variance of logarithms


class Ahead(NamedTuple):
    """Forecasts: mean and standard deviation, (window, horizon)."""

    mean: Doubles
    deviation: Doubles


@dataclass(frozen=True, eq=False, slots=True)
class Averaged:
    """The models that are averaged.

    Attributes:
        season: steps per season; 1 for none.
        weight: (model,) prior weight of each of ``MODELS``, at least 0; the sum is 1.
    """

    season: int
    weight: Doubles

    @classmethod
    def alike(cls, season: int) -> "Averaged":
        """Return all models with equal weights; without a season, those without one."""
        fitting = np.array([season > 1 or not model.seasonal for model in MODELS], dtype=np.float64)
        return cls(season, fitting / fitting.sum())

    def fitted(self, values: Doubles) -> "Averaged":
        """Return the average with the weights that make series most likely.

        Args:
            values: (series, time) as ``forecast`` takes them.
        """
        numbers = np.arange(len(values))
        ends = values.shape[1] - (~np.isnan(values))[:, ::-1].argmax(axis=1)
        chosen = np.flatnonzero(self.weight)
        evidence = np.full((len(chosen), len(values)), -np.inf)
        for models, windows, moment in self._moments(values, numbers, ends, 1):
            evidence[np.searchsorted(chosen, models)[:, None], windows] = moment.evidence
        density = np.exp(evidence - evidence.max(axis=0))
        prior = self.weight[chosen]
        for _ in range(_PASSES):
            own = density * prior[:, None]
            own /= own.sum(axis=0)
            prior = (own.sum(axis=1) + _AS_MANY * self.weight[chosen]) / (len(values) + _AS_MANY)
        weight = np.zeros(len(MODELS))
        plain = np.where([MODELS[number].of_logs for number in chosen], -1.0, prior)  # one reads any values
        weight[chosen] = np.where((prior >= _LEAST) | (np.arange(len(chosen)) == plain.argmax()), prior, 0.0)
        return Averaged(self.season, weight / weight.sum())

    def forecast(self, values: Doubles, series: Ints, ends: Ints, horizon: int) -> Ahead:
        """Forecast windows.

        Args:
            values: (series, time) from the first value of each, NaN where missing and after the last one.
            series: (window,) series of each window.
            ends: (window,) number of rows before its first target, at least 1.
            horizon: steps ahead.
        """
        mean, square = np.zeros((2, len(series), horizon))
        total, best = np.zeros(len(series)), np.full(len(series), -np.inf)
        for models, windows, moment in self._moments(values, series, ends, horizon):
            evidence = moment.evidence + np.log(self.weight[models])[:, None]
            most = np.maximum(best[windows], evidence.max(axis=0))
            kept = np.exp(best[windows] - most)
            weight = np.exp(evidence - most)
            mean[windows] = mean[windows] * kept[:, None] + np.einsum("mw,mwh->wh", weight, moment.mean)
            power = np.square(moment.mean) + moment.variance
            square[windows] = square[windows] * kept[:, None] + np.einsum("mw,mwh->wh", weight, power)
            total[windows] = total[windows] * kept + weight.sum(axis=0)
            best[windows] = most
        mean, square = mean / total[:, None], square / total[:, None]
        return Ahead(mean, np.sqrt(np.maximum(square - np.square(mean), 0.0)))

    def _moments(self, values: Doubles, series: Ints, ends: Ints, horizon: int) -> Iterator[tuple[Ints, Ints, Moment]]:
        """Yield numbers of models, numbers of windows, and what the models say of these in the units of the values."""
        last = np.zeros(len(values), dtype=np.int64)
        np.maximum.at(last, series, ends)
        order, place = np.argsort(last, kind="stable"), np.empty(len(values), dtype=np.int64)
        place[order] = np.arange(len(values))
        at = place[series]
        for reader, numbers in ((filtered, _numbers(self.weight, False)), (_of_logs, _numbers(self.weight, True))):
            if not len(numbers):
                continue
            gains = Gains.of([MODELS[number] for number in numbers], self.season, int(last.max()))
            for first in range(0, len(values), _SERIES_AT_ONCE):
                inside = np.flatnonzero((at >= first) & (at < first + _SERIES_AT_ONCE))
                if len(inside):
                    some = values[order[first : first + _SERIES_AT_ONCE], : int(ends[inside].max())]
                    for moment in reader(some, at[inside] - first, ends[inside], gains, horizon):
                        yield numbers, inside[moment.windows], moment


def _numbers(weight: Doubles, of_logs: bool) -> Ints:
    return np.array([number for number in np.flatnonzero(weight) if MODELS[number].of_logs == of_logs], dtype=np.int64)


def _of_logs(values: Doubles, series: Ints, ends: Ints, gains: Gains, horizon: int) -> Iterator[Moment]:
    """Yield what models of the logarithms say, in the units of the values; none of it counts after a value below 0."""
    known = ~np.isnan(values)
    below = np.logical_or.accumulate(known & (values <= 0.0), axis=1)
    logs = np.log(np.where(known & (values <= 0.0), 1.0, values))
    sums = np.cumsum(np.where(known, logs, 0.0), axis=1) - logs[:, :1]
    least = np.fmin.accumulate(logs, axis=1) - _MOST_BEYOND
    most = np.fmax.accumulate(logs, axis=1) + _MOST_BEYOND
    for moment in filtered(logs, series, ends, gains, horizon):
        at = series[moment.windows], ends[moment.windows] - 1
        mean = np.exp(np.clip(moment.mean, least[at][:, None], most[at][:, None]))
        variance = np.square(mean) * np.expm1(np.minimum(moment.variance, _WIDEST))
        evidence = np.where(below[at], -np.inf, moment.evidence - sums[at])
        yield Moment(moment.windows, mean, variance, evidence)

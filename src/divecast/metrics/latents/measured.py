"""Estimates with their intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from divecast._optional import need
from divecast.metrics.latents.units import Floats


class Estimate(NamedTuple):
    """A value and the ends of its interval; NaN where undefined.

    Attributes:
        value: the estimate.
        low: lower end of its interval.
        high: upper end.

    Example:
        >>> Estimate(0.5, 0.4, 0.6).value
        0.5
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """One measure of a code.

    Attributes:
        overall: the measure of the whole code.
        parts: the measure of each factor or unit, by name.

    Example:
        >>> Measured(Estimate(0.5, 0.4, 0.6), {}).value
        0.5
    """

    overall: Estimate
    parts: dict[str, Estimate]

    @property
    def value(self) -> float:
        """Value of the measure of the whole code."""
        return self.overall.value


def bootstrapped(names: Sequence[str], draws: Floats, level: float) -> Measured:
    """Return a measure that is the mean of its parts, with percentile intervals.

    Args:
        names: names of the parts.
        draws: (draw, part); the first row is the estimate from the data, the others are resamples.
        level: level of the intervals.
    """
    means = draws.mean(axis=1) if draws.shape[1] else np.full(len(draws), np.nan)
    parts = {name: percentile(column, level) for name, column in zip(names, draws.T, strict=True)}
    return Measured(percentile(means, level), parts)


def percentile(draws: Floats, level: float) -> Estimate:
    """Return the first of ``draws`` with the percentile interval of the others; undefined ones are left out."""
    others = draws[1:][np.isfinite(draws[1:])]
    tail = 0.5 - level / 2
    low, high = np.quantile(others, [tail, 1 - tail]) if len(others) and np.isfinite(draws[0]) else (np.nan, np.nan)
    return Estimate(float(draws[0]), float(low), float(high))


def jackknifed(value: float, replicates: Floats, level: float) -> Estimate:
    """Return a measure in [0, 1] with an interval from replicates that each leave one fold out.

    The grouped jackknife (Efron and Tibshirani 1993, ch. 11): with g folds, variance (g - 1)/g times the sum of squares
    about the mean, and a t interval with g - 1 degrees of freedom.
    """
    n_folds = len(replicates)
    deviation = np.sqrt((n_folds - 1) / n_folds * ((replicates - replicates.mean()) ** 2).sum())
    reach = float(need("scipy.stats").t.ppf(0.5 + level / 2, n_folds - 1) * deviation)
    return Estimate(value, max(value - reach, 0.0), min(value + reach, 1.0))

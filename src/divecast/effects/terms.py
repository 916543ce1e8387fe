"""Terms: features of rows from one known column each.

A term that describes a label or a covariate is 0 where that is missing: its features are deviations from what is
expected, so that a missing value has the effect that is expected without it.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.labels.vocabulary import LabelIndices
from divecast.data.source import Values
from divecast.effects.facts import ALL, Channels, Facts, Rows, at_rows

Known = NDArray[np.bool_]

BEYOND = 1.0
"""Standard deviations beyond the training values in which the function of a covariate goes on (our choice)."""

NEVER = 1e30
"""Spread of a covariate in a series where it does not vary, or is not known, so that it has no effect there."""

ABSURD = 5.0
"""Times the training range on either side beyond which a value of a covariate counts as missing (our choice)."""


@dataclass(frozen=True, slots=True)
class DayPart:
    """Indicators of parts of the local day of equal length.

    Attributes:
        n_parts: number of parts, a divisor of 24.
    """

    n_parts: int

    @property
    def width(self) -> int:
        """Number of features."""
        return self.n_parts

    def features(self, facts: Facts, rows: Rows) -> Values:
        """Return (row, part) float32."""
        return one_hot(facts.hour[rows] * self.n_parts // 24, self.n_parts)


@dataclass(frozen=True, slots=True)
class Season:
    """Sines and cosines of the year.

    Attributes:
        n_pairs: number of pairs; the i-th has i periods per year.
    """

    n_pairs: int

    @property
    def width(self) -> int:
        """Number of features."""
        return 2 * self.n_pairs

    def features(self, facts: Facts, rows: Rows) -> Values:
        """Return (row, 2 x pair) float32."""
        return self.of_years(facts.year[rows])

    def of_years(self, years: NDArray[np.float32]) -> Values:
        """Return the features at shares of the year that have passed, (row, 2 x pair) float32."""
        angle = 2.0 * np.pi * years[:, None] * np.arange(1, self.n_pairs + 1, dtype=np.float32)
        return np.concatenate([np.sin(angle), np.cos(angle)], axis=1)


@dataclass(frozen=True, slots=True)
class Classes:
    """Indicators of the classes of a factor, minus the frequencies of the classes.

    Attributes:
        factor: number of the factor.
        frequencies: of its classes in the training part.
        shift: rows from the row to that whose class is meant; above 0 for a later one.
    """

    factor: int
    frequencies: tuple[float, ...]
    shift: int = 0

    @property
    def is_plain(self) -> bool:
        """Whether it describes the row itself."""
        return self.shift == 0

    @property
    def rows_before(self) -> int:
        """Number of earlier rows that are read."""
        return max(0, -self.shift)

    @property
    def width(self) -> int:
        """Number of features."""
        return len(self.frequencies)

    def features(self, facts: Facts, rows: Rows) -> Values:
        """Return (row, class) or (row, channel, class) float32."""
        classes = self._classes(facts, rows)
        centred = one_hot(np.maximum(classes, 0), self.width) - np.array(self.frequencies, dtype=np.float32)
        centred[classes < 0] = 0.0
        return centred

    def known(self, facts: Facts, rows: Rows) -> Known:
        """Return whether the class is known, (row,) or (row, channel)."""
        known: Known = self._classes(facts, rows) >= 0
        return known

    def _classes(self, facts: Facts, rows: Rows) -> LabelIndices:
        """Return class indices, -1 where unknown.

        Another row tells nothing of one whose own class is unknown: where labels are scattered, the effects of the row
        itself, the one before and the one after would each be the whole, and their sum three times as much.
        """
        classes = facts.classes_at(self.factor, rows + self.shift)
        return classes if self.is_plain else np.where(facts.classes_at(self.factor, rows) < 0, -1, classes)


@dataclass(frozen=True, slots=True)
class Number:
    """A piecewise linear function of a covariate: its value in units of its spread, and that above some knots.

    One that differs by series counts from the mean of each series, in units of its spread there: series may differ in
    their level by far more than any of them varies, as prices of articles do.

    Attributes:
        covariate: number of the covariate.
        centre: its mean in the training part; of each series if it differs by series.
        spread: its standard deviation there, likewise; ``NEVER`` in series where it does not vary.
        knots: in units of the spread from the centre, increasing.
        lowest: lowest value that is told apart, in the same units; lower ones count as it.
        highest: highest one.
        means: means of the features in the training part, which are subtracted.
        trailing: number of rows over whose mean the function goes, up to the row; 1 for the value itself.
    """

    covariate: int
    centre: float | tuple[float, ...]
    spread: float | tuple[float, ...]
    knots: tuple[float, ...]
    lowest: float
    highest: float
    means: tuple[float, ...]
    trailing: int = 1

    @property
    def is_plain(self) -> bool:
        """Whether it describes the row itself."""
        return self.trailing == 1

    @property
    def rows_before(self) -> int:
        """Number of earlier rows that are read."""
        return self.trailing - 1

    @property
    def width(self) -> int:
        """Number of features."""
        return 1 + len(self.knots)

    def counted(self, values: Values, units: Channels = ALL) -> Values:
        """Return what values of the covariate, (...) or (..., channel), count as: those too far off are the nearest.

        Where the covariate never varied, all count as its only value.
        """
        centre, spread = self.scale(units)
        reach = np.where(spread < NEVER, spread, np.float32(0.0))
        low, high = (centre + np.float32(end) * reach for end in (self.lowest, self.highest))
        return np.clip(values, low, high)

    def differ(self, one: Values, other: Values, units: Channels = ALL) -> NDArray[np.bool_]:
        """Return whether values differ by more than rounding, False where one is missing."""
        centre, spread = self.scale(units)
        different: NDArray[np.bool_] = np.abs(one - other) > 1e-5 * np.where(spread < NEVER, spread, np.abs(centre))
        return different

    def scale(self, units: Channels = ALL) -> tuple[Values, Values]:
        """Return centre and spread, () or (unit,) float32; ``units`` are numbers of series, as ``Facts.units_at``."""
        centre, spread = (np.asarray(each, dtype=np.float32) for each in (self.centre, self.spread))
        return (centre[units], spread[units]) if centre.ndim else (centre, spread)

    def features(self, facts: Facts, rows: Rows) -> Values:
        """Return (row, feature) or (row, channel, feature) float32."""
        features = self.of_values(self.values(facts, rows), facts.units_at(rows))
        centred = features - np.array(self.means, dtype=np.float32)
        return np.nan_to_num(centred, copy=False)

    def of_values(self, values: Values, units: Channels = ALL) -> Values:
        """Return the features of values of the covariate, before their means are subtracted: (..., feature).

        Args:
            values: (...), or (..., channel) if it differs by series.
            units: whose units they are given in, as in ``scale``.
        """
        centre, spread = self.scale(units)
        at = np.clip((values - centre) / spread, self.lowest, self.highest)[..., None]
        above = np.maximum(at - np.array(self.knots, dtype=np.float32), 0.0)
        return np.concatenate([at, above], axis=-1).astype(np.float32, copy=False)

    def values(self, facts: Facts, rows: Rows) -> Values:
        """Return the values, or their means over the trailing rows; NaN where the row's own is missing or absurd."""
        if self.trailing == 1:
            return self.sound(facts.number_at(self.covariate, rows), facts.units_at(rows))
        column = facts.numbers[self.covariate]
        units = ALL if facts.series is None else facts.series[: len(column)]
        return at_rows(trailing_mean(self.sound(column, units), self.trailing), rows, np.nan)

    def known(self, facts: Facts, rows: Rows) -> Known:
        """Return whether the value is known, (row,) or (row, channel)."""
        return ~np.isnan(self.sound(facts.number_at(self.covariate, rows), facts.units_at(rows)))

    def sound(self, values: Values, units: Channels = ALL) -> Values:
        """Return values with NaN in place of those that are absurd, beyond ``ABSURD`` times the training range."""
        centre, spread = self.scale(units)
        reach = np.float32(ABSURD * (self.highest - self.lowest)) * spread
        absurd = (values < centre + np.float32(self.lowest) * spread - reach) | (
            values > centre + np.float32(self.highest) * spread + reach
        )
        return np.where(absurd, np.float32(np.nan), values) if absurd.any() else values


Term = DayPart | Season | Classes | Number


def trailing_mean(column: Values, n: int) -> Values:
    """Return the mean of the known ones of the last ``n`` values, (row, ...); NaN where the row's own is missing."""
    missing = np.isnan(column)
    sums, counts = (np.cumsum(each, axis=0) for each in (np.where(missing, 0.0, column).astype(np.float64), ~missing))
    for each in (sums, counts):
        each[n:] -= each[:-n].copy()
    means: Values = np.asarray(np.where(missing, np.nan, sums / np.maximum(counts, 1)), dtype=np.float32)
    return means


def one_hot(indices: NDArray[np.integer[Any]], n: int) -> Values:
    """Return indicators, (..., n) float32, of indices from 0 to n - 1."""
    indicators: Values = np.eye(n, dtype=np.float32)[indices]
    return indicators

"""Differences of two conditions over people or other units, with intervals that hold for all quantities together."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np
from numpy.typing import NDArray

from divecast.errors import DataError

Floats = NDArray[np.float64]

FEWEST_PAIRS = 3
"""Units of both conditions from which on they are compared as pairs."""

_MOST, _SEED, _AT_ONCE = 4096, 0, 512
_EQUAL = 1e-9  # relative difference of statistics that rounding makes


@dataclass(frozen=True, eq=False, slots=True)
class Differences:
    """Mean differences of two conditions.

    Attributes:
        paired: whether the same units were in both conditions.
        n_units: number of units in the first condition and in the second.
        means: (condition, quantity) means over the units.
        difference: (quantity,) second minus first.
        low: (quantity,) lower ends of the intervals; NaN where there are too few units for the level.
        high: (quantity,) upper ends.
        p: (quantity,) adjusted for all quantities.
    """

    paired: bool
    n_units: tuple[int, int]
    means: Floats
    difference: Floats
    low: Floats
    high: Floats
    p: Floats


def differences(one: Floats, two: Floats, level: float = 0.95) -> Differences:
    """Compare two conditions over units such as people, each of which counts once.

    If enough units were in both conditions, their own differences are compared, and units of one condition alone do not
    count; else the means of two groups (Welch). The largest absolute t statistic of all quantities is compared with
    those of rearranged data, in which units change their sign, or their group (Westfall and Young 1993; Nichols and
    Holmes 2002): all arrangements, or 4,096 of them. So the intervals hold together: with the probability of the level
    all of them contain their true difference. The quantities may depend on each other in any way, and need not be
    normal; signs need a distribution of differences that is symmetric.

    Args:
        one: (unit, quantity) of the first condition, NaN in all quantities of a unit that was not in it.
        two: (unit, quantity) of the second condition, the same units.
        level: probability of the intervals.

    Raises:
        DataError: fewer than two units were in a condition, or fewer than three in both together.

    Example:
        >>> before = np.random.default_rng(0).normal(size=(12, 3))
        >>> found = differences(before, before + [0.0, 0.0, 2.0] + np.random.default_rng(1).normal(size=(12, 3)))
        >>> found.paired, (found.low > 0.0).tolist()
        (True, [False, False, True])
    """
    in_one, in_two = ~np.isnan(one).any(axis=1), ~np.isnan(two).any(axis=1)
    both = in_one & in_two
    if both.sum() >= FEWEST_PAIRS:
        first, second = one[both], two[both]
        changes = second - first
        statistics = np.concatenate([*_of_signs(changes)])
        error = changes.std(axis=0, ddof=1) / np.sqrt(len(changes))
    else:
        first, second = one[in_one], two[in_two & ~both]
        if min(len(first), len(second)) < 2:
            raise DataError(
                f"Too few units to compare: {int(in_one.sum())} in one condition, {int(in_two.sum())} in the other, "
                f"{int(both.sum())} in both",
                expected=f"{FEWEST_PAIRS} in both, or 2 in each that are not in the other",
            )
        statistics = np.concatenate([*_of_groups(np.concatenate([first, second]), len(first))])
        error = _welch_error(first, second)
    difference = second.mean(axis=0) - first.mean(axis=0)
    largest = statistics.max(axis=1)
    width = _critical(largest, 1.0 - level) * error
    return Differences(
        paired=bool(both.sum() >= FEWEST_PAIRS),
        n_units=(len(first), len(second)),
        means=np.stack([first.mean(axis=0), second.mean(axis=0)]),
        difference=difference,
        low=difference - width,
        high=difference + width,
        p=_share_at_least(largest, statistics[0]),
    )


def _of_signs(changes: Floats) -> Iterator[Floats]:
    """Yield absolute t statistics, (arrangement, quantity), with the signs of units turned; with none turned first."""
    n = len(changes)
    if 2 ** (n - 1) <= _MOST:  # an arrangement and its mirror image have the same statistics
        bits = np.arange(2 ** (n - 1))[:, None] >> np.arange(n) & 1
    else:
        bits = np.random.default_rng(_SEED).integers(0, 2, (_MOST, n))
        bits[0] = 0
    squares = np.square(changes).sum(axis=0)
    for first in range(0, len(bits), _AT_ONCE):
        mean = (1.0 - 2.0 * bits[first : first + _AT_ONCE]) @ changes / n
        error = np.sqrt(np.maximum(squares - n * np.square(mean), 0.0) / (n - 1) / n)
        yield _ratio(mean, error)


def _of_groups(values: Floats, n_first: int) -> Iterator[Floats]:
    """Yield absolute t statistics, (1, quantity), of units divided into two groups in other ways; as they are first."""
    n = len(values)
    if comb(n, n_first) <= _MOST:
        chosen = [*combinations(range(n), n_first)]  # begins with the first units
    else:
        rng = np.random.default_rng(_SEED)
        drawn = [rng.permutation(n)[:n_first] for _ in range(_MOST - 1)]
        chosen = [tuple(map(int, each)) for each in (range(n_first), *drawn)]
    for each in chosen:
        of_first = np.zeros(n, dtype=bool)
        of_first[[*each]] = True
        one, two = values[of_first], values[~of_first]
        yield _ratio(two.mean(axis=0) - one.mean(axis=0), _welch_error(one, two))[None]


def _welch_error(one: Floats, two: Floats) -> Floats:
    error: Floats = np.sqrt(one.var(axis=0, ddof=1) / len(one) + two.var(axis=0, ddof=1) / len(two))
    return error


def _ratio(mean: Floats, error: Floats) -> Floats:
    """Return |mean| / error, 0 where both are 0."""
    size = np.abs(mean)
    ratio: Floats = np.where(size > 0.0, size / np.maximum(error, _EQUAL * np.maximum(size, 1e-300)), 0.0)
    return ratio


def _share_at_least(largest: Floats, statistics: Floats) -> Floats:
    """Return the share of arrangements whose largest statistic reaches each of some, (statistic,)."""
    ordered = np.sort(largest)
    share: Floats = 1.0 - np.searchsorted(ordered, statistics * (1.0 - _EQUAL)) / len(ordered)
    return share


def _critical(largest: Floats, share: float) -> float:
    """Return the largest statistic that more than this share of arrangements reaches; NaN if that is the largest."""
    common = largest[_share_at_least(largest, largest) > share + _EQUAL].max()
    return float(common) if common < largest.max() * (1.0 - _EQUAL) else float("nan")

"""Shuffled labellings: as many labels of each class, as clustered in time, but at other places."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.data import Clock

Classes = NDArray[np.int64]

_ENOUGH = 19  # labellings that differ: the least p is then 1 in 20


@dataclass(frozen=True, eq=False, slots=True)
class AgainstShuffled:
    """A measure of a labelling next to the same measure of shuffled labellings.

    Attributes:
        value: of the labelling.
        shuffled_mean: mean of the shuffled ones.
        shuffled_highest: highest of them.
        n_shuffles: their number.
        p: share of labellings, this one included, whose value is at least as high (a permutation test).

    Example:
        >>> AgainstShuffled.of(lambda classes: float(classes[0]), np.array([2]), [np.array([n]) for n in range(4)]).p
        0.6
    """

    value: float
    shuffled_mean: float
    shuffled_highest: float
    n_shuffles: int
    p: float

    @classmethod
    def of(cls, measure: Callable[[Classes], float], classes: Classes, shuffles: list[Classes]) -> "AgainstShuffled":
        """Measure a labelling and its shuffles; a value that is not defined counts as the lowest.

        Example:
            >>> AgainstShuffled.of(lambda classes: 1.0, np.array([2]), [np.array([1])]).n_shuffles
            1
        """
        value = measure(classes)
        others = np.array([measure(each) for each in shuffles])
        n_higher = int((others >= value).sum()) if np.isfinite(value) else len(others)
        known = others[np.isfinite(others)]
        mean, highest = (float(known.mean()), float(known.max())) if len(known) else (np.nan, np.nan)
        return cls(value, mean, highest, len(others), (1 + n_higher) / (1 + len(others)))


def moved_in_time(
    classes: Classes, held_out: slice, clock: Clock, n: int, seed: int
) -> tuple[list[Classes], slice, str]:
    """Return labellings that are moved in time within the rows held out, by whole weeks, or by days if these are few.

    So they keep the hours and weekdays, and how labels cluster. Rows are used as far as they are whole weeks.

    Args:
        classes: (row,) class of each row, -1 where unknown.
        held_out: the rows held out.
        clock: of the rows.
        n: largest number of labellings.
        seed: of the draw, where there are more.

    Returns:
        The labellings, (row,) each, the rows that they and the labelling are compared on, and how they were moved.
    """
    length = held_out.stop - held_out.start
    periods = [("week", clock.steps_per("week")), ("day", clock.steps_per("day"))]
    named = [(name, rows) for name, rows in periods if rows is not None and rows > 1 and length // rows > _ENOUGH]
    name, step = named[0] if named else ("row", 1)
    n_steps = length // step
    first = held_out.stop - n_steps * step
    shifts = np.random.default_rng(seed).permutation(np.arange(1, n_steps))[:n]
    shuffles = []
    for shift in np.sort(shifts):
        moved = np.full_like(classes, -1)
        moved[first : held_out.stop] = np.roll(classes[first : held_out.stop], shift * step)
        shuffles.append(moved)
    return shuffles, slice(first, held_out.stop), f"moved in time by whole {name}s"


def exchanged(classes: Classes, strata: Classes, n: int, seed: int) -> list[Classes]:
    """Return labellings of units that are exchanged within strata, such as recordings within people.

    Args:
        classes: (unit,) class of each unit, -1 where unknown.
        strata: (unit,) stratum of each unit.
        n: number of labellings.
        seed: of the draw.
    """
    draw, known = np.random.default_rng(seed), np.flatnonzero(classes >= 0)
    shuffles = []
    for _ in range(n):
        mixed = classes.copy()
        for stratum in np.unique(strata[known]):
            units = known[strata[known] == stratum]
            mixed[units] = classes[draw.permutation(units)]
        shuffles.append(mixed)
    return shuffles

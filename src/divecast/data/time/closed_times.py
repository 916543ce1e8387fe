"""Whether the gaps of time stamps recur with the week: times that are closed, and not missing.

A time of the week is closed if nothing was ever measured then although there were occasions. Whole gaps of more than a
week are no occasions, since an outage says nothing of opening times. Three questions are asked one after another: at
which times of day is there anything on any day, on which weekdays, and at which of these times on which of these days.
Each needs two occasions, and must not be explained by rows that are missing at random: that all of n occasions are
missing by chance has probability p^n, where p is the share of occasions that are missing where there is anything. One
occasion is enough for a weekend, if nothing else is missing.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.time.open_slots import DAY, WEEK, OpenSlots, runs_of, second_of_week
from divecast.data.time.stamps import Stamps

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_FEWEST = 2  # occasions
_WEEKENDS = ([5, 6], [6], [4, 5])
_CHANCE = 0.05  # expected number of times that are taken as closed although they are only missing (our choice)
_STRAY = 0.1  # share of occasions below which a time is no opening time, where there were twelve (our choice)
_OCCASIONS_OF_STRAYS = 12
_REGULAR = 0.5  # share of rows that stamps without a common step need to be those of opening times


def find_slots(wall: Stamps) -> OpenSlots | None:
    """Find the opening times of a table.

    Args:
        wall: (stamp,) different local times in order, datetime64[s].

    Returns:
        The opening times, with single rows outside them as ``extra``; None if no time of the week is closed, or if the
        stamps are of another kind.
    """
    seconds = wall.astype(np.int64)
    steps = seconds[1:] - seconds[:-1]
    if len(steps) < _FEWEST or steps.min() <= 0:
        return None  # an hour that occurs twice has no place in the week
    step, is_regular = step_of(steps)
    if DAY % step:
        return None
    seen = _Seen.of(wall, step)
    open_slots = _open(seen)
    if open_slots.all() or not open_slots.any():
        return None
    is_open = open_slots[seen.slot]
    if not is_regular and (~is_open).any():
        return None  # single stamps off the grid are errors
    counts, passes = seen.counts[open_slots], seen.passes[open_slots]
    if not is_regular and (counts.sum() < _REGULAR * passes.sum() or counts.min() < _FEWEST):
        return None
    of_week = np.flatnonzero(open_slots) * step + seen.phase
    extra = tuple(np.datetime_as_string(wall[~is_open]).tolist())
    return OpenSlots(step, runs_of(of_week, step), extra=extra)


def step_of(steps: Ints) -> tuple[int, bool]:
    """The most frequent of the steps between stamps if it divides all of them, else their greatest common divisor.

    Args:
        steps: (step,) seconds.

    Returns:
        The step, and whether it is the most frequent one.
    """
    values, counts = np.unique(steps, return_counts=True)
    frequent = int(values[np.argmax(counts)])
    if not np.any(values % frequent):
        return frequent, True
    return int(np.gcd.reduce(values)), False


class _Seen(NamedTuple):
    """How often each time of the week was seen.

    Attributes:
        slot: (stamp,) number of its time of the week, from the first one of Monday.
        phase: seconds of the first one after midnight.
        passes: (slot,) occasions: how often the time lay within the table, apart from gaps of more than a week.
        counts: (slot,) stamps.
        day: (stamp,) number of its day.
        days: (weekday,) occasions of each weekday.
    """

    slot: Ints
    phase: int
    passes: Ints
    counts: Ints
    day: Ints
    days: Ints

    @classmethod
    def of(cls, wall: Stamps, step: int) -> "_Seen":
        """Count stamps."""
        seconds = wall.astype(np.int64)
        phase, n = int(seconds[0] % step), WEEK // step
        slot = second_of_week(wall) // step
        cuts = np.flatnonzero(np.diff(seconds) > WEEK)
        firsts, lasts = np.append(0, cuts + 1), np.append(cuts, len(seconds) - 1)
        day = seconds // DAY
        passes = _occasions(slot[firsts], (seconds[lasts] - seconds[firsts]) // step + 1, n)
        weekday = second_of_week(wall) // DAY
        days = _occasions(weekday[firsts], day[lasts] - day[firsts] + 1, 7)
        return cls(slot, phase, passes, np.bincount(slot, minlength=n), day, days)


def _occasions(firsts: Ints, lengths: Ints, n: int) -> Ints:
    """(place,) how often each of n places in a circle lies in ranges of places, given first place and length."""
    whole, rest = np.divmod(lengths, n)
    marks = np.zeros(2 * n + 1, dtype=np.int64)
    np.add.at(marks, firsts, 1)
    np.add.at(marks, firsts + rest, -1)
    counts = np.cumsum(marks)
    circle: Ints = counts[:n] + counts[n : 2 * n] + whole.sum()
    return circle


def _open(seen: _Seen) -> Mask:
    """(slot,) whether each time of the week is open."""
    table = seen.counts.reshape(7, -1)  # (weekday, time of day)
    days = np.bincount(np.unique(seen.day) % 7, minlength=7)  # any stamp
    days = np.roll(days, 3)  # day 0 was a Thursday
    occasions = np.minimum(days[:, None], seen.passes.reshape(7, -1))  # a day without any stamp says nothing of times
    times = ~_closed(table.sum(0), occasions.sum(0))
    worked = np.where(table[:, times].any(1), days, 0)
    weekdays = ~(_closed(worked, seen.days) | _weekend(worked, seen.days))
    is_open = weekdays[:, None] & times
    is_open[is_open] = ~_closed(table[is_open], occasions[is_open])
    return is_open.ravel()


def _weekend(worked: Ints, occasions: Ints) -> Mask:
    """(weekday,) whether these are the days of a weekend, and all others were worked on each of two occasions."""
    free: Mask = (worked == 0) & (occasions > 0)
    rest = ~free
    whole = bool((worked[rest] == occasions[rest]).all() and (occasions[rest] >= _FEWEST).all())
    return free & (whole and np.flatnonzero(free).tolist() in _WEEKENDS)


def _closed(counts: Ints, occasions: Ints) -> Mask:
    """Whether each of some times is closed, by how often it was seen on so many occasions."""
    full = np.maximum(occasions, 1)
    stray = (counts < _STRAY * full) & (occasions >= _OCCASIONS_OF_STRAYS)
    in_use = (counts > 0) & ~stray
    if not in_use.any():
        return np.zeros(len(counts), dtype=np.bool_)
    missing = 1.0 - counts[in_use].sum() / full[in_use].sum()
    candidates = ((counts == 0) | stray) & (occasions >= _FEWEST)
    by_chance = len(counts) * np.maximum(missing, 0.0) ** occasions
    closed: Mask = candidates & (by_chance < _CHANCE)
    return closed

"""The times at which a clock with closed times has rows: they recur with the week, apart from single dates.

A slot is a local time of the week, such as Monday 09:00. Rows are numbered by arithmetic on the numbers of slots, so a
row far ahead costs as little as the next one: weeks times slots of a week, less the slots of closed dates, plus rows at
single times that lie outside the week.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.data.time.stamps import Stamps

DAY = 86400
WEEK = 7 * DAY
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_TO_MONDAY = 3 * DAY  # 1970-01-01 was a Thursday
_MOST_DATES = 100_000  # a damaged file must not allocate memory

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class OpenSlots:
    """Local times that have rows.

    Attributes:
        step: seconds from slot to slot within a run.
        week: runs of slots, each its first second of the week, from Monday 00:00, and its number of slots.
        closed: dates without rows, as ISO text in order.
        extra: further local times with rows, as ISO text in order.

    Example:
        >>> office = OpenSlots(step=3600, week=((8 * 3600, 10), (24 * 3600 + 8 * 3600, 10)))
        >>> str(office), office.per_week
        ('Mon-Tue 08:00-18:00', 20)
    """

    step: int
    week: tuple[tuple[int, int], ...]
    closed: tuple[str, ...] = ()
    extra: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the runs lie in the week, in order and apart (ValueError)."""
        ends = [(first, first + (n - 1) * self.step) for first, n in self.week]
        rising = [second for end in ends for second in end]
        whole = self.step >= 1 and bool(self.week) and all(n >= 1 for _, n in self.week)
        apart = all(a[1] < b[0] for a, b in pairwise(ends))
        if not (whole and apart and rising[0] >= 0 and rising[-1] < WEEK):
            raise ValueError(f"expected runs of slots in a week, in order, got {self.week!r:.80} every {self.step} s")
        for dates in (self.closed, self.extra):
            if len(dates) > _MOST_DATES or list(dates) != sorted(set(dates)):
                raise ValueError(f"expected dates in order, each once, got {dates!r:.80}")
        if any(np.isnat(np.array(dates, "datetime64[s]")).any() for dates in (self.closed, self.extra)):
            raise ValueError("expected dates, got NaT")

    @property
    def per_week(self) -> int:
        """Number of slots in a week."""
        return sum(n for _, n in self.week)

    @property
    def seconds(self) -> Ints:
        """(slot,) seconds of the slots after Monday 00:00, in order."""
        return np.concatenate([first + self.step * np.arange(n, dtype=np.int64) for first, n in self.week])

    @property
    def per_day(self) -> tuple[int, ...]:
        """Number of slots on each of the weekdays that have some, Monday first."""
        counts = np.bincount(self.seconds // DAY)
        return tuple(counts[counts > 0].tolist())

    def numbers(self, wall: Stamps) -> tuple[Ints, NDArray[np.bool_]]:
        """Numbers of local times, counted from an arbitrary zero.

        Args:
            wall: (stamp,) local times, datetime64[s].

        Returns:
            (stamp,) the number of each, or of the open time before it; and whether it is open itself.
        """
        tables = _tables_of(self)
        weekly, exact = tables.weekly(wall)
        before = np.searchsorted(tables.closed, weekly, side="right")
        exact &= (before == 0) | (tables.closed[before - 1] != weekly) if len(tables.closed) else True
        extra = np.searchsorted(tables.extra, wall, side="right")
        if len(tables.extra):
            exact |= (extra > 0) & (tables.extra[extra - 1] == wall)
        return weekly - before + extra, exact

    def walls(self, numbers: Ints) -> Stamps:
        """Local times of numbers as those of ``numbers``: datetime64[s] of the same shape."""
        tables = _tables_of(self)
        before = np.searchsorted(tables.extra_numbers, numbers, side="right")
        regular = numbers - before
        weekly = regular + np.searchsorted(tables.closed - np.arange(len(tables.closed)), regular, side="right")
        week, slot = np.divmod(weekly, len(tables.seconds))
        wall: Stamps = (week * WEEK + tables.seconds[slot] - _TO_MONDAY).astype("datetime64[s]")
        if len(tables.extra):
            is_extra = (before > 0) & (tables.extra_numbers[before - 1] == numbers)
            wall = np.where(is_extra, tables.extra[before - 1], wall)
        return wall

    def __str__(self) -> str:
        """Open days and times: ``Mon-Fri 08:00-18:00, Sat 08:00-13:00``; a clock of days shows no times.

        A time ends with the step of its last row.
        """
        by_day = list(self._by_day())
        if self.step == DAY:
            return _span_of_days([day for day, _ in by_day])
        texts = []
        for hours, days in groupby(by_day, key=lambda each: each[1]):
            shown = " ".join(f"{_time(first)}-{_time(stop)}" for first, stop in hours)
            whole = hours == ((0, DAY),)
            texts.append(_span_of_days([day for day, _ in days]) + ("" if whole else f" {shown}"))
        return ", ".join(texts)

    def _by_day(self) -> Iterator[tuple[int, tuple[tuple[int, int], ...]]]:
        """Yield every open weekday with its open times, seconds of the day."""
        day, second = np.divmod(self.seconds, DAY)
        for weekday in np.unique(day).tolist():
            own = second[day == weekday]
            cuts = np.flatnonzero(np.diff(own) > self.step) + 1
            runs = np.split(own, cuts)
            yield weekday, tuple((int(run[0]), min(int(run[-1]) + self.step, DAY)) for run in runs)


class _Tables(NamedTuple):
    """What numbers of rows are computed from.

    Attributes:
        seconds: (slot,) seconds of the week.
        closed: weekly numbers of closed slots, in order.
        extra: local times outside the week, in order.
        extra_numbers: their numbers.
    """

    seconds: Ints
    closed: Ints
    extra: Stamps
    extra_numbers: Ints

    def weekly(self, wall: Stamps) -> tuple[Ints, NDArray[np.bool_]]:
        """Number of the slot of the week at or before each local time, and whether it is exactly there."""
        week, second = np.divmod(wall.astype(np.int64) + _TO_MONDAY, WEEK)
        slot = np.searchsorted(self.seconds, second, side="right") - 1
        exact = (slot >= 0) & (self.seconds[slot] == second)
        return week * len(self.seconds) + slot, exact


@lru_cache(maxsize=64)
def _tables_of(slots: OpenSlots) -> _Tables:
    bare = _Tables(slots.seconds, np.empty(0, np.int64), np.empty(0, "datetime64[s]"), np.empty(0, np.int64))
    dates = np.array(slots.closed, dtype="datetime64[D]")
    midnight = dates.astype("datetime64[s]").astype(np.int64)
    first, last = (bare.weekly((at - 1).astype("datetime64[s]"))[0] for at in (midnight, midnight + DAY))
    spans = [np.arange(a + 1, b + 1) for a, b in zip(first.tolist(), last.tolist(), strict=True)]
    closed = np.unique(np.concatenate([np.empty(0, np.int64), *spans]))
    extra = np.array(slots.extra, dtype="datetime64[s]")
    weekly = bare.weekly(extra)[0]
    numbers = weekly - np.searchsorted(closed, weekly, side="right") + np.arange(1, len(extra) + 1)
    return _Tables(bare.seconds, closed, extra, numbers)


def second_of_week(wall: Stamps) -> Ints:
    """Seconds of local times after Monday 00:00 of their week."""
    return (wall.astype(np.int64) + _TO_MONDAY) % WEEK


def runs_of(seconds: Ints, step: int) -> tuple[tuple[int, int], ...]:
    """Runs of slots, as in :class:`OpenSlots`, of seconds of the week in order."""
    cuts = np.flatnonzero(np.diff(seconds) != step) + 1
    return tuple((int(run[0]), len(run)) for run in np.split(seconds, cuts))


def _span_of_days(days: list[int]) -> str:
    """Names of weekdays: ``Mon-Fri, Sun``."""
    cuts = np.flatnonzero(np.diff(days) > 1) + 1
    runs = [run.tolist() for run in np.split(np.array(days), cuts)]
    return " ".join(WEEKDAYS[run[0]] + (f"-{WEEKDAYS[run[-1]]}" if len(run) > 1 else "") for run in runs)


def _time(second: int) -> str:
    hours, rest = divmod(second, 3600)
    return f"{hours:02}:{rest // 60:02}" + (f":{rest % 60:02}" if rest % 60 else "")

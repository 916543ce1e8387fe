"""Which of two equal local times came first, where an hour occurs twice at the end of summer time."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Stamps = NDArray[np.datetime64]

_APART = np.timedelta64(12, "h")  # two ends of summer time are months apart


class Undecided(NamedTuple):
    """A row of which it cannot be told whether it is in summer time, since the rows are in no order.

    Attributes:
        row: its number.
    """

    row: int


def in_standard_time(
    wall: Stamps, early: Stamps, late: Stamps, group: NDArray[np.int64] | None
) -> NDArray[np.bool_] | Undecided:
    """Tell which rows are of the second of two equal hours, by the order of the rows around them.

    Rows may go from old to new or from new to old, in each series its own way. Where they go neither way, nothing is
    told of a time that occurs twice.

    Args:
        wall: (row,) local times.
        early: (row,) UTC if it is summer time.
        late: (row,) UTC if it is not; equal to ``early`` where a local time occurs once.
        group: (row,) number of the series of each row, if there are several.

    Returns:
        (row,) True for the second hour; or a row that cannot be told.
    """
    second = np.zeros(len(wall), dtype=bool)
    for rows in _groups(early != late, group):
        double = early[rows] != late[rows]
        direction = _direction(early[rows][~double])
        ordered = rows[::-1] if direction < 0 else rows
        for run in _runs(ordered, early, late):
            falls = np.diff(wall[ordered[run]]) <= np.timedelta64(0, "s")
            if not falls.any():
                continue  # a time occurs once: the first of the two hours, as where one row was lost
            if not direction or falls.sum() > 1 or run[-1] - run[0] != len(run) - 1:
                if _repeats(wall[ordered[run]]):
                    return Undecided(int(ordered[run[0]]))
                continue
            second[ordered[run[int(np.argmax(falls)) + 1 :]]] = True
    return second


def _groups(double: NDArray[np.bool_], group: NDArray[np.int64] | None) -> list[NDArray[np.int64]]:
    """Rows of each series that has a time which occurs twice."""
    if not double.any():
        return []
    if group is None:
        return [np.arange(len(double))]
    order = np.argsort(group, kind="stable")
    parts = np.split(order, np.flatnonzero(np.diff(group[order])) + 1)
    return [rows for rows in parts if double[rows].any()]


def _direction(stamps: Stamps) -> int:
    """1 for rows from old to new, -1 from new to old, 0 for neither."""
    steps = np.diff(stamps).astype(np.int64)
    if np.all(steps >= 0):
        return 1
    return -1 if np.all(steps <= 0) else 0


def _runs(ordered: NDArray[np.int64], early: Stamps, late: Stamps) -> list[NDArray[np.int64]]:
    """Places, in the order of the rows, of the double times of each end of summer time."""
    places = np.flatnonzero(early[ordered] != late[ordered])
    by_time = places[np.argsort(early[ordered[places]], kind="stable")]
    cuts = np.flatnonzero(np.diff(early[ordered[by_time]]) > _APART) + 1
    return [np.sort(run) for run in np.split(by_time, cuts)]


def _repeats(wall: Stamps) -> bool:
    return len(np.unique(wall)) < len(wall)

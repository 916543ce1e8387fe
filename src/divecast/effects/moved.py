"""Effects of rows as they would be if a window were of another class.

The class of a window is that of its last row. A cyclic factor of the calendar moves all rows of the window and of its
future by as many classes, as if the clock had been set: at nine instead of six, the row before was at eight. Month and
season move the time of year. Any other factor moves the rows around the last one that have its class without a break:
a promotion as long as it lasts, a holiday as long as it lasts.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import CALENDAR_CLASSES, WindowShape
from divecast.data.source import Values
from divecast.effects.basis import Group
from divecast.effects.effects import Effects
from divecast.effects.facts import Facts, Rows, is_cyclic
from divecast.effects.terms import Classes, DayPart, Number, Season
from divecast.types import WindowEffects

_WINDOWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False, slots=True)
class Move:
    """Windows, and the classes they change to.

    Attributes:
        origins: (batch,) rows of the first future step.
        current: (batch, factor) class indices of the windows.
        wanted: (batch, factor) class indices to change to; -1 to keep one.
    """

    origins: Rows
    current: NDArray[np.int64]
    wanted: NDArray[np.int64]

    def pieces(self) -> Iterator["Move"]:
        """Yield a few windows at a time."""
        for first in range(0, len(self.origins), _WINDOWS_AT_ONCE):
            some = slice(first, first + _WINDOWS_AT_ONCE)
            yield Move(self.origins[some], self.current[some], self.wanted[some])


def change_of_classes(effects: Effects, facts: Facts, shape: WindowShape, move: Move) -> WindowEffects | None:
    """Return the differences of the effects of windows; None if nothing changes."""
    changing = np.flatnonzero(((move.wanted >= 0) & (move.wanted != move.current)).any(axis=0))
    factors = {facts.shared_factors[column] for column in changing}
    groups = [group for group in effects.basis.groups if _depends(group, facts, factors)]
    if not groups:
        return None
    return WindowEffects.joined([_change(effects, facts, shape, piece, groups) for piece in move.pieces()])


def _depends(group: Group, facts: Facts, factors: set[int]) -> bool:
    """Return whether the effects of a group change with a factor; those of covariates keep their part of the day."""
    if group.of_series or any(isinstance(term, Number) for term in group.terms):
        return False
    names = {facts.factors[factor].name for factor in factors}
    return any(
        (isinstance(term, Classes) and term.factor in factors)
        or (isinstance(term, Season) and names & {"month", "season"})
        or (isinstance(term, DayPart) and names & {"hour", "half_hour"})
        for term in group.terms
    )


def _change(effects: Effects, facts: Facts, shape: WindowShape, move: Move, groups: list[Group]) -> WindowEffects:
    beyond, length = facts.per_day, shape.lookback + shape.horizon  # groups may describe a row by the day beside it
    rows = move.origins[:, None] + np.arange(-shape.lookback - beyond, shape.horizon + beyond)
    before = facts.in_a_row(rows)
    after = moved_by(before, move, shape.lookback + beyond - 1)
    inner = (np.arange(len(rows))[:, None] * rows.shape[1] + np.arange(beyond, beyond + length)).ravel()

    def difference(of: list[Group]) -> torch.Tensor:
        moved, own = (effects.sum_of(of, each, inner) for each in (after, before))
        return torch.from_numpy((moved - own).reshape(len(rows), length, -1))

    past, ahead = difference(groups).split([shape.lookback, shape.horizon], dim=1)
    if not effects.basis.is_told:
        return WindowEffects(past, ahead)
    of_told = difference([group for group in groups if group.told])
    told_past, told_ahead = of_told.split([shape.lookback, shape.horizon], dim=1)
    columns = _change_of_columns(effects, (before, after), rows, shape)
    return WindowEffects(past, ahead, told_past, told_ahead, columns=columns)


def _change_of_columns(effects: Effects, facts: tuple[Facts, Facts], rows: Rows, shape: WindowShape) -> Tensor | None:
    if not effects.basis.columns:
        return None
    before, after = (effects.columns(each, np.arange(each.n_rows)) for each in facts)
    first = facts[0].per_day + shape.lookback
    change = (after - before).reshape(*rows.shape, -1)[:, first : first + shape.horizon]
    return torch.from_numpy(change)


def moved_by(facts: Facts, move: Move, last: int) -> Facts:
    """Return facts ``in_a_row`` as they are when the windows change; ``last`` is the last row of a window."""
    after = facts
    for column, factor in enumerate(facts.shared_factors):
        wanted, current = move.wanted[:, column], move.current[:, column]
        if ((wanted >= 0) & (wanted != current)).any():
            after = _moved(after, factor, np.where(wanted >= 0, wanted, current), current, last)
    return replace(after, year=_turned_year(facts, move))


def _moved(facts: Facts, factor: int, wanted: NDArray[np.int64], current: NDArray[np.int64], last: int) -> Facts:
    """Return facts with windows of other classes of a factor; see ``moved_by``."""
    classes = facts.classes[:, factor].reshape(len(wanted), -1)
    spec = facts.factors[factor]
    moved = facts.classes.copy()
    if not is_cyclic(spec):
        same = classes == classes[:, last : last + 1]
        before, after = np.flip(same[:, : last + 1], axis=1), same[:, last + 1 :]
        before = np.flip(np.logical_and.accumulate(before, axis=1), axis=1)
        run = np.concatenate([before, np.logical_and.accumulate(after, axis=1)], axis=1)
        moved[:, factor] = np.where(run, wanted[:, None], classes).ravel()
        return replace(facts, classes=moved)
    shifted = (classes + (wanted - current)[:, None]) % len(facts.names[factor])
    moved[:, factor] = np.where(classes >= 0, shifted, -1).ravel()
    hour = facts.hour.reshape(classes.shape)
    if spec.name in ("hour", "half_hour"):
        places = _places(facts, factor)
        hour = np.where(classes >= 0, places[shifted] * 24 // len(CALENDAR_CLASSES[spec.name]), hour).astype(np.int16)
    return replace(facts, classes=moved, hour=hour.ravel())


def _turned_year(facts: Facts, move: Move) -> Values:
    """Return the year of the rows, turned by the season of a window if that changes, or rather by its month."""
    turn = np.zeros(len(move.origins))
    for unit in ("season", "month"):
        for column, factor in enumerate(facts.shared_factors):
            spec, wanted, current = facts.factors[factor], move.wanted[:, column], move.current[:, column]
            if spec.name == unit and is_cyclic(spec):
                places = _places(facts, factor)
                turned = (places[wanted] - places[current]) / len(CALENDAR_CLASSES[unit])
                turn = np.where((wanted >= 0) & (wanted != current), turned, turn)
    year = facts.year.reshape(len(turn), -1) + turn[:, None]
    return np.asarray(year % 1.0, dtype=np.float32).ravel()


def _places(facts: Facts, factor: int) -> NDArray[np.int64]:
    """Return the place of each class among all of the calendar: the table may lack some, such as every other hour."""
    every = CALENDAR_CLASSES[facts.factors[factor].name]
    return np.array([every.index(name) for name in facts.names[factor]])

"""Effects of the target rows of windows as they would be if the table told something else of them.

Only rows from the forecast origin on change, and each window is taken by itself: what is future in one is past in
another. The window, and so its code, stays as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data.sources.series_rows import Blocks
from divecast.effects.basis import Group
from divecast.effects.effects import Effects
from divecast.effects.facts import Channels, Facts, Rows, at_rows
from divecast.effects.terms import Classes, Number

_WINDOWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False, slots=True)
class Extent:
    """The cells of a column that change.

    Attributes:
        first: first row.
        stop: row after the last one.
        channels: numbers of the channels, of a column that differs by series; None for all.
    """

    first: int
    stop: int
    channels: NDArray[np.int64] | None = None

    def among(self, rows: Rows, origins: Rows, horizon: int) -> NDArray[np.bool_]:
        """Return which rows, (batch, step), change in windows with these origins, (batch,): target rows alone."""
        first, stop = np.maximum(origins, self.first), np.minimum(origins + horizon, self.stop)
        return (rows >= first[:, None]) & (rows < stop[:, None])

    def rows(self, origins: Rows, horizon: int) -> Rows:
        """Return the target rows that change in windows with these origins, (batch,)."""
        ahead = origins[:, None] + np.arange(horizon)
        return np.unique(ahead[self.among(ahead, origins, horizon)])


@dataclass(frozen=True, eq=False, slots=True)
class ExtentOfSeries(Extent):
    """The rows that change where series follow one another; its own are those of their panel.

    Attributes:
        blocks: where the series lie.
        series: numbers of those that change; None for all.
    """

    blocks: Blocks = field(kw_only=True)
    series: NDArray[np.int64] | None = None

    def among(self, rows: Rows, origins: Rows, horizon: int) -> NDArray[np.bool_]:
        """Return which rows change, as for series side by side."""
        of_panel = self.blocks.panel_rows(origins)
        inside = Extent.among(self, rows + (of_panel - origins)[:, None], of_panel, horizon)
        return inside if self.series is None else inside & np.isin(self.blocks.series_of(origins), self.series)[:, None]


@dataclass(frozen=True, eq=False, slots=True)
class NewClass:
    """Another class of a factor.

    Attributes:
        factor: number of the factor.
        label: class index.
        extent: where.
    """

    factor: int
    label: int
    extent: Extent


@dataclass(frozen=True, eq=False, slots=True)
class NewNumber:
    """Another value of a covariate.

    Attributes:
        covariate: number of the covariate.
        value: the value, or what is added.
        added: whether it is added.
        extent: where.
    """

    covariate: int
    value: float
    added: bool
    extent: Extent


Change = NewClass | NewNumber


class AheadChange(NamedTuple):
    """What is other in the target rows of windows.

    Attributes:
        difference: (batch, horizon, channel) of the effects; none of it is of the calendar.
        doubt: (batch, horizon, channel) new doubt, as in ``WindowEffects``.
        columns: (batch, horizon, column) new columns, as in ``WindowEffects``; None if there are none.
    """

    difference: Tensor
    doubt: Tensor
    columns: Tensor | None


def groups_of(effects: Effects, change: Change) -> list[Group]:
    """Return the groups of features that describe rows by the column of a change, and are known for future rows."""
    return [group for group in effects.basis.groups if group.in_advance and _describes(group, change)]


def change_ahead(effects: Effects, facts: Facts, horizon: int, origins: Rows, changes: Sequence[Change]) -> AheadChange:
    """Return how the effects of the target rows of windows change.

    Args:
        effects: the fitted effects.
        facts: known columns of the rows.
        horizon: number of target rows.
        origins: (batch,) rows of the first future step.
        changes: what changes, one after another.
    """
    groups = list(dict.fromkeys(group for change in changes for group in groups_of(effects, change)))
    differences, doubts, columns = [], [], []
    for first in range(0, len(origins), _WINDOWS_AT_ONCE):
        some = origins[first : first + _WINDOWS_AT_ONCE]
        beside = facts.per_day  # groups may describe a row by those of the day before and after it
        rows = some[:, None] + np.arange(-beside, horizon + beside)
        before = _flattened(facts, rows.ravel())
        after = before
        for change in changes:
            after = _changed(effects, after, change, change.extent.among(rows, some, horizon).ravel())
        inner = (np.arange(len(some))[:, None] * rows.shape[1] + np.arange(beside, beside + horizon)).ravel()
        new, own = (effects.sum_of(groups, each, inner, ahead=True) for each in (after, before))
        differences.append((new - own).reshape(len(some), horizon, -1))
        doubts.append(effects.doubt(after, inner).reshape(differences[-1].shape))
        if effects.basis.columns:
            columns.append(effects.columns(after, inner).reshape(len(some), horizon, -1))
    difference, doubted = (torch.from_numpy(np.concatenate(each)) for each in (differences, doubts))
    return AheadChange(difference, doubted, torch.from_numpy(np.concatenate(columns)) if columns else None)


def changed_values(
    number: Number, facts: Facts, change: NewNumber, origins: Rows, horizon: int
) -> tuple[NDArray[np.float32], Channels]:
    """Return the values that a covariate changes to in target rows, (row,) or (row, channel of the change), and units.

    They are NaN where it stays missing: also where something is added to an absurd value, which counts as such.
    """
    rows = change.extent.rows(origins, horizon)
    if change.extent.channels is not None:
        facts = facts.of_channels(change.extent.channels)
    values, units = facts.number_at(change.covariate, rows), facts.units_at(rows)
    if not change.added:
        return np.full_like(values, change.value), units
    return number.sound(values, units) + np.float32(change.value), units


def plain_number(effects: Effects, change: NewNumber) -> Number:
    """Return the function of the covariate's own value that a change moves."""
    terms = (term for group in groups_of(effects, change) for term in group.terms)
    return next(term for term in terms if isinstance(term, Number) and term.is_plain)


def _describes(group: Group, change: Change) -> bool:
    if isinstance(change, NewClass):
        return any(isinstance(term, Classes) and term.factor == change.factor for term in group.terms)
    return any(isinstance(term, Number) and term.covariate == change.covariate for term in group.terms)


def _flattened(facts: Facts, rows: Rows) -> Facts:
    """Return the facts of rows of windows, one window after another."""
    return replace(
        facts.in_a_row(rows),
        of_series=tuple(None if own is None else at_rows(own, rows, -1) for own in facts.of_series),
        numbers=tuple(at_rows(column, rows, np.nan) for column in facts.numbers),
    )


def _changed(effects: Effects, facts: Facts, change: Change, where: NDArray[np.bool_]) -> Facts:
    """Return flattened facts with a change in some rows; a number too far off is the nearest one that counts."""
    if isinstance(change, NewNumber):
        numbers = facts.numbers
        old, number = numbers[change.covariate], plain_number(effects, change)
        units = facts.units_at(np.arange(len(where)))
        new = number.sound(old, units) + np.float32(change.value) if change.added else np.full_like(old, change.value)
        new = number.counted(new, units)
        return replace(facts, numbers=_put(numbers, change.covariate, _mixed(old, new, where, change.extent)))
    own = facts.of_series[change.factor]
    if own is not None:
        mixed = _mixed(own, np.full_like(own, change.label), where, change.extent)
        return replace(facts, of_series=_put(facts.of_series, change.factor, mixed))
    classes = facts.classes.copy()
    classes[where, change.factor] = change.label
    return replace(facts, classes=classes)


def _mixed(old: NDArray[Any], new: NDArray[Any], where: NDArray[np.bool_], extent: Extent) -> NDArray[Any]:
    cells = where
    if old.ndim == 2:
        named = np.ones(old.shape[1], dtype=np.bool_)
        if extent.channels is not None:
            named[:] = False
            named[extent.channels] = True
        cells = where[:, None] & named
    return np.where(cells, new, old)


def _put(columns: tuple[Any, ...], place: int, column: NDArray[Any]) -> tuple[Any, ...]:
    return (*columns[:place], column, *columns[place + 1 :])

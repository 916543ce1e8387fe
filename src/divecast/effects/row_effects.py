"""Effects of the rows of a panel, cut into windows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import WindowShape
from divecast.data.source import Values
from divecast.data.windows.window_batch import cut
from divecast.effects.changed import AheadChange, Change, change_ahead
from divecast.effects.effects import Effects
from divecast.effects.facts import ALL, Channels, Facts, Rows
from divecast.effects.moved import Move, change_of_classes
from divecast.types import WindowEffects

_MOST_KEPT = 50_000_000  # effects of a whole panel that are computed once and kept, 200 MB
_ROWS_AT_ONCE, _VALUES_AT_ONCE = 8192, 16_000_000


class StaticSource(Protocol):
    """Facts of the series of windows of one series each."""

    def at(self, origins: Rows) -> Tensor:
        """Return (batch, feature)."""


@dataclass(frozen=True, eq=False, slots=True)
class _Whole:
    """The effects of all rows, (row, channel); arrays in the order of channels, in which windows are cut fastest."""

    past: Values
    ahead: Values
    told_past: Values | None = None
    told_ahead: Values | None = None
    doubt: Values | None = None
    columns: Values | None = None

    @property
    def _arrays(self) -> dict[str, Values]:
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: values for name, values in found.items() if values is not None}

    def for_rows(self, n_rows: int) -> "_Whole":
        """Return room for so many rows; arrays that are the same stay so."""
        room = {id(of): np.empty((n_rows, of.shape[1]), of.dtype, order="F") for of in self._arrays.values()}
        return replace(self, **{name: room[id(of)] for name, of in self._arrays.items()})

    def put(self, first: int, part: "_Whole") -> None:
        """Write rows from ``first`` on."""
        given = part._arrays
        for name, values in self._arrays.items():
            values[first : first + len(given[name])] = given[name]


@dataclass(eq=False, slots=True)
class RowEffects:
    """The effects of the rows of a panel.

    Those of all rows are computed once if they fit into memory and about as many are asked for; else those of each
    batch of windows.

    Attributes:
        effects: the fitted effects.
        facts: known columns of the rows.
        shape: lengths of a window.
        keep: compute all rows at once from the first batch on, if they fit into memory.
        static: facts of the series of windows of one series each.
    """

    effects: Effects
    facts: Facts
    shape: WindowShape
    keep: bool = False
    static: StaticSource | None = None
    _whole: _Whole | None = field(default=None, init=False)
    _n_rows: int = field(default=0, init=False)

    def of(self, origins: Rows, channels: NDArray[np.int64] | None = None) -> WindowEffects:
        """Return the effects of windows.

        Args:
            origins: (batch,) rows of the first future step.
            channels: numbers of the channels; None for all.
        """
        effects = self._of(origins, channels)
        return effects if self.static is None else replace(effects, static=self.static.at(origins))

    def _of(self, origins: Rows, channels: NDArray[np.int64] | None) -> WindowEffects:
        self._n_rows += len(origins) * (self.shape.lookback + self.shape.horizon)
        if self._whole is None and self._fits and (self.keep or self._n_rows >= self.facts.n_rows):
            self._whole = self._computed(np.arange(self.facts.n_rows))
        if self._whole is not None:
            return self._cut(self._whole, origins, channels)
        steps = np.arange(-self.shape.lookback, self.shape.horizon)
        rows, places = np.unique(origins[:, None] + steps, return_inverse=True)
        whole = self._computed(rows, ALL if channels is None else channels)
        return self._picked(whole, origins, places.reshape(len(origins), -1))

    def by_name(self, origins: Rows) -> Iterator[tuple[str, Tensor, Tensor]]:
        """Yield what ``of`` adds up: the name of each column or pair, and its effects on windows and on target rows.

        Args:
            origins: (batch,) rows of the first future step.

        Returns:
            Iterator of names with (batch, time, channel) and (batch, horizon, channel).
        """
        lookback, horizon = self.shape.lookback, self.shape.horizon
        rows, places = np.unique(origins[:, None] + np.arange(-lookback, horizon), return_inverse=True)
        past, ahead = np.split(places.reshape(len(origins), -1), [lookback], axis=1)
        for name in self.effects.basis.names:
            groups = self.effects.groups_of(name)
            known = self.effects.sum_of(groups, self.facts, rows)
            in_advance = all(group.in_advance for group in groups)
            later = known if in_advance else self.effects.sum_of(groups, self.facts, rows, ahead=True)
            yield name, torch.from_numpy(known[past]), torch.from_numpy(later[ahead])

    def change(self, origins: Rows, current: NDArray[np.int64], wanted: NDArray[np.int64]) -> WindowEffects | None:
        """Return how the effects of windows change if these are of other classes.

        Args:
            origins: (batch,) rows of the first future step.
            current: (batch, factor) class indices of the windows.
            wanted: (batch, factor) class indices to change to; -1 to keep one.

        Returns:
            The differences of the effects; None if no effect depends on a factor that changes.
        """
        return change_of_classes(self.effects, self.facts, self.shape, Move(origins, current, wanted))

    def change_ahead(self, origins: Rows, changes: Sequence[Change]) -> AheadChange:
        """Return how the effects of the target rows of windows change if the table tells something else of them.

        Args:
            origins: (batch,) rows of the first future step.
            changes: what changes, one after another.
        """
        return change_ahead(self.effects, self.facts, self.shape.horizon, origins, changes)

    @property
    def _fits(self) -> bool:
        """Whether the effects of all rows may be kept: past and ahead, and if some are told, these alone and doubt."""
        basis, n_channels = self.effects.basis, int(self.effects.weight.shape[1])
        arrays = (3 if basis.is_told else 1) + (0 if basis.all_in_advance else 2)
        return self.facts.n_rows * n_channels * arrays <= _MOST_KEPT

    def _computed(self, rows: Rows, channels: Channels = ALL) -> _Whole:
        effects, facts, basis = self.effects, self.facts, self.effects.basis

        own_values = effects.spread[0, channels].size * sum(group.width for group in basis.own)
        at_once = max(1, min(_ROWS_AT_ONCE, _VALUES_AT_ONCE // max(1, own_values)))

        def of(part: Rows) -> _Whole:
            features = effects.design.features(facts, part, channels)
            ahead, later = features.in_advance(basis), not basis.all_in_advance
            past = effects.of_features(features, channels)
            of_ahead = effects.of_features(ahead, channels) if later else past
            if not basis.is_told:
                return _Whole(past, of_ahead)
            told_past = effects.told_of_features(features, channels)
            told_ahead = effects.told_of_features(ahead, channels) if later else told_past
            doubt = effects.doubt_of_features(ahead, facts, part, channels)
            columns = effects.columns(facts, part) if basis.columns else None
            return _Whole(past, of_ahead, told_past, told_ahead, doubt, columns)

        part = of(rows[:at_once])
        whole = part.for_rows(len(rows))
        whole.put(0, part)
        for first in range(at_once, len(rows), at_once):
            whole.put(first, of(rows[first : first + at_once]))
        return whole

    def _cut(self, whole: _Whole, origins: Rows, channels: NDArray[np.int64] | None) -> WindowEffects:
        lookback, horizon = self.shape.lookback, self.shape.horizon

        def of(values: Values, starts: Rows, length: int) -> Tensor:
            return torch.from_numpy(cut(values, starts, length, channels)).transpose(1, 2)

        def past(values: Values | None) -> Any:
            return None if values is None else of(values, origins - lookback, lookback)

        def ahead(values: Values | None) -> Any:
            return None if values is None else of(values, origins, horizon)

        columns = None
        if whole.columns is not None:
            columns = torch.from_numpy(whole.columns[origins[:, None] + np.arange(horizon)])
        return WindowEffects(
            past(whole.past),
            ahead(whole.ahead),
            past(whole.told_past),
            ahead(whole.told_ahead),
            ahead(whole.doubt),
            columns,
            phases=self._phases(origins),
        )

    def _phases(self, origins: Rows) -> Tensor:
        return torch.from_numpy(self.facts.phase[origins[:, None] + np.arange(self.shape.horizon)].astype(np.int64))

    def _picked(self, whole: _Whole, origins: Rows, places: Rows) -> WindowEffects:
        """Return the effects at numbers of the computed rows, (batch, step)."""
        past, ahead = np.split(places, [self.shape.lookback], axis=1)

        def of(values: Values | None, at: Rows) -> Any:
            return None if values is None else torch.from_numpy(values[at])

        return WindowEffects(
            of(whole.past, past),
            of(whole.ahead, ahead),
            of(whole.told_past, past),
            of(whole.told_ahead, ahead),
            of(whole.doubt, ahead),
            of(whole.columns, ahead),
            phases=self._phases(origins),
        )

"""Effects of the rows of a panel, cut into windows."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import WindowShape
from divecast.data.source import Values
from divecast.data.windows.window_batch import cut
from divecast.effects.basis import Group
from divecast.effects.changed import AheadChange, Change, change_ahead
from divecast.effects.effects import Effects
from divecast.effects.facts import ALL, Channels, Facts, Rows
from divecast.effects.moved import Move, change_of_classes
from divecast.effects.terms import Classes, Number
from divecast.types import WindowEffects

_MOST_KEPT = 50_000_000  # effects of a whole panel that are computed once and kept, 200 MB
_ROWS_AT_ONCE, _VALUES_AT_ONCE, _FAR_AT_ONCE = 8192, 16_000_000, 4_000_000


class Untold(NamedTuple):
    """Where a label or covariate is missing in target rows.

    Attributes:
        steps: steps of the horizon, from 1.
        series: numbers of the series that lack it, where others have it.
    """

    steps: list[int]
    series: tuple[int, ...] = ()


class Gap(NamedTuple):
    """Rows in which a covariate is not known though the series are.

    Attributes:
        n: number of rows.
        of: number of rows in which a series has a value.
        series: numbers of the series that lack it, where others have it.
    """

    n: int
    of: int
    series: tuple[int, ...] = ()


class Far(NamedTuple):
    """Values of a covariate far from those of the training part.

    Attributes:
        n: number of values.
        value: the first one.
        counted: what it counts as: the nearest value that is told apart, NaN if it is so far off that it counts as
            missing.
        series: number of the series that it is of, if the covariate differs by series.
    """

    n: int
    value: float
    counted: float
    series: int | None


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

    def untold(self, origins: Rows) -> dict[str, Untold]:
        """Return where a label or covariate is missing in a target row, by name.

        Those of covariates that are never known in advance, and of neighbouring rows, do not count.

        Args:
            origins: (batch,) rows of the first future step.
        """
        rows, found = np.unique(origins[:, None] + np.arange(self.shape.horizon)), dict[str, Untold]()
        for group in self.effects.basis.groups:
            if group.told and group.in_advance and not group.is_of_neighbours:
                known = group.known(self.facts, rows)
                missing = set(rows[~(known.all(1) if known.ndim == 2 else known)].tolist())
                at = [step + 1 for step in range(self.shape.horizon) if missing & set((origins + step).tolist())]
                if at:
                    found[group.name] = Untold(at, self._series_that_lack(known, rows))
        return found

    def _series_that_lack(self, known: NDArray[np.bool_], rows: Rows) -> tuple[int, ...]:
        """Return the numbers of the series that lack what others of these rows have; none if all lack it."""
        if known.ndim == 2:
            lack = ~known.all(axis=0)
        elif self.facts.series is None:
            return ()
        else:
            of = self.facts.series_at(rows)
            lack = np.bincount(of, ~known) > 0
            if lack.sum() == len(np.unique(of)):
                return ()
        return () if lack.all() else tuple(np.flatnonzero(lack).tolist())

    def far(self, origins: Rows) -> dict[str, Far]:
        """Return how many values of each covariate in target rows lie far from the training part, and one of them.

        Args:
            origins: (batch,) rows of the first future step.

        Returns:
            Those far off, by name.
        """
        rows = np.unique(origins[:, None] + np.arange(self.shape.horizon))
        found: dict[str, Far] = {}
        for group in self.effects.basis.groups:
            number = next((term for term in group.terms if isinstance(term, Number) and term.is_plain), None)
            if number is None or not group.in_advance:
                continue
            at_once = max(1, _FAR_AT_ONCE // number.scale()[1].size)
            for some in (rows[at : at + at_once] for at in range(0, len(rows), at_once)):
                given, units = self.facts.number_at(number.covariate, some), self.facts.units_at(some)
                counted = np.where(number.known(self.facts, some), number.counted(given, units), np.float32(np.nan))
                off = np.isnan(counted) | number.differ(given, counted, units)
                places = np.argwhere(~np.isnan(given) & off)
                if len(places):
                    first = tuple(places[0])
                    series = int(first[1]) if given.ndim == 2 else None
                    if self.facts.series is not None and self.facts.own_numbers[number.covariate]:
                        series = int(self.facts.series_at(some)[first[0]])
                    other = found.get(group.name, Far(0, float(given[first]), float(counted[first]), series))
                    found[group.name] = other._replace(n=other.n + len(places))
        return found

    def gaps(self, origins: Rows, values: Values) -> dict[str, Gap]:
        """Return where a covariate is not known though the series are, by name.

        The rows are those from the first of the windows to the last in which a series has a value. Of labels, which
        may be incomplete, only those count of which none is known.

        Args:
            origins: (batch,) rows of the first future step, one or more.
            values: (row, channel) the series, NaN where missing.
        """
        first, stop = max(0, int(origins.min()) - self.shape.lookback), int(origins.max())
        pieces = [np.arange(at, min(at + _ROWS_AT_ONCE, stop)) for at in range(first, stop, _ROWS_AT_ONCE)]
        found = dict[str, Gap]()
        for group in self.effects.basis.groups:
            columns = [term for term in group.terms if isinstance(term, Classes | Number)]
            if group.told and len(columns) == 1 and not group.is_of_neighbours:
                if all(group.known(self.facts, rows).all() for rows in pieces):
                    continue  # without reading the values, which may lie on disk
                lacking, n_rows, series, others = zip(
                    *(_gaps(group, self.facts, rows, values[rows]) for rows in pieces), strict=True
                )
                n, lack = sum(lacking), set().union(*series)
                if n and (n == sum(n_rows) or isinstance(columns[0], Number)):
                    of_all = lack >= set().union(*others)
                    found[group.name] = Gap(n, sum(n_rows), () if of_all else tuple(sorted(lack)))
        return found

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

        def pieced(compute: Callable[[Rows], Values]) -> Values:
            parts = [compute(rows[i : i + at_once]) for i in range(0, len(rows), at_once)]
            return np.asfortranarray(np.concatenate(parts))

        past = pieced(lambda part: effects.of(facts, part, channels))
        ahead = past
        if not basis.all_in_advance:
            ahead = pieced(lambda part: effects.of(facts, part, channels, ahead=True))
        if not basis.is_told:
            return _Whole(past, ahead)
        told_past = pieced(lambda part: effects.told(facts, part, channels))
        told_ahead = told_past
        if not basis.all_in_advance:
            told_ahead = pieced(lambda part: effects.told(facts, part, channels, ahead=True))
        doubt = pieced(lambda part: effects.doubt(facts, part, channels))
        columns = pieced(lambda part: effects.columns(facts, part)) if basis.columns else None
        return _Whole(past, ahead, told_past, told_ahead, doubt, columns)

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


def _gaps(group: Group, facts: Facts, rows: Rows, values: Values) -> tuple[int, int, set[int], set[int]]:
    """In how many rows a group is not known though the series are, and in how many these are; and which series."""
    there, known = ~np.isnan(values), group.known(facts, rows)
    lacking = there & ~(known if known.ndim == 2 else known[:, None])

    def series(cells: NDArray[np.bool_]) -> set[int]:
        numbers = np.flatnonzero(cells.any(0)) if facts.series is None else facts.series_at(rows[cells.any(1)])
        return set(np.unique(numbers).tolist())

    return int(lacking.any(1).sum()), int(there.any(1).sum()), series(lacking), series(there)

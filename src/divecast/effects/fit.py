"""Closed-form fit of effects: one ridge regression of each channel's rows on their features.

All channels share the Gram matrix of the shared features, and so one factorisation. Weights are shrunk towards those of
the mean over the channels, which a short series keeps. Missing values are filled by their expected ones, and the
regression repeated: expectation maximisation. Features that differ by series are fitted in turn with the shared ones.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.data import Part, Scale, Source
from divecast.data.source import Values
from divecast.data.sources.series_rows import SeriesRows
from divecast.effects.basis import Basis, Group
from divecast.effects.design import Design
from divecast.effects.effects import Effects
from divecast.effects.facts import ALL, Facts, Rows
from divecast.effects.terms import Number
from divecast.persistence.page_cache import drop_pages

Sums = NDArray[Any]  # float64

PENALTY = 20.0
"""Penalty on the squared weights, in rows (our choice)."""

_ROWS_AT_ONCE, _VALUES_AT_ONCE = 8192, 16_000_000
_ROWS_OF_SPREAD, _CHANNELS_OF_SPREAD = 4000, 256
_PASSES_WITH_GAPS, _PASSES_BY_SERIES = 3, 4


def fit_effects(source: Source, train: Part, scale: Scale, basis: Basis, facts: Facts) -> Effects:
    """Return the effects fitted to the training rows.

    Args:
        source: the panel.
        train: its training part.
        scale: scale of its channels.
        basis: the features.
        facts: known columns of its rows.
    """
    sums = np.dtype(np.float64 if isinstance(source, SeriesRows) else np.float32)  # of millions of rows of one channel
    work = _Work(source, train, scale, Design(basis, _expected(basis, facts, train.rows(), sums)), facts, sums)
    gram, cross, observed, own_gram = work.products()
    has_gaps = observed.sum() < len(source.channels) * train.n_rows
    factor = _factor(gram)
    pooled = _solve(factor, cross.sum(1, keepdims=True) / (observed.sum() / train.n_rows))
    weight: Sums = np.repeat(pooled, len(source.channels), axis=1)
    own: Sums = np.zeros(own_gram.shape[:2])
    own_penalty = PENALTY * np.eye(own.shape[1])
    for number in range(_PASSES_BY_SERIES if basis.own else _PASSES_WITH_GAPS if has_gaps else 1):
        if number or has_gaps:
            cross = work.cross(weight, own)
        weight = _solve(factor, cross + PENALTY * pooled)
        if basis.own:
            wanted = work.own_cross(weight, own)
            own = np.linalg.solve(own_gram + own_penalty, wanted[..., None])[..., 0]
    # C order, in which a saved model is read, so that it multiplies alike to the last bit.
    flat, flat_own = (np.ascontiguousarray(each, dtype=np.float32) for each in (weight, own))
    return work.with_spread(flat, flat_own, _root_of_told(basis, factor))


def _root_of_told(basis: Basis, factor: Sums) -> Values:
    """Return a root of the inverse of the Gram matrix for the features that are not of the calendar, its last ones."""
    n_told = len(factor) - sum(group.width for group in basis.calendar)
    # The last block of a Cholesky factor is that of the Schur complement, whose inverse is the block of the inverse.
    root = np.linalg.inv(factor[len(factor) - n_told :, len(factor) - n_told :]).T
    return np.ascontiguousarray(root, dtype=np.float32)


def _expected(basis: Basis, facts: Facts, rows: Rows, sums: np.dtype[Any]) -> Values:
    """Return the features of covariates as expected given the calendar; see ``Design``.

    Args:
        basis: the features.
        facts: known columns.
        rows: numbers of the training rows.
        sums: type of number in which the products of some thousand rows are summed.
    """
    width, n_calendar = (sum(group.width for group in groups) for groups in (basis.shared, basis.calendar))
    plain = Design(basis, np.zeros((n_calendar, width), dtype=np.float32))
    numbers = [group for group in basis.shared if any(isinstance(term, Number) for term in group.terms)]
    if not n_calendar or not numbers:
        return plain.expected
    known = np.logical_and.reduce([group.known(facts, rows) for group in numbers])
    gram, cross = np.zeros((n_calendar, n_calendar)), np.zeros((n_calendar, width))
    for part in _pieces(rows[known], _ROWS_AT_ONCE):
        features = plain.shared(facts, part).astype(sums, copy=False)
        products = features[:, :n_calendar].T @ features
        gram += products[:, :n_calendar]
        cross += products
    solved = _solve(_factor(gram), cross)
    expected = np.zeros_like(plain.expected)
    for group in numbers:
        expected[:, basis.place(group)] = solved[:, basis.place(group)]
    return expected


@dataclass(frozen=True, eq=False, slots=True)
class _Work:
    """The rows of the fit, read piece by piece."""

    source: Source
    train: Part
    scale: Scale
    design: Design
    facts: Facts
    sums: np.dtype[Any]

    def products(self) -> tuple[Sums, Sums, Sums, Sums]:
        """Return sums over the rows, missing values counted as 0.

        Returns:
            gram (feature, feature), cross (feature, channel), the number of observed rows (channel,), and the gram of
            the features that differ by series (channel, feature, feature).
        """
        n_channels, basis = len(self.source.channels), self.design.basis
        width, own_width = (sum(group.width for group in groups) for groups in (basis.shared, basis.own))
        gram, cross = np.zeros((width, width)), np.zeros((width, n_channels))
        observed, own = np.zeros(n_channels), np.zeros((n_channels, own_width, own_width))
        for rows in self._rows():
            features, values = self._shared(rows), self._values(rows)
            known = ~np.isnan(values)
            gram += features.T @ features
            cross += features.T @ np.where(known, values, 0.0)
            observed += known.sum(0)
            if basis.own:
                features = self.design.own(self.facts, rows)
                own += np.einsum("rcf,rcg->cfg", features, features, optimize=True)
        return gram, cross, observed, own

    def cross(self, weight: Sums, own: Sums) -> Sums:
        """Return the products of the shared features with what the others leave, (feature, channel)."""
        total = np.zeros_like(weight)
        for rows in self._rows():
            features, of_shared, of_own = self._fitted(rows, weight, own)
            values = self._values(rows)
            total += features.T @ np.where(np.isnan(values), of_shared, values - of_own)
        return total

    def own_cross(self, weight: Sums, own: Sums) -> Sums:
        """Return the products of the features that differ by series with what the shared leave, (channel, feature)."""
        total = np.zeros_like(own)
        for rows in self._rows():
            _, of_shared, of_own = self._fitted(rows, weight, own)
            values = self._values(rows)
            left = np.where(np.isnan(values), of_own, values - of_shared)
            total += np.einsum("rcf,rc->cf", self.design.own(self.facts, rows), left)
        return total

    def with_spread(self, weight: Values, own: Values, root: Values) -> Effects:
        """Return the effects with the spread of each group's effects, and of the noise, over some thousand rows."""
        basis, n_channels = self.design.basis, weight.shape[1]
        rows = self.train.rows()
        some = rows[:: -(-len(rows) // _ROWS_OF_SPREAD)]
        none, silent = np.zeros((1, n_channels), dtype=np.float32), np.zeros(n_channels, dtype=np.float32)
        bare = Effects(self.design, weight, own, none, none, root, silent)

        shared = self.design.shared(self.facts, some)

        def of(groups: Sequence[Group], part: slice) -> Values:
            total = bare.sum_of([group for group in groups if group.of_series], self.facts, some, part)
            for place in [basis.place(group) for group in groups if not group.of_series]:
                total += shared[:, place] @ weight[place, part]
            return total

        def spread(groups: Sequence[Group]) -> Values:
            return np.concatenate([of(groups, part).std(0) for part in _parts(n_channels)])

        of_groups = np.stack([spread([group]) for group in basis.groups])
        of_names = np.stack([spread(bare.groups_of(name)) for name in basis.names])
        noise = self._noise(bare) if basis.is_told else bare.noise
        return replace(bare, spread=of_groups, name_spread=of_names, noise=noise)

    def _noise(self, effects: Effects) -> Values:
        pieces, n_rows = [], 0
        for last in sorted(self.train.ranges(), key=lambda part: part.start - part.stop):
            pieces.append(np.arange(max(last.start, last.stop - _ROWS_OF_SPREAD), last.stop))
            n_rows += len(pieces[-1])
            if n_rows >= _ROWS_OF_SPREAD or not isinstance(self.source, SeriesRows):
                break

        def power(channels: slice) -> Values:
            lefts = [self._values(rows, channels) - effects.of(self.facts, rows, channels) for rows in pieces]
            change = np.concatenate([left[self.facts.per_day :] - left[: -self.facts.per_day] for left in lefts])
            squares = np.where(np.isnan(change), 0.0, change**2).sum(0)
            mean: Values = squares / np.maximum((~np.isnan(change)).sum(0), 1)
            return mean

        parts = [power(part) for part in _parts(len(self.source.channels))]
        noise: Values = np.sqrt(0.5 * np.concatenate(parts)).astype(np.float32)
        return noise

    def _fitted(self, rows: Rows, weight: Sums, own: Sums) -> tuple[Values, Values, Values | float]:
        features = self._shared(rows)
        of_own = np.einsum("rcf,cf->rc", self.design.own(self.facts, rows), own) if own.shape[1] else 0.0
        return features, features @ weight.astype(self.sums), of_own

    def _shared(self, rows: Rows) -> Values:
        return self.design.shared(self.facts, rows).astype(self.sums, copy=False)

    def _values(self, rows: Rows, channels: slice = ALL) -> Values:
        in_a_row = rows[-1] - rows[0] == len(rows) - 1
        there = self.source.values[rows[0] : rows[-1] + 1] if in_a_row else self.source.values[rows]
        values = self.scale.of_rows(rows).of(channels).apply(there[:, channels])
        drop_pages(self.source.values)
        return values

    def _rows(self) -> Iterator[Rows]:
        """Yield the training rows in pieces of consecutive ones; those of many short series together."""
        width = len(self.source.channels) * (1 + sum(group.width for group in self.design.basis.own))
        at_once = max(64, min(_ROWS_AT_ONCE, _VALUES_AT_ONCE // width))
        if isinstance(self.source, SeriesRows):
            yield from _pieces(self.train.rows(), at_once)
            return
        for part in self.train.ranges():
            yield from _pieces(np.arange(part.start, part.stop), at_once)


def _parts(n_channels: int) -> list[slice]:
    """Return the channels in parts whose effects are computed at once."""
    return [slice(first, first + _CHANNELS_OF_SPREAD) for first in range(0, n_channels, _CHANNELS_OF_SPREAD)]


def _pieces(rows: Rows, most: int) -> Iterator[Rows]:
    for first in range(0, len(rows), most):
        yield rows[first : first + most]


def _factor(gram: Sums) -> Sums:
    factor: Sums = np.linalg.cholesky(gram + PENALTY * np.eye(len(gram)))
    return factor


def _solve(factor: Sums, wanted: Sums) -> Sums:
    """Solve for a right-hand side, given the Cholesky factor of the matrix."""
    solved: Sums = torch.cholesky_solve(torch.from_numpy(wanted), torch.from_numpy(factor)).numpy()
    return solved

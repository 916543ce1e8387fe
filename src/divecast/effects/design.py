"""The design matrix of rows: their features, of which those of covariates are deviations from what the calendar says.

So a covariate that is missing, or not known in advance, has the effect that is expected at that hour and season.
"""

from dataclasses import dataclass

import numpy as np

from divecast.data.source import Values
from divecast.effects.basis import Basis, Group
from divecast.effects.facts import ALL, Channels, Facts, Rows
from divecast.effects.terms import Number


@dataclass(frozen=True, eq=False, slots=True)
class RowFeatures:
    """Features of rows.

    Attributes:
        shared: (row, feature) float32 those that all series share.
        own: (row, channel, feature) float32 those that differ by series; None if there are none.
    """

    shared: Values
    own: Values | None

    def in_advance(self, basis: Basis) -> "RowFeatures":
        """Return the features of rows of the future: what is not known in advance is 0."""
        if basis.all_in_advance:
            return self
        shared, own = self.shared.copy(), None if self.own is None else self.own.copy()
        for group in [group for group in basis.groups if not group.in_advance]:
            of = own if group.of_series else shared
            if of is not None:
                of[..., basis.place(group)] = 0.0
        return RowFeatures(shared, own)


@dataclass(frozen=True, eq=False, slots=True)
class Design:
    """Features of rows.

    Attributes:
        basis: the groups of features.
        expected: (calendar feature, shared feature) float32: expected features of covariates, given those of the
            calendar; 0 for all other features.
    """

    basis: Basis
    expected: Values

    def features(self, facts: Facts, rows: Rows, channels: Channels = ALL, *, ahead: bool = False) -> RowFeatures:
        """Return all features of rows.

        Args:
            facts: known columns of all rows.
            rows: (row,) row numbers.
            channels: numbers of the channels.
            ahead: whether the rows are of the future; see ``RowFeatures.in_advance``.
        """
        own = self.own(facts.of_channels(channels), rows) if self.basis.own else None
        found = RowFeatures(self.shared(facts, rows), own)
        return found.in_advance(self.basis) if ahead else found

    def shared(self, facts: Facts, rows: Rows) -> Values:
        """Return the features that all series share, (row, feature) float32; arguments as in ``features``."""
        calendar = self._calendar(facts, rows)
        told = [self._features(group, facts, rows, calendar) for group in self.basis.shared if group.told]
        return np.concatenate([calendar, *told], axis=1)

    def own(self, facts: Facts, rows: Rows) -> Values:
        """Return the features that differ by series, (row, channel, feature) float32; arguments as in ``features``."""
        calendar = np.empty((len(rows), 0), dtype=np.float32)
        return np.concatenate([self._features(group, facts, rows, calendar) for group in self.basis.own], axis=-1)

    def of(self, group: Group, facts: Facts, rows: Rows, *, ahead: bool = False) -> Values:
        """Return the features of a group, (row, feature) or (row, channel, feature); ``ahead`` as in ``Effects.of``."""
        needs_calendar = _is_of_numbers(group) and not group.of_series
        calendar = self._calendar(facts, rows) if needs_calendar else np.empty((len(rows), 0), dtype=np.float32)
        features = self._features(group, facts, rows, calendar)
        return np.zeros_like(features) if ahead and not group.in_advance else features

    def _calendar(self, facts: Facts, rows: Rows) -> Values:
        columns = [group.features(facts, rows) for group in self.basis.calendar]
        return np.concatenate(columns, axis=1) if columns else np.empty((len(rows), 0), dtype=np.float32)

    def _features(self, group: Group, facts: Facts, rows: Rows, calendar: Values) -> Values:
        features = group.features(facts, rows)
        if group.of_series or not _is_of_numbers(group) or not calendar.shape[1]:
            return features
        expected = calendar @ self.expected[:, self.basis.place(group)]
        return np.where(group.known(facts, rows)[:, None], features - expected, 0.0)


def _is_of_numbers(group: Group) -> bool:
    return any(isinstance(term, Number) for term in group.terms)

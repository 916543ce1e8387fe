"""Effects of known columns on the series of a panel: weights of the features, and the values that these give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divecast.data.source import Values
from divecast.effects.basis import Basis, Group
from divecast.effects.design import Design, RowFeatures
from divecast.effects.facts import ALL, Channels, Facts, Rows
from divecast.effects.terms import Classes


@dataclass(frozen=True, eq=False, slots=True)
class Effects:
    """T(u) of every row and series, in scaled units: the weighted sum of the features of the row.

    Attributes:
        design: the features.
        weight: (feature, channel) float32 weights of the shared features.
        own_weight: (channel, feature) float32 weights of the features that differ by series.
        spread: (group, channel) float32 standard deviation in the training part of the effect of each group.
        name_spread: (name, channel) the same of the sum of all groups of each name.
        root: (told feature, told feature) float32 root of the covariance of the weights of the shared features that are
            not of the calendar, for noise of variance 1.
        noise: (channel,) float32 standard deviation of what the effects leave, from one day to the next.
    """

    design: Design
    weight: Values
    own_weight: Values
    spread: Values
    name_spread: Values
    root: Values
    noise: Values

    @property
    def basis(self) -> Basis:
        """Groups of the features."""
        return self.design.basis

    def of(self, facts: Facts, rows: Rows, channels: Channels = ALL, *, ahead: bool = False) -> Values:
        """Return the effects of rows, (row, channel) float32.

        Args:
            facts: known columns of all rows.
            rows: (row,) row numbers.
            channels: numbers of the channels.
            ahead: whether the rows are of the future, so that only what is known in advance counts.
        """
        return self.of_features(self.design.features(facts, rows, channels, ahead=ahead), channels)

    def told(self, facts: Facts, rows: Rows, channels: Channels = ALL, *, ahead: bool = False) -> Values:
        """Return the share of ``of`` that is not of the calendar."""
        return self.told_of_features(self.design.features(facts, rows, channels, ahead=ahead), channels)

    def of_features(self, features: RowFeatures, channels: Channels = ALL) -> Values:
        """Return the effects of rows by their features, (row, channel) float32."""
        return self._sum_from(0, features, channels)

    def told_of_features(self, features: RowFeatures, channels: Channels = ALL) -> Values:
        """Return the share of ``of_features`` that is not of the calendar."""
        return self._sum_from(self._first_told, features, channels)

    @property
    def _first_told(self) -> int:
        """Number of the first shared feature that is not of the calendar."""
        return len(self.weight) - len(self.root)

    def _sum_from(self, first: int, features: RowFeatures, channels: Channels) -> Values:
        """Return the effects of the shared features from ``first`` on, and of those that differ by series."""
        total: Values = features.shared[:, first:] @ self.weight[first:, channels]
        if features.own is not None:
            total += np.einsum("rcf,cf->rc", features.own, self.own_weight[channels])
        return total

    def sum_of(
        self, groups: Sequence[Group], facts: Facts, rows: Rows, channels: Channels = ALL, *, ahead: bool = False
    ) -> Values:
        """Return the effects of some groups, (row, channel) float32."""
        total = np.zeros((len(rows), self.spread[:1, channels].shape[1]), dtype=np.float32)
        facts = facts.of_channels(channels)
        for group in groups:
            features, place = self.design.of(group, facts, rows, ahead=ahead), self.basis.place(group)
            if group.of_series:
                total += np.einsum("rcf,cf->rc", features, self.own_weight[channels, place])
            else:
                total += features @ self.weight[place, channels]
        return total

    def groups_of(self, name: str) -> tuple[Group, ...]:
        """Return the groups of a name."""
        return tuple(group for group in self.basis.groups if group.name == name)

    def columns(self, facts: Facts, rows: Rows) -> Values:
        """Return what all series are told of rows of the future as it is, (row, column) float32."""
        parts = [np.empty((len(rows), 0), dtype=np.float32)]
        for term, in_advance in self.basis.columns:
            features = term.features(facts, rows)
            told = features[:, 1:] if isinstance(term, Classes) else features[:, :1]
            parts.append(told if in_advance else np.zeros_like(told))
        return np.concatenate(parts, axis=1)

    def doubt(self, facts: Facts, rows: Rows, channels: Channels = ALL) -> Values:
        """Return how uncertain the effects of rows of the future are that are not of the calendar.

        A value that is missing leaves its effect open; that of a class seen on few days is known badly. What is never
        known in advance does not count.

        Returns:
            (row, channel) float32 standard deviations.
        """
        ahead = self.design.features(facts, rows, channels, ahead=True)
        return self.doubt_of_features(ahead, facts, rows, channels)

    def doubt_of_features(self, ahead: RowFeatures, facts: Facts, rows: Rows, channels: Channels = ALL) -> Values:
        """Return what ``doubt`` does, given the features of rows of the future."""
        facts, told = facts.of_channels(channels), ahead.shared[:, self._first_told :]
        variance = np.square(told @ self.root).sum(1)[:, None] * np.square(self.noise[channels])
        for number, group in enumerate(self.basis.groups):
            if not (group.told and group.in_advance):
                continue
            known = group.known(facts, rows)
            if not known.all():
                missing = ~known if known.ndim == 2 else ~known[:, None]
                variance += missing * self.spread[number, channels] ** 2
        deviation: Values = np.sqrt(variance)
        return deviation

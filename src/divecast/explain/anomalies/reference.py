"""The reference windows, and the rarity of other windows' scores among theirs."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divecast.data import Windows
from divecast.errors import ConfigError
from divecast.explain.anomalies.reference_scores import ReferenceScores, Values, check_enough
from divecast.explain.anomalies.window_scores import CHANNEL_SCORES, WindowScores, score_windows
from divecast.inference.fitted_model import FittedModel

SCORES = (*CHANNEL_SCORES, "label", "bound")
DEFAULT_SCORES = ("level", "peak", "jump", "stuck", "label")
"""The scores that count by default: chosen by faults put into validation windows, see docs/anomalies.md."""

_MOST_WINDOWS, _SEED = 2000, 0
_LEAST_EXCESS = 0.2  # of rarities; an exponential tail has log10(e) = 0.43


@dataclass(frozen=True, eq=False, slots=True)
class Rarities:
    """-log10 of the share of reference windows with a score at least as high.

    Attributes:
        channels: (score, window, channel), scores as in ``CHANNEL_SCORES``.
        labels: (window, factor).
        by_score: (window, score), scores as in ``SCORES``: of the highest channel, or of the highest label.
    """

    channels: Values
    labels: Values
    by_score: Values


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """The reference windows: what is considered normal.

    Attributes:
        name: which windows these are, in words.
        n_windows: their number.
        channels: scores of every channel, one column per score and channel.
        labels: surprise of every factor's label.
        bound: the bound.
        highest: rarity of the highest channel of each score, and of the highest label.
        own_rarities: (reference, score) rarities of the reference windows themselves.
    """

    name: str
    n_windows: int
    channels: ReferenceScores
    labels: ReferenceScores
    bound: ReferenceScores
    highest: ReferenceScores
    own_rarities: Values

    @classmethod
    def measure(cls, fitted: FittedModel, windows: Windows, name: str) -> "Reference":
        """Score up to 2000 windows, drawn at random with a fixed seed.

        Raises:
            DataError: there are too few windows.
        """
        check_enough(len(windows))
        drawn = np.random.default_rng(_SEED).permutation(len(windows))[:_MOST_WINDOWS]
        scores = score_windows(fitted, windows.subset(np.sort(drawn)))
        channels = ReferenceScores.of(_flat(scores), _least_excess(fitted))
        # With calibrated probabilities, -log p of the given class exceeds s in a share of at most about exp(-s).
        labels, bound = ReferenceScores.of(scores.surprise, 1.0), ReferenceScores.of(scores.bound[:, None], 1.0)
        by_channel = _unflat(channels.rarity(_flat(scores)), scores)
        of_highest = ReferenceScores.of(_highest_of_each(by_channel, labels.rarity(scores.surprise)), _LEAST_EXCESS)
        unmeasured = np.empty((0, len(SCORES)))
        reference = cls(name, len(scores.bound), channels, labels, bound, of_highest, unmeasured)
        own = reference.rarities(scores).by_score
        return cls(name, reference.n_windows, channels, labels, bound, of_highest, own)

    def rarities(self, scores: WindowScores) -> Rarities:
        """Return the rarities of raw scores.

        Raises:
            ConfigError: the reference comes from another model.
        """
        own = self.channels.ordered.shape[1] // len(CHANNEL_SCORES), self.labels.ordered.shape[1]
        other = scores.channels.shape[2], scores.surprise.shape[1]
        if own != other:
            raise ConfigError(
                "The reference comes from another model: it has {} channels and {} inferred factors, this model has "
                "{} and {}".format(*own, *other),
                argument="against",
                hint="Pass scores of this model as {against}",
            )
        by_channel = _unflat(self.channels.rarity(_flat(scores)), scores)
        labels = self.labels.rarity(scores.surprise)
        of_highest = self.highest.rarity(_highest_of_each(by_channel, labels))
        bound = self.bound.rarity(scores.bound[:, None])
        return Rarities(by_channel, labels, np.concatenate([of_highest, bound], axis=1))

    def total(self, rarities: Rarities, names: Sequence[str]) -> Values:
        """Return the rarity of the highest of some scores, (window,); NaN where none of them is known.

        Raises:
            ConfigError: there is no such score, or the reference windows have none of them.
        """
        unknown = [name for name in names if name not in SCORES]
        if unknown or not names:
            raise ConfigError(
                expected=f"one or more of the scores {', '.join(SCORES)}",
                found=", ".join(map(str, unknown)) or "none",
                argument="scores",
            )
        columns = [SCORES.index(name) for name in names]
        own = highest(self.own_rarities[:, columns])
        if np.isnan(own).all():
            raise ConfigError(
                f"None of the scores {', '.join(names)} could be computed for {self.name}: there are no labels, or no "
                "lookback and horizon in consecutive rows",
                hint='Pass "reconstruction" as {scores}',
                argument="scores",
            )
        rarest = highest(rarities.by_score[:, columns])
        return ReferenceScores.of(own[:, None], _LEAST_EXCESS).rarity(rarest[:, None])[:, 0]


def reference_for(fitted: FittedModel, windows: Windows) -> Reference:
    """Return the validation part of the data of the fit as reference, or for other data the windows themselves.

    Raises:
        DataError: there are too few windows.
    """
    if fitted.is_fit_data(windows.source):
        return Reference.measure(
            fitted, fitted.windows(windows.source, "valid", keep_outliers=True), "the validation part"
        )
    return Reference.measure(fitted, windows, "the given data")


def highest(values: Values) -> Values:
    """Return the highest value along the last axis, ignoring NaN; NaN where there is none."""
    best = np.where(np.isnan(values), -np.inf, values).max(axis=-1, initial=-np.inf)
    return np.where(np.isneginf(best), np.nan, best)


def _highest_of_each(channels: Values, labels: Values) -> Values:
    """Return (window, score): the rarest channel of each score, and the rarest label."""
    return np.concatenate([highest(channels).T, highest(labels)[:, None]], axis=1)


def _flat(scores: WindowScores) -> Values:
    return scores.channels.swapaxes(0, 1).reshape(scores.channels.shape[1], -1).astype(np.float64)


def _unflat(flat: Values, scores: WindowScores) -> Values:
    n_scores, _, n_channels = scores.channels.shape
    return flat.reshape(-1, n_scores, n_channels).swapaxes(0, 1)


def _least_excess(fitted: FittedModel) -> Values:
    """Return the least mean excess per score and channel: 1 nat per window, 0.001 standard deviations, half a row."""
    per_score = [1.0 / fitted.shape.horizon, 1.0, 1e-3, 0.5, 1.0 / fitted.shape.lookback]
    return np.repeat(per_score, len(fitted.channels))

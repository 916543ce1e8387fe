"""From raw scores to rarities: how often reference windows are as odd, by channel, by part and in all."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divecast.data import Windows
from divecast.errors import ConfigError
from divecast.explain.anomalies.reference_scores import Scores, Yardstick, check_enough
from divecast.explain.anomalies.window_scores import CHANNEL_PARTS, WindowScores, score_windows
from divecast.inference.fitted_model import FittedModel

PARTS = (*CHANNEL_PARTS, "label", "bound")
DEFAULT_PARTS = ("level", "peak", "jump", "stuck", "label")
"""What the score is made of: chosen by faults put into validation windows, see docs/anomalies.md."""

_N_WINDOWS, _SEED = 2000, 0
_LEAST_RARITY = 0.2  # exponential tails have a mean excess of log10(e) = .43


@dataclass(frozen=True, eq=False, slots=True)
class Rarities:
    """-log10 of the share of reference windows that are at least as odd.

    Attributes:
        channels: (part, window, channel), parts as in ``CHANNEL_PARTS``.
        labels: (window, factor).
        parts: (window, part), parts as in ``PARTS``: of the oddest channel, or of the oddest label.
    """

    channels: Scores
    labels: Scores
    parts: Scores


@dataclass(frozen=True, eq=False, slots=True)
class Reference:
    """What is usual, by windows that are taken for usual.

    Attributes:
        of: which windows these are, in words.
        n_windows: how many.
        channels: of every part and channel.
        labels: of every factor's label.
        bound: of the bound.
        oddest: of the oddest channel of each part, and of the oddest label.
        parts: (reference, part) rarities of the reference windows themselves.
    """

    of: str
    n_windows: int
    channels: Yardstick
    labels: Yardstick
    bound: Yardstick
    oddest: Yardstick
    parts: Scores

    @classmethod
    def measure(cls, fitted: FittedModel, windows: Windows, of: str) -> "Reference":
        """Score up to 2000 windows, drawn by chance with a fixed seed, and take them for usual.

        Raises:
            DataError: there are too few windows.
        """
        check_enough(len(windows))
        drawn = np.random.default_rng(_SEED).permutation(len(windows))[:_N_WINDOWS]
        scores = score_windows(fitted, windows.subset(np.sort(drawn)))
        channels = Yardstick.of(_flat(scores), _least_excess(fitted))
        # Were labels read in earnest, -log p of the given one would exceed s in a share of about exp(-s) at most.
        labels, bound = Yardstick.of(scores.surprise, 1.0), Yardstick.of(scores.bound[:, None], 1.0)
        by_channel = _unflat(channels.rarity(_flat(scores)), scores)
        oddest = Yardstick.of(_oddest(by_channel, labels.rarity(scores.surprise)), _LEAST_RARITY)
        found = cls(of, len(scores.bound), channels, labels, bound, oddest, np.empty((0, len(PARTS))))
        parts = found.rarities(scores).parts
        return cls(of, found.n_windows, channels, labels, bound, oddest, parts)

    def rarities(self, scores: WindowScores) -> Rarities:
        """Measure raw scores.

        Raises:
            ConfigError: the reference is of another model.
        """
        known = self.channels.ordered.shape[1] // len(CHANNEL_PARTS), self.labels.ordered.shape[1]
        found = scores.channels.shape[2], scores.surprise.shape[1]
        if known != found:
            raise ConfigError(
                "expected against= of this model, got one of another: it has {} channels and {} factors to read, this "
                "one {} and {}".format(*known, *found)
            )
        by_channel = _unflat(self.channels.rarity(_flat(scores)), scores)
        labels = self.labels.rarity(scores.surprise)
        oddest = self.oddest.rarity(_oddest(by_channel, labels))
        bound = self.bound.rarity(scores.bound[:, None])
        return Rarities(by_channel, labels, np.concatenate([oddest, bound], axis=1))

    def total(self, rarities: Rarities, parts: Sequence[str]) -> Scores:
        """Return the rarity of the oddest of some parts, (window,); NaN where none of them is there.

        Raises:
            ConfigError: there is no such part, or the reference has none of them.
        """
        unknown = [part for part in parts if part not in PARTS]
        if unknown or not parts:
            raise ConfigError(f"parts must be some of {', '.join(PARTS)}, got {', '.join(unknown) or 'none'}")
        chosen = [PARTS.index(part) for part in parts]
        usual = highest(self.parts[:, chosen])
        if np.isnan(usual).all():
            raise ConfigError(
                f"none of the parts {', '.join(parts)} could be scored in {self.of}: there are no labels, or no "
                'look-back and horizon in a row; try parts=("reconstruction",)'
            )
        return Yardstick.of(usual[:, None], _LEAST_RARITY).rarity(highest(rarities.parts[:, chosen])[:, None])[:, 0]


def highest(scores: Scores) -> Scores:
    """Return the highest over the last axis that is not NaN; NaN where there is none."""
    best = np.where(np.isnan(scores), -np.inf, scores).max(axis=-1, initial=-np.inf)
    return np.where(np.isneginf(best), np.nan, best)


def _oddest(channels: Scores, labels: Scores) -> Scores:
    """Return (window, part): the rarest channel of each part, and the rarest label."""
    return np.concatenate([highest(channels).T, highest(labels)[:, None]], axis=1)


def _flat(scores: WindowScores) -> Scores:
    return scores.channels.swapaxes(0, 1).reshape(scores.channels.shape[1], -1).astype(np.float64)


def _unflat(flat: Scores, scores: WindowScores) -> Scores:
    n_parts, _, n_channels = scores.channels.shape
    return flat.reshape(-1, n_parts, n_channels).swapaxes(0, 1)


def _least_excess(fitted: FittedModel) -> Scores:
    """Return the least mean excess of each part and channel: a nat a window, a thousandth of a spread, half a row."""
    of_parts = [1.0 / fitted.shape.horizon, 1.0, 1e-3, 0.5, 1.0 / fitted.shape.lookback]
    return np.repeat(of_parts, len(fitted.channels))

"""What is odd: the windows a fitted model finds unlikely, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows, to_frame
from divecast.errors import ConfigError
from divecast.explain.anomalies.anomaly_reasons import OddWindow, describe
from divecast.explain.anomalies.label_disagreements import ReadAs, describe_reading, log_odds, odds_where_read
from divecast.explain.anomalies.reference import PARTS, Reference, highest
from divecast.explain.anomalies.reference_scores import Scores
from divecast.explain.anomalies.scored_windows import ScoredWindows
from divecast.explain.anomalies.window_scores import CHANNEL_PARTS, score_windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Columns, Keys, merged


@dataclass(frozen=True, eq=False, slots=True)
class Anomalies(ScoredWindows):
    """How odd every window is, by channel, by label and in all.

    A *rarity* is -log10 of the share of reference windows that are at least as odd: 2 is one in a hundred. Beyond
    log10 of the reference windows it is extrapolated: good for an order, not as a probability. A window that is rarer
    than 2 is no fault yet: one reference window in a hundred is, too, and more are where the data have moved on from
    the reference, as from autumn to winter; then only the order counts.

    Attributes, beside those of ``ScoredWindows``:
        segments: (window,) number of the recording.
        lookback: rows of a window.
    """

    segments: NDArray[np.int64]
    lookback: int

    @property
    def channel_score(self) -> Scores:
        """(window, channel) the highest rarity among the channel's ``parts``."""
        chosen = [CHANNEL_PARTS.index(part) for part in self.parts if part in CHANNEL_PARTS]
        return highest(np.moveaxis(self.rarities.channels[chosen], 0, -1))

    def top(self, n: int = 10, apart: int | None = None) -> tuple[OddWindow, ...]:
        """Return the oddest windows, the oddest first, with the reasons in words.

        Windows that overlap show the same event: once one is taken, those of the same recording that end less than
        ``apart`` rows from it are passed over.

        Args:
            n: how many at most.
            apart: rows between the ends of two events at least; the look-back by default, so that no two overlap.

        Raises:
            ConfigError: ``n`` or ``apart`` is below 1.
        """
        return tuple(describe(self, at) for at in self._events(self.score, n, apart))

    def read_as(self, factor: str, to: str, n: int = 10, apart: int | None = None) -> tuple[ReadAs, ...]:
        """Return the windows whose label is read as a class though it is given as another, the clearest first.

        ``read_as("weekday", "Sun")`` lists the days that look like a Sunday and are none: holidays lead that list
        without having been told of. Windows are ranked by ``log_odds``.

        Args:
            factor: whose label is read.
            to: the class it is read as.
            n: how many windows at most.
            apart: as in ``top``.

        Raises:
            ConfigError: no such factor or class, or ``n`` or ``apart`` is below 1.
        """
        ranked = self._events(odds_where_read(self, factor, to), n, apart)
        return tuple(describe_reading(self, at, factor) for at in ranked)

    def log_odds(self, factor: str, to: str) -> Scores:
        """Return how much rather than the class given each window is read as ``to``, (window,).

        It is log p(to | window) - log p(class given | window), nats; NaN where no label is given.

        Raises:
            ConfigError: no such factor or class.
        """
        return log_odds(self, factor, to)

    def frame(self, layout: Literal["window", "channel"] = "window") -> Any:
        """Return a table of the caller's kind.

        ``window`` has a row per window: ``end`` (time of its last row), ``score``, ``channel`` (the oddest), the rarity
        of each part, and per factor ``weekday_surprise`` (nats), ``weekday_read``, ``weekday_probability`` and
        ``weekday_given``. ``channel`` has a row per window and channel: ``unique_id, end, score`` and the rarity of
        each part.
        """
        if layout not in ("window", "channel"):
            raise ConfigError(f'layout must be "window" or "channel", got {layout!r}')
        return to_frame(self._by_window() if layout == "window" else self._by_channel(), self.keys.backend)

    def _by_window(self) -> Columns:
        names = np.array([*self.channels, None], dtype=object)
        columns = {**self.keys.columns("end", -1), "score": self.score}
        columns["channel"] = names[_first_highest(self.channel_score)]
        columns |= dict(zip(PARTS, self.rarities.parts.T, strict=True))
        for at, (name, classes) in enumerate(zip(self.factors, self.classes, strict=True)):
            texts = np.array([*classes, None], dtype=object)  # -1 picks the None
            read = {
                f"{name}_surprise": self.scores.surprise[:, at],
                f"{name}_read": texts[self.scores.read[:, at]],
                f"{name}_probability": self.scores.probability[:, at],
                f"{name}_given": texts[self.scores.given[:, at]],
            }
            columns = merged(columns, read)
        return columns

    def _by_channel(self) -> Columns:
        n_windows, n_channels = self.channel_score.shape
        columns: Columns = {"unique_id": np.tile(np.array(self.channels, dtype=object), n_windows)}
        columns |= {name: np.repeat(column, n_channels) for name, column in self.keys.columns("end", -1).items()}
        columns["score"] = self.channel_score.reshape(-1)
        return columns | {p: r.reshape(-1) for p, r in zip(CHANNEL_PARTS, self.rarities.channels, strict=True)}

    def _events(self, rank: Scores, n: int, apart: int | None) -> list[int]:
        """Return the windows that rank highest, no two closer than ``apart``; those without a rank are left out."""
        apart, found = self.lookback if apart is None else apart, list[int]()
        for name, value in (("n", n), ("apart", apart)):
            if value < 1:
                raise ConfigError(f"{name} must be a whole number >= 1, got {value}")
        scored = np.flatnonzero(~np.isnan(rank))
        for at in scored[np.argsort(-rank[scored], kind="stable")]:
            same = [other for other in found if self.segments[other] == self.segments[at]]
            if all(abs(self.keys.origins[other] - self.keys.origins[at]) >= apart for other in same):
                found.append(int(at))
            if len(found) == n:
                break
        return found


def find_anomalies(fitted: FittedModel, windows: Windows, reference: Reference, parts: Sequence[str]) -> Anomalies:
    """Score windows and measure them against what is usual."""
    scores = score_windows(fitted, windows)
    rarities = reference.rarities(scores)
    read = fitted.vocabularies[: scores.surprise.shape[1]]
    return Anomalies(
        keys=Keys.of(windows.source, windows.origins, windows.segments, range(-fitted.shape.horizon, 0)),
        channels=fitted.channels,
        factors=tuple(vocabulary.name for vocabulary in read),
        classes=tuple(vocabulary.classes for vocabulary in read),
        parts=tuple(parts),
        scores=scores,
        rarities=rarities,
        score=reference.total(rarities, parts),
        reference=reference,
        segments=windows.segments,
        lookback=fitted.shape.lookback,
    )


def _first_highest(scores: Scores) -> NDArray[np.int64]:
    """Return the place of the highest of each row, -1 where all are NaN."""
    best = np.where(np.isnan(scores), -np.inf, scores)
    return np.where(np.isneginf(best).all(axis=1), -1, best.argmax(axis=1))

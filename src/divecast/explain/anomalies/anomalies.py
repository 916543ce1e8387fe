"""Anomaly scores of windows, as a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.config import check_at_least
from divecast.data import Backend, Windows
from divecast.errors import ConfigError
from divecast.explain.anomalies.anomaly_reasons import AnomalousWindow, describe
from divecast.explain.anomalies.label_disagreements import (
    LabelDisagreement,
    describe_disagreement,
    disagreement_log_odds,
    log_odds,
)
from divecast.explain.anomalies.reference import SCORES, Reference, highest
from divecast.explain.anomalies.reference_scores import Values
from divecast.explain.anomalies.scored_windows import ScoredWindows
from divecast.explain.anomalies.window_scores import CHANNEL_SCORES, score_windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Columns, Keys, merged


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Anomalies(ScoredWindows, Plottable):
    """Anomaly scores of windows: overall, by channel and by label.

    A score is a *rarity*: -log10 of the share of reference windows that are at least as anomalous; 2 is one in a
    hundred. Beyond log10 of the number of reference windows it is extrapolated: good for ranking, not as a probability.
    A rarity above 2 alone does not indicate a fault: one reference window in a hundred reaches it, and more do where
    the data have changed since the reference, as from autumn to winter. Then only the ranking counts.

    Attributes, beside those of ``ScoredWindows``:
        segments: (window,) number of the recording.
        lookback: rows of a window.

    Example:
        >>> anomalies = model.anomalies(panel.rows(0, 400), every=5)
        >>> anomalies.score.shape == (len(anomalies.keys.origins),), anomalies.channel_score.shape[1]
        (True, 4)
    """

    segments: NDArray[np.int64]
    lookback: int

    @property
    def channel_score(self) -> Values:
        """(window, channel) the highest rarity among the channel's scores that count."""
        columns = [CHANNEL_SCORES.index(name) for name in self.score_names if name in CHANNEL_SCORES]
        return highest(np.moveaxis(self.rarities.channels[columns], 0, -1))

    def top(self, n: int = 10, apart: int | None = None) -> tuple[AnomalousWindow, ...]:
        """Return the most anomalous windows with reasons in words, most anomalous first.

        Overlapping windows show the same event: of windows of one recording that end less than ``apart`` rows apart,
        only the most anomalous is returned.

        Args:
            n: largest number of windows.
            apart: least number of rows between the ends of two windows; by default the lookback, so that none overlap.

        Raises:
            ConfigError: ``n`` or ``apart`` is below 1.

        Example:
            >>> windows = model.anomalies(panel.rows(0, 400), every=5).top(3)
            >>> [window.score >= windows[-1].score for window in windows]
            [True, True, True]
        """
        return tuple(describe(self, window) for window in self._events(self.score, n, apart))

    def label_disagreements(
        self, factor: str, to: str, n: int = 10, apart: int | None = None
    ) -> tuple[LabelDisagreement, ...]:
        """Return the windows that look like a class although their label says another, the clearest first.

        ``label_disagreements("weekday", "Sun")`` lists days that look like a Sunday and are none. Public holidays lead
        this list, although the model was not told of them. Windows are ranked by ``log_odds``.

        Args:
            factor: the factor.
            to: the inferred class.
            n: largest number of windows.
            apart: as in ``top``.

        Raises:
            ConfigError: there is no such factor or class, or ``n`` or ``apart`` is below 1.

        Example:
            >>> days = model.anomalies(panel.rows(0, 400), every=5).label_disagreements("weekday", "Sun", n=5, apart=24)
            >>> all(day.given != "Sun" for day in days)
            True
        """
        ranked = self._events(disagreement_log_odds(self, factor, to), n, apart)
        return tuple(describe_disagreement(self, window, factor) for window in ranked)

    def log_odds(self, factor: str, to: str) -> Values:
        """Return log p(to | window) - log p(given class | window), nats, (window,); NaN where there is no label.

        Raises:
            ConfigError: there is no such factor or class.

        Example:
            >>> anomalies = model.anomalies(panel.rows(0, 400), every=5)
            >>> anomalies.log_odds("weekday", "Sun").shape == anomalies.score.shape
            True
        """
        return log_odds(self, factor, to)

    def frame(self, layout: Literal["window", "channel"] = "window", *, backend: Backend | None = None) -> Any:
        """Return the scores as a table.

        Args:
            layout: ``window`` gives one row per window with ``end`` (time of its last row), ``score``, ``channel``
                (the most anomalous), the rarity of every score, and for each factor ``weekday_surprise`` (nats),
                ``weekday_inferred``, ``weekday_probability`` and ``weekday_given``. ``channel`` gives one row per
                window and channel with ``unique_id, end, score`` and the rarity of every score.
            backend: kind of table; by default that of the data.

        Raises:
            ConfigError: there is no such layout.

        Example:
            >>> table = model.anomalies(panel.rows(0, 400), every=5).frame("channel")
            >>> list(table.columns)[:3]
            ['unique_id', 'end', 'score']
        """
        if layout not in ("window", "channel"):
            raise ConfigError(expected='the layout "window" or "channel"', found=repr(layout), argument="layout")
        return self.keys.frame(self._by_window() if layout == "window" else self._by_channel(), backend)

    def _by_window(self) -> Columns:
        names = np.array([*self.channels, None], dtype=object)
        columns = {**self.keys.columns("end", -1), "score": self.score}
        columns["channel"] = names[_index_of_highest(self.channel_score)]
        columns |= dict(zip(SCORES, self.rarities.by_score.T, strict=True))
        scores = self.raw_scores
        for column, (name, classes) in enumerate(zip(self.factors, self.classes, strict=True)):
            texts = np.array([*classes, None], dtype=object)  # index -1 is None
            labels = {
                f"{name}_surprise": scores.surprise[:, column],
                f"{name}_inferred": texts[scores.inferred[:, column]],
                f"{name}_probability": scores.probability[:, column],
                f"{name}_given": texts[scores.given[:, column]],
            }
            columns = merged(columns, labels)
        return columns

    def _by_channel(self) -> Columns:
        n_windows, n_channels = self.channel_score.shape
        columns = self.keys.series(self.channels, np.tile(np.arange(n_channels), n_windows))
        columns |= {name: np.repeat(column, n_channels) for name, column in self.keys.columns("end", -1).items()}
        columns["score"] = self.channel_score.reshape(-1)
        rarities = zip(CHANNEL_SCORES, self.rarities.channels, strict=True)
        return columns | {name: rarity.reshape(-1) for name, rarity in rarities}

    def _events(self, rank: Values, n: int, apart: int | None) -> list[int]:
        """Return the windows that rank highest, no two closer than ``apart``; those without a rank are left out."""
        apart = self.lookback if apart is None else apart
        check_at_least(1, n=n, apart=apart)
        events: list[int] = []
        ranked = np.flatnonzero(~np.isnan(rank))
        for window in ranked[np.argsort(-rank[ranked], kind="stable")]:
            neighbours = [event for event in events if self.segments[event] == self.segments[window]]
            if all(abs(self.keys.origins[event] - self.keys.origins[window]) >= apart for event in neighbours):
                events.append(int(window))
            if len(events) == n:
                break
        return events


def find_anomalies(fitted: FittedModel, windows: Windows, reference: Reference, names: Sequence[str]) -> Anomalies:
    """Score windows and compare them with the reference."""
    raw = score_windows(fitted, windows)
    rarities = reference.rarities(raw)
    inferred = fitted.vocabularies[: raw.surprise.shape[1]]
    return Anomalies(
        keys=Keys.of(windows.source, windows.origins, windows.segments, range(-fitted.shape.horizon, 0)),
        channels=fitted.channels,
        factors=tuple(vocabulary.name for vocabulary in inferred),
        classes=tuple(vocabulary.classes for vocabulary in inferred),
        score_names=tuple(names),
        raw_scores=raw,
        rarities=rarities,
        score=reference.total(rarities, names),
        reference=reference,
        segments=windows.segments,
        lookback=fitted.shape.lookback,
    )


def _index_of_highest(values: Values) -> NDArray[np.int64]:
    """Return the column of the highest value of each row, -1 where all are NaN."""
    best = np.where(np.isnan(values), -np.inf, values)
    return np.where(np.isneginf(best).all(axis=1), -1, best.argmax(axis=1))

"""Windows whose label is read from their values as another class than the one given."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from divecast.data.labels.class_names import class_place
from divecast.errors import ConfigError
from divecast.explain.anomalies.anomaly_reasons import moment
from divecast.explain.anomalies.reference_scores import Scores
from divecast.explain.anomalies.scored_windows import ScoredWindows


@dataclass(frozen=True, slots=True)
class ReadAs:
    """A window that looks like another class.

    Attributes:
        window: its number in the result it was taken from.
        end: time of its last row: wall time without a zone, or seconds since the recording's start.
        recording: its name; None for a panel.
        factor: whose label it is.
        given: the class given.
        read: the class read.
        probability: of the class read.
        log_odds: log p(class read | window) - log p(class given | window), nats.
    """

    window: int
    end: Any
    recording: str | None
    factor: str
    given: str
    read: str
    probability: float
    log_odds: float

    def __str__(self) -> str:
        """Return the window in a line."""
        head = f"{moment(self.end)}{'' if self.recording is None else f' of {self.recording}'}"
        return (
            f"{head}: {self.factor} is read as {self.read} ({self.probability:.0%}), given is {self.given}; "
            f"log odds {self.log_odds:.1f} nats"
        )


def log_odds(found: ScoredWindows, factor: str, to: str) -> Scores:
    """Return log p(class | window) - log p(class given | window), nats, (window,); NaN where none is given.

    Raises:
        ConfigError: no such factor or class is read.
    """
    at, label = _place(found, factor, to)
    own = found.scores.surprise[:, at].astype(np.float64)
    return found.scores.log_posteriors[at][:, label] + own


def odds_where_read(found: ScoredWindows, factor: str, to: str) -> Scores:
    """Return ``log_odds``, (window,), of the windows of another class that are read as this one; NaN for the others."""
    at, label = _place(found, factor, to)
    mistaken = (found.scores.read[:, at] == label) & (found.scores.given[:, at] != label)
    return np.where(mistaken, log_odds(found, factor, to), np.nan)


def describe_reading(found: ScoredWindows, at: int, factor: str) -> ReadAs:
    """Say of a window what it is read as."""
    place = found.factors.index(factor)
    scores, classes, recordings = found.scores, found.classes[place], found.keys.recordings
    read, given = (int(each[at, place]) for each in (scores.read, scores.given))
    return ReadAs(
        window=at,
        end=found.keys.stamps[at, -1],
        recording=None if recordings is None else str(recordings[at]),
        factor=factor,
        given=classes[given],
        read=classes[read],
        probability=float(scores.probability[at, place]),
        log_odds=float(log_odds(found, factor, classes[read])[at]),
    )


def _place(found: ScoredWindows, factor: str, to: str) -> tuple[int, int]:
    if factor not in found.factors:
        raise ConfigError(f"expected a factor whose label is read, one of {list(found.factors)}, got {factor!r}")
    at = found.factors.index(factor)
    return at, class_place(factor, found.classes[at], to)

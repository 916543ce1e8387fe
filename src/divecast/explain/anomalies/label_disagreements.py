"""Windows whose inferred class differs from their label."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from divecast._text import visible
from divecast.data.labels.class_names import class_place
from divecast.errors import ConfigError
from divecast.explain.anomalies.anomaly_reasons import place_in_words
from divecast.explain.anomalies.reference_scores import Values
from divecast.explain.anomalies.scored_windows import ScoredWindows, recording_of


@dataclass(frozen=True, slots=True)
class LabelDisagreement:
    """A window that looks like another class than its label says.

    Attributes:
        window: its number in the result it comes from.
        end: time of its last row: wall time without a zone, or seconds since the start of the recording.
        recording: its name; None for a panel.
        factor: the factor.
        given: class of the label.
        inferred: class inferred from the values.
        probability: of the inferred class.
        log_odds: log p(inferred | window) - log p(given | window), nats.

    Example:
        >>> found = model.anomalies(panel.rows(0, 400), every=5).label_disagreements("weekday", "Sun")
        >>> all(disagreement.inferred == "Sun" for disagreement in found)
        True
    """

    window: int
    end: Any
    recording: str | None
    factor: str
    given: str
    inferred: str
    probability: float
    log_odds: float

    def __str__(self) -> str:
        """Return the disagreement in one line."""
        return visible(
            f"{place_in_words(self.end, self.recording)}: {self.factor} is labelled {self.given}, but looks like "
            f"{self.inferred} (probability {self.probability:.0%}, log odds {self.log_odds:.1f} nats)"
        )


def log_odds(windows: ScoredWindows, factor: str, to: str) -> Values:
    """Return log p(to | window) - log p(given class | window), nats, (window,); NaN where there is no label.

    Raises:
        ConfigError: there is no such factor or class.
    """
    column, class_index = _indices(windows, factor, to)
    scores = windows.raw_scores
    surprise = scores.surprise[:, column].astype(np.float64)
    return scores.log_posteriors[column][:, class_index] + surprise


def disagreement_log_odds(windows: ScoredWindows, factor: str, to: str) -> Values:
    """Return ``log_odds``, (window,), where the inferred class is ``to`` and the label is another; NaN elsewhere."""
    column, class_index = _indices(windows, factor, to)
    inferred, given = windows.raw_scores.inferred[:, column], windows.raw_scores.given[:, column]
    return np.where((inferred == class_index) & (given != class_index), log_odds(windows, factor, to), np.nan)


def describe_disagreement(windows: ScoredWindows, window: int, factor: str) -> LabelDisagreement:
    """Return the label and the inferred class of a window."""
    column = windows.factors.index(factor)
    scores, classes = windows.raw_scores, windows.classes[column]
    inferred = classes[int(scores.inferred[window, column])]
    return LabelDisagreement(
        window=window,
        end=windows.keys.stamps[window, -1],
        recording=recording_of(windows, window),
        factor=factor,
        given=classes[int(scores.given[window, column])],
        inferred=inferred,
        probability=float(scores.probability[window, column]),
        log_odds=float(log_odds(windows, factor, inferred)[window]),
    )


def _indices(windows: ScoredWindows, factor: str, to: str) -> tuple[int, int]:
    """Return the column of a factor and the index of its class."""
    if factor not in windows.factors:
        raise ConfigError(
            expected=f"a factor whose labels are inferred, one of {list(windows.factors)}",
            found=repr(factor),
            argument="factor",
        )
    column = windows.factors.index(factor)
    return column, class_place(factor, windows.classes[column], to)

"""Scores of windows by channel, by label and overall."""

from dataclasses import dataclass

from divecast.explain.anomalies.reference import Rarities, Reference
from divecast.explain.anomalies.reference_scores import Values
from divecast.explain.anomalies.window_scores import WindowScores
from divecast.inference.results import Keys


@dataclass(frozen=True, eq=False, slots=True)
class ScoredWindows:
    """Anomaly scores of windows, and the reference they are compared with.

    Attributes:
        keys: windows and the times of their last ``horizon`` rows.
        channels: names.
        factors: names of the factors whose labels are inferred.
        classes: class names of each factor.
        score_names: the scores that count in ``score``.
        raw_scores: scores before the comparison, in nats where they are likelihoods.
        rarities: of every score by channel, of every label, and of every score of the window.
        score: (window,) rarity of the highest of the scores that count; NaN where none could be computed.
        reference: the reference windows.
    """

    keys: Keys
    channels: tuple[str, ...]
    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    score_names: tuple[str, ...]
    raw_scores: WindowScores
    rarities: Rarities
    score: Values
    reference: Reference


def recording_of(windows: ScoredWindows, window: int) -> str | None:
    """Return the name of a window's recording; None for a panel."""
    recordings = windows.keys.recordings
    return None if recordings is None else str(recordings[window])

"""Windows with what is odd about them: what the answers to "what is odd" are made from."""

from dataclasses import dataclass

from divecast.explain.anomalies.reference import Rarities, Reference
from divecast.explain.anomalies.reference_scores import Scores
from divecast.explain.anomalies.window_scores import WindowScores
from divecast.inference.results import Keys


@dataclass(frozen=True, eq=False, slots=True)
class ScoredWindows:
    """Scores of windows, by channel, by label and in all, and what they are measured against.

    Attributes:
        keys: windows and the times of their last ``horizon`` rows.
        channels: names.
        factors: names of the factors whose labels are read.
        classes: class names of each factor.
        parts: what the score is made of.
        scores: raw scores, in nats where they are likelihoods.
        rarities: of every part by channel, of every label, and of every part of the window.
        score: (window,) rarity of the oddest of ``parts``; NaN where none could be scored.
        reference: the windows taken for usual.
    """

    keys: Keys
    channels: tuple[str, ...]
    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    parts: tuple[str, ...]
    scores: WindowScores
    rarities: Rarities
    score: Scores
    reference: Reference

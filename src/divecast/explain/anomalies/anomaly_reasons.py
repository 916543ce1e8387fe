"""An anomalous window with its reasons in words: what is anomalous, where, and by how much."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural, visible
from divecast.explain.anomalies.reference import SCORES
from divecast.explain.anomalies.reference_scores import Values
from divecast.explain.anomalies.scored_windows import ScoredWindows, recording_of
from divecast.explain.anomalies.window_scores import CHANNEL_SCORES

_MOST_REASONS = 3
_NOTABLE = 1.0  # rarity of one in ten: a lower score is not named as a reason


@dataclass(frozen=True, slots=True)
class AnomalousWindow:
    """One of the most anomalous windows, with reasons in words.

    Attributes:
        window: its number in the result it comes from.
        end: time of its last row: wall time without a zone, or seconds since the start of the recording.
        recording: its name; None for a panel.
        score: its rarity.
        rarity: the score in words.
        main_score: name of the highest score.
        channel: the channel where that score is highest; None where it is not one of a channel.
        reasons: in words, the strongest first.

    Example:
        >>> window = model.anomalies(panel.rows(0, 400), every=5).top(1)[0]
        >>> window.main_score in ("level", "peak", "jump", "stuck", "label"), len(window.reasons) > 0
        (True, True)
    """

    window: int
    end: Any
    recording: str | None
    score: float
    rarity: str
    main_score: str
    channel: str | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """Return the window in one line."""
        where = place_in_words(self.end, self.recording)
        return visible(f"{where}: score {self.score:.1f} ({self.rarity}): {'; '.join(self.reasons)}")


def describe(windows: ScoredWindows, window: int) -> AnomalousWindow:
    """Describe what makes a window anomalous."""
    rarities = {name: float(windows.rarities.by_score[window, SCORES.index(name)]) for name in windows.score_names}
    ranked = sorted((name for name in rarities if not np.isnan(rarities[name])), key=lambda name: -rarities[name])
    named = [name for name in ranked if rarities[name] >= _NOTABLE][:_MOST_REASONS] or ranked[:1]
    main, channel = named[0], None
    if main in CHANNEL_SCORES:
        channel = windows.channels[_rarest(windows.rarities.channels[CHANNEL_SCORES.index(main), window])[0]]
    score = float(windows.score[window])
    return AnomalousWindow(
        window=window,
        end=windows.keys.stamps[window, -1],
        recording=recording_of(windows, window),
        score=score,
        rarity=_rarity_in_words(score, windows),
        main_score=main,
        channel=channel,
        reasons=tuple(_reason(windows, window, name) for name in named),
    )


def place_in_words(end: Any, recording: str | None) -> str:
    """Return where a window ends: "2016-12-26 23:00", "3.50 s of walk 1"."""
    return moment(end) if recording is None else f"{moment(end)} of {recording}"


def moment(stamp: Any) -> str:
    """Return a time as text, to the minute where it is a whole one, or seconds with two decimals."""
    if isinstance(stamp, np.datetime64):
        whole = stamp == stamp.astype("datetime64[m]")
        return str(stamp.astype("datetime64[m]" if whole else "datetime64[s]")).replace("T", " ")
    return f"{float(stamp):.2f} s"


def _rarity_in_words(score: float, windows: ScoredWindows) -> str:
    """Return how rare a score is, no finer than the number of reference windows allows."""
    reference = windows.reference
    if score >= np.log10(reference.n_windows + 1):
        return f"higher than in all {reference.n_windows} windows of {reference.name}"
    return f"about 1 in {max(1, round(10**score))} windows of {reference.name}"


def _reason(windows: ScoredWindows, window: int, name: str) -> str:
    if name == "label":
        return _label_reason(windows, window)
    if name == "bound":
        return "the window as a whole is unlikely under the model"
    index = CHANNEL_SCORES.index(name)
    rarest = _rarest(windows.rarities.channels[index, window])
    column = rarest[0]
    channel, row = windows.channels[column], int(windows.raw_scores.rows[index, window, column])
    time = moment(windows.keys.stamps[window, -row]) if row else ""
    horizon, raw = windows.keys.stamps.shape[1], float(windows.raw_scores.channels[index, window, column])
    texts = {
        "level": f"{channel} deviates from its forecast over the last {plural(horizon, 'row')}",
        "peak": f"{channel} is far from its forecast at {time}",
        "jump": f"{channel} jumps away from its neighbouring values at {time}",
        "stuck": f"{channel} repeats the same value {raw:.0f} times in a row",
        "reconstruction": f"{channel} has a shape that the code cannot reconstruct",
    }
    others = len(rarest) - 1
    return texts[name] + (f" (and {plural(others, 'more channel')})" if others else "")


def _label_reason(windows: ScoredWindows, window: int) -> str:
    reasons = []
    for factor in _rarest(windows.rarities.labels[window]):
        name, classes = windows.factors[factor], windows.classes[factor]
        scores = windows.raw_scores
        given, inferred = (classes[labels[window, factor]] for labels in (scores.given, scores.inferred))
        probability = f"probability {scores.probability[window, factor]:.0%}"
        if given == inferred:
            reasons.append(f"{name} {given} is inferred with unusual doubt ({probability})")
        else:
            reasons.append(f"{name} is labelled {given}, but looks like {inferred} ({probability})")
    return ", ".join(reasons)


def _rarest(rarities: Values) -> NDArray[np.int64]:
    """Return the index of the highest rarity, and those of all others above one in a hundred, in falling order."""
    known = np.flatnonzero(~np.isnan(rarities))
    order = known[np.argsort(-rarities[known], kind="stable")]
    kept: NDArray[np.int64] = order[(rarities[order] >= 2.0) | (np.arange(len(order)) == 0)]
    return kept

"""An odd window with the reasons in words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.explain.anomalies.reference import PARTS
from divecast.explain.anomalies.reference_scores import Scores
from divecast.explain.anomalies.scored_windows import ScoredWindows
from divecast.explain.anomalies.window_scores import CHANNEL_PARTS

_REASONS = 3
_NOTABLE = 1.0  # one in ten: below, a part is no reason


@dataclass(frozen=True, slots=True)
class OddWindow:
    """One of the oddest windows.

    Attributes:
        window: its number in the result it was taken from.
        end: time of its last row: wall time without a zone, or seconds since the recording's start.
        recording: its name; None for a panel.
        score: its rarity.
        rarity: the score in words.
        part: the part that makes it odd.
        channel: the channel that does; None where it is no single one.
        reasons: in words, the weightiest first.
    """

    window: int
    end: Any
    recording: str | None
    score: float
    rarity: str
    part: str
    channel: str | None
    reasons: tuple[str, ...]

    def __str__(self) -> str:
        """Return the window in a line."""
        head = f"{moment(self.end)}{'' if self.recording is None else f' of {self.recording}'}"
        return f"{head}: score {self.score:.1f} ({self.rarity}): {'; '.join(self.reasons)}"


def describe(found: ScoredWindows, at: int) -> OddWindow:
    """Say of a window what makes it odd."""
    rarities = {part: float(found.rarities.parts[at, PARTS.index(part)]) for part in found.parts}
    order = sorted((part for part in rarities if not np.isnan(rarities[part])), key=lambda part: -rarities[part])
    weighty = [part for part in order if rarities[part] >= _NOTABLE][:_REASONS] or order[:1]
    reasons = [_reason(found, at, part) for part in weighty]
    first = weighty[0]
    in_channel = first in CHANNEL_PARTS
    channel = (
        found.channels[_rarest(found.rarities.channels[CHANNEL_PARTS.index(first), at])[0]] if in_channel else None
    )
    recordings, score = found.keys.recordings, float(found.score[at])
    recording = None if recordings is None else str(recordings[at])
    end = found.keys.stamps[at, -1]
    return OddWindow(at, end, recording, score, in_words(score, found), first, channel, tuple(reasons))


def in_words(score: float, found: ScoredWindows) -> str:
    """Say how rare a score is, no finer than the reference windows tell."""
    n = found.reference.n_windows
    if score >= np.log10(n + 1):
        return f"above all of {n} windows of {found.reference.of}"
    return f"about 1 in {max(1, round(10**score))} windows of {found.reference.of}"


def moment(stamp: Any) -> str:
    """Return a time as text: to the minute, or to the hundredth of a second."""
    if isinstance(stamp, np.datetime64):
        whole = stamp == stamp.astype("datetime64[m]")
        return str(stamp.astype("datetime64[m]" if whole else "datetime64[s]")).replace("T", " ")
    return f"{float(stamp):.2f} s"


def _reason(found: ScoredWindows, at: int, part: str) -> str:
    if part == "label":
        return _label_reason(found, at)
    if part == "bound":
        return "the whole window is unlikely under the model"
    place = CHANNEL_PARTS.index(part)
    rarities = found.rarities.channels[place, at]
    worst = _rarest(rarities)
    channel, row = found.channels[worst[0]], int(found.scores.rows[place, at, worst[0]])
    when = moment(found.keys.stamps[at, -row]) if row else ""
    horizon, raw = found.keys.stamps.shape[1], float(found.scores.channels[place, at, worst[0]])
    words = {
        "level": f"{channel} is off its forecast over the last {plural(horizon, 'row')}",
        "peak": f"{channel} is far off its forecast at {when}",
        "jump": f"{channel} is out of line with its neighbours at {when}",
        "stuck": f"{channel} repeats its value {raw:.0f} times in a row",
        "reconstruction": f"{channel} has a shape the code cannot give back",
    }
    others = len(worst) - 1
    return words[part] + (f" (and {plural(others, 'more channel')})" if others else "")


def _label_reason(found: ScoredWindows, at: int) -> str:
    rarities = found.rarities.labels[at]
    told = []
    for factor in _rarest(rarities):
        names, given = found.classes[factor], found.scores.given[at, factor]
        read, share = names[found.scores.read[at, factor]], found.scores.probability[at, factor]
        if names[given] == read:
            told.append(f"{found.factors[factor]} {read} is read with doubt ({share:.0%})")
        else:
            told.append(f"{found.factors[factor]} is read as {read} ({share:.0%}), given is {names[given]}")
    return ", ".join(told)


def _rarest(rarities: Scores) -> NDArray[np.int64]:
    """Return the places of the rarest, and of the others that are rarer than one in a hundred, the rarest first."""
    known = np.flatnonzero(~np.isnan(rarities))
    order = known[np.argsort(-rarities[known], kind="stable")]
    kept: NDArray[np.int64] = order[(rarities[order] >= 2.0) | (np.arange(len(order)) == 0)]
    return kept

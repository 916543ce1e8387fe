"""What was fitted, how good it is, what the code has understood and what is odd, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divecast._text import plural
from divecast.explain.anomalies.anomaly_reasons import OddWindow
from divecast.inference.evaluation import LINEAR_NAMES, MODEL_NAME, Evaluation
from divecast.inference.results import Labels
from divecast.page.packed import number
from divecast.page.scope import Scope

_SAME = 0.005  # share below which no difference is told
_MEASURES = ("rrse", "mase", "crps", "coverage")


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of one forecaster over all steps; None where it has none, as a point forecast has no CRPS."""

    name: str
    rrse: float | None
    mase: float | None
    crps: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary.

    Attributes:
        fitted: what was fitted on what.
        good: how good the forecasts are.
        understood: what the code tells of the labels.
        odd: the oddest windows, in words.
        scores: the model first.
    """

    fitted: str
    good: str
    understood: str
    odd: tuple[str, ...]
    scores: tuple[Score, ...]


def summary_of(
    scope: Scope, scores: Evaluation | str, labels: Labels | None, events: Sequence[OddWindow] | str
) -> Summary:
    """Say it in words; what could not be measured comes as the reason why."""
    return Summary(
        fitted=_fitted(scope),
        good=scores if isinstance(scores, str) else _good(scores),
        understood=_understood(labels),
        odd=(events,) if isinstance(events, str) else tuple(str(event) for event in events[:3]),
        scores=() if isinstance(scores, str) else _scores(scores),
    )


def _fitted(scope: Scope) -> str:
    shape, source = scope.fitted.shape, scope.source
    factors = f"the labels {', '.join(scope.factors)}" if scope.factors else "no labels"
    rows = plural(len(source.values), "row")
    if source.clock is None:
        rows = f"{plural(len(source.names), 'recording')} with {rows}"
    else:
        ends = source.clock.local(np.array([0, len(source.values) - 1])).astype("datetime64[m]")
        rows += f", {ends[0]} to {ends[1]}".replace("T", " ")
    seen = " Windows of the fit may be among them: then the scores below flatter." if scope.part == "all" else ""
    return (
        f"A DeepDIVE that reads {plural(shape.lookback, 'row')} and forecasts {shape.horizon}, with {factors} in its "
        f"code. The data have {len(scope.fitted.channels):,} series ({scope.fitted.frequency}) and {rows}. Shown is "
        f"{scope.part_name}: {plural(len(scope.windows), 'window')}.{seen}"
    )


def _good(found: Evaluation) -> str:
    own = found.scores[MODEL_NAME].overall()
    said = (
        f"Over all steps its forecasts have RRSE {own['rrse']:.4f}, MASE {own['mase']:.3f} and CRPS {own['crps']:.4g}"
    )
    rivals = [name for name in found.scores if name in LINEAR_NAMES.values() or name.startswith("seasonal naive")]
    than = [f"{_beside(own['rrse'], found.scores[name].overall()['rrse'])} the {name}" for name in rivals]
    held = f"; its {found.scores[MODEL_NAME].nominal:.0%} intervals hold {own['coverage']:.1%} of the values"
    return said + held + "." + (f" Its RRSE is {', '.join(than)}." if than else "")


def _beside(own: float, other: float) -> str:
    share = 1.0 - own / other
    if abs(share) < _SAME:
        return "about that of"
    return f"{abs(share):.0%} {'lower' if share > 0 else 'higher'} than that of"


def _understood(labels: Labels | None) -> str:
    if labels is None:
        return "The model reads no labels from the values."
    told = []
    for at, (name, right) in enumerate(labels.accuracy().items()):
        known = labels.given[:, at][labels.given[:, at] >= 0]
        if not len(known):
            told.append(f"{name} (no label is given to compare with)")
            continue
        chance = np.bincount(known).max() / len(known)
        told.append(f"{name} right in {right:.1%} of the windows (guessing the commonest: {chance:.1%})")
    return f"From the values of a window alone the code reads {'; '.join(told)}."


def _scores(found: Evaluation) -> tuple[Score, ...]:
    every = ((name, score.overall()) for name, score in found.scores.items())
    return tuple(Score(name, *(number(overall[measure]) for measure in _MEASURES)) for name, overall in every)

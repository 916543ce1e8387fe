"""Section of the page: what was fitted, how accurate it is, how well it infers labels, and what is anomalous."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from divecast._text import plural
from divecast.explain.anomalies.anomaly_reasons import AnomalousWindow
from divecast.inference.evaluation import LINEAR_NAMES, MODEL_NAME, Evaluation
from divecast.inference.results import Labels
from divecast.page.packed import number
from divecast.page.scope import Scope

_SAME = 0.005  # relative difference below which scores count as equal
_MEASURES = ("rrse", "mase", "crps", "coverage")


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of one forecaster over all steps; None where it has none (a point forecast has no CRPS)."""

    name: str
    rrse: float | None
    mase: float | None
    crps: float | None
    coverage: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """Sentences and scores.

    Attributes:
        fitted: what was fitted on which data.
        accuracy: how accurate the forecasts are.
        labels: how well labels are inferred.
        anomalies: the most anomalous windows.
        scores: one row per forecaster, the model first.
    """

    fitted: str
    accuracy: str
    labels: str
    anomalies: tuple[str, ...]
    scores: tuple[Score, ...]


def summary_of(
    scope: Scope, scores: Evaluation | str, labels: Labels | None, events: Sequence[AnomalousWindow] | str
) -> Summary:
    """Summarise in words; a part that could not be computed is given as the reason."""
    return Summary(
        fitted=_fitted(scope),
        accuracy=scores if isinstance(scores, str) else _accuracy(scores),
        labels=_labels(labels),
        anomalies=(events,) if isinstance(events, str) else tuple(str(event) for event in events[:3]),
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
    seen = (
        " They may include windows of the training part, which makes the scores below too good."
        if scope.part == "all"
        else ""
    )
    return (
        f"A DeepDIVE model with lookback {shape.lookback} and horizon {shape.horizon}, and with {factors} in its code. "
        f"The data have {len(scope.fitted.channels):,} series ({scope.fitted.frequency}) and {rows}. This page shows "
        f"{scope.part_name}: {plural(len(scope.windows), 'window')}.{seen}"
    )


def _accuracy(evaluation: Evaluation) -> str:
    scores = evaluation.scores
    own = scores[MODEL_NAME].overall()
    rivals = [name for name in scores if name in LINEAR_NAMES.values() or name.startswith("seasonal naive")]
    compared = [f"{_compared(own['rrse'], scores[name].overall()['rrse'])} the {name}" for name in rivals]
    return (
        f"Over all steps its forecasts have RRSE {own['rrse']:.4f}, MASE {own['mase']:.3f} and CRPS {own['crps']:.4g}; "
        f"its {scores[MODEL_NAME].nominal:.0%} intervals cover {own['coverage']:.1%} of the values."
    ) + (f" Its RRSE is {', '.join(compared)}." if compared else "")


def _compared(own: float, other: float) -> str:
    share = 1.0 - own / other
    if abs(share) < _SAME:
        return "about equal to that of"
    return f"{abs(share):.0%} {'lower' if share > 0 else 'higher'} than that of"


def _labels(labels: Labels | None) -> str:
    if labels is None:
        return "The model infers no labels from the values."
    sentences = []
    for factor, (name, accuracy) in enumerate(labels.accuracy().items()):
        known = labels.given[:, factor][labels.given[:, factor] >= 0]
        if not len(known):
            sentences.append(f"{name} has no labels to compare with")
            continue
        most_frequent = np.bincount(known).max() / len(known)
        sentences.append(
            f"{name} in {accuracy:.1%} of the windows (always the most frequent class: {most_frequent:.1%})"
        )
    return f"Labels inferred correctly from the values of a window alone: {'; '.join(sentences)}."


def _scores(evaluation: Evaluation) -> tuple[Score, ...]:
    overall = {name: scores.overall() for name, scores in evaluation.scores.items()}
    return tuple(Score(name, *(number(means[measure]) for measure in _MEASURES)) for name, means in overall.items())

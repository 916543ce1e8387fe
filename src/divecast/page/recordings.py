"""Sections of the page: each recording with its labels and anomalies, and conditions compared over people."""

from collections.abc import Sequence
from dataclasses import dataclass

from divecast.data import Recordings
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.recordings.compare import Conditions, compare_conditions
from divecast.explain.recordings.comparison import Comparison
from divecast.explain.recordings.summarise import summarise_recordings
from divecast.explain.recordings.summary import RecordingSummary
from divecast.page.packed import number
from divecast.page.scope import Scope

_PANEL = "This is told of recordings, and the data are a panel."
_NOT_ASKED = "No conditions were compared: the report compares those that it is told to."


@dataclass(frozen=True, slots=True)
class RecordingRow:
    """A recording: its name, the texts of its labels as read and as given, its mean score, and reasons."""

    name: str
    labels: tuple[str, ...]
    differs: tuple[bool, ...]
    score: float | None
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RecordingsSection:
    """Recordings one by one.

    Attributes:
        sentences: how many labels are read as given, and how many recordings are anomalous.
        factors: names of the factors.
        rows: the recordings, anomalous ones and those read as another class first.
    """

    sentences: tuple[str, ...]
    factors: tuple[str, ...]
    rows: tuple[RecordingRow, ...]


@dataclass(frozen=True, slots=True)
class ContrastPart:
    """A condition beside the reference: a title, and for each quantity the difference and its interval in spreads."""

    title: str
    difference: list[float | None]
    low: list[float | None]
    high: list[float | None]


@dataclass(frozen=True, slots=True)
class ComparisonSection:
    """Conditions compared.

    Attributes:
        sentences: what differs.
        names: quantities.
        contrasts: one for each condition.
    """

    sentences: tuple[str, ...]
    names: tuple[str, ...]
    contrasts: tuple[ContrastPart, ...]


def recordings_section(scope: Scope, scored: Anomalies | str) -> RecordingsSection | str:
    """Summarise each recording of the scored windows; a reason in words if that cannot be done."""
    if not isinstance(scope.source, Recordings):
        return _PANEL
    if isinstance(scored, str):
        return scored
    seen = scope.fitted.may_have_seen(scope.source, scope.part)
    summary = summarise_recordings(scope.fitted, scope.scored, scored, seen)
    rows = [_row(summary, place) for place in range(len(summary.names))]
    ranked = sorted(rows, key=lambda row: (not row.reasons, not any(row.differs)))
    return RecordingsSection(summary.sentences(), summary.labels.factors, tuple(ranked))


def comparison_section(scope: Scope, conditions: Sequence[Conditions], seen: bool) -> ComparisonSection | str:
    """Compare the conditions of each of some labels; a reason in words if there are none.

    Args:
        scope: with the windows.
        conditions: what to compare.
        seen: whether windows of the training part may be among them.
    """
    if not isinstance(scope.source, Recordings):
        return _PANEL
    if not conditions:
        return _NOT_ASKED
    found = [compare_conditions(scope.fitted, scope.scored, each, seen) for each in conditions]
    parts = tuple(part for comparison in found for part in _parts(comparison))
    sentences = tuple(dict.fromkeys(text for comparison in found for text in comparison.sentences()))
    return ComparisonSection(sentences, found[0].names, parts)


def _row(summary: RecordingSummary, place: int) -> RecordingRow:
    texts, differs = [], []
    labels = summary.labels
    for column, classes in enumerate(labels.classes):
        read, given = int(labels.inferred[place, column]), int(labels.given[place, column])
        share = labels.probabilities[column][place]
        text = f"{classes[read]} ({share[read]:.0%})"
        unlearned = summary.unlearned[place][column]
        if unlearned is not None:
            text += f", labelled {unlearned}, which is not learned"
        elif given < 0:
            text += ", not labelled"
        elif given != read:
            text += f", labelled {classes[given]} ({share[given]:.0%})"
        texts.append(text)
        differs.append(0 <= given != read)
    reasons = summary.reasons[place]
    return RecordingRow(summary.names[place], tuple(texts), tuple(differs), number(summary.score[place]), reasons)


def _parts(comparison: Comparison) -> list[ContrastPart]:
    return [
        ContrastPart(
            f"{comparison.label}: {each.to} beside {comparison.reference}",
            *([number(value) for value in ends / comparison.spread] for ends in (each.difference, each.low, each.high)),
        )
        for each in comparison.contrasts
    ]

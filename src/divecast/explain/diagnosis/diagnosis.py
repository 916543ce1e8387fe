"""The diagnosis of a code, as a result: measurements, and what they mean in words."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from divecast._optional import Plottable
from divecast._text import plural, visible
from divecast.config import check_choice
from divecast.data import Backend, to_frame
from divecast.explain.diagnosis.ownership import ProbeResults
from divecast.explain.diagnosis.separation import ClassPair, Separation
from divecast.explain.diagnosis.usage import Duplicate, Usage

State = Literal["fine", "problem", "unknown"]
Topic = Literal["a", "blocks", "duplicates", "classes", "labels", "ownership", "leakage", "forecast"]
Rows = Literal["findings", "dimensions", "classes", "labels", "probes"]

_MARKS: dict[State, str] = {"fine": "ok     ", "problem": "PROBLEM", "unknown": "?      "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a diagnosis.

    Attributes:
        topic: what it is about.
        state: ``fine``, ``problem``, or ``unknown`` if it could not be measured.
        text: what was found.
        advice: which setting to change, and how; empty if nothing is to be done.

    Example:
        >>> finding = model.check(panel, "test", every=13).findings[0]
        >>> finding.topic
        'a'
    """

    topic: Topic
    state: State
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class LabelAccuracy:
    """How well the model infers a factor's labels from the windows.

    Attributes:
        factor: name.
        n_labelled: number of windows with a label.
        accuracy: share of these whose label is inferred correctly; NaN without labels.
        chance: share of the most frequent class; NaN without labels.
    """

    factor: str
    n_labelled: int
    accuracy: float
    chance: float

    @property
    def skill(self) -> float:
        """Accuracy on a scale from 0 for chance to 1 for all correct; NaN with fewer than two classes."""
        return (self.accuracy - self.chance) / (1.0 - self.chance) if self.chance < 1.0 else float("nan")


@dataclass(frozen=True, slots=True)
class RareClasses:
    """How often a factor has another class than its usual one, where that is rare.

    Attributes:
        factor: name.
        usual: the usual class.
        n_rows: rows of the data with another class.
        n_days: days on which these rows lie; None for recordings.
    """

    factor: str
    usual: str
    n_rows: int
    n_days: int | None


@dataclass(frozen=True, eq=False, slots=True)
class Measurements:
    """Measurements of a code.

    Attributes:
        n_windows: number of windows.
        part: of the data of the fit, or ``all``.
        dimensions: of a, and of b where it is inferred.
        block_kl: KL of each factor's block from its prior, nats, mean over the windows.
        separations: distances between the classes of each factor under the prior.
        labels: how well each factor is inferred.
        probes: from which parts of the code each factor can be read.
        rare: the factors that nearly always have one class.
    """

    n_windows: int
    part: str
    dimensions: Usage
    block_kl: dict[str, float]
    separations: tuple[Separation, ...]
    labels: tuple[LabelAccuracy, ...]
    probes: ProbeResults
    rare: tuple[RareClasses, ...] = ()


class _Table(NamedTuple):
    names: tuple[str, ...]
    rows: list[tuple[Any, ...]]


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Diagnosis(Plottable):
    """The diagnosis of a code; ``print`` gives it in words.

    Attributes:
        measured: the measurements.
        findings: what they mean, and what to do.
        backend: kind of table of the data.

    Example:
        >>> diagnosis = model.check(panel, "test", every=13)
        >>> {finding.state for finding in diagnosis.findings} <= {"fine", "problem", "unknown"}
        True
    """

    measured: Measurements
    findings: tuple[Finding, ...]
    backend: Backend

    @property
    def fine(self) -> bool:
        """Whether no problem was found; what could not be measured does not count."""
        return all(finding.state != "problem" for finding in self.findings)

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Pairs of dimensions that carry the same information."""
        return self.measured.dimensions.duplicates

    @property
    def merged(self) -> tuple[ClassPair, ...]:
        """Pairs of classes with (nearly) the same centre."""
        return tuple(pair for separation in self.measured.separations for pair in separation.merged)

    def frame(self, rows: Rows = "dimensions", *, backend: Backend | None = None) -> Any:
        """Return a table of the findings or measurements.

        Args:
            rows: ``findings`` (``topic, state, text, advice``); ``dimensions`` (``dimension, factor, kl, variance,
                active, collapsed``); ``classes``, every pair of a factor (``factor, first, second, distance`` in
                standard deviations); ``labels`` (``factor, labelled, accuracy, chance, skill, block_kl``); ``probes``
                (``factor, source, accuracy, skill, low, high, by_label``).
            backend: kind of table; by default that of the data.

        Raises:
            ConfigError: another kind of rows.

        Example:
            >>> list(model.check(panel, "test", every=13).frame("findings").columns)
            ['topic', 'state', 'text', 'advice']
        """
        tables = {
            "findings": self._findings,
            "dimensions": self._dimensions,
            "classes": self._classes,
            "labels": self._labels,
            "probes": self._probes,
        }
        check_choice(tuple(tables), rows=rows)
        table = tables[rows]()
        columns = {name: _column([row[i] for row in table.rows]) for i, name in enumerate(table.names)}
        return to_frame(columns, backend or self.backend)

    def __str__(self) -> str:
        """Return the findings and advice in words."""
        part = "all given windows" if self.measured.part == "all" else f"{self.measured.part} part"
        lines = [f"Diagnosis of the code, {plural(self.measured.n_windows, 'window')} ({part})"]
        for finding in self.findings:
            lines.append(f"{_MARKS[finding.state]} {finding.text}")
            if finding.advice:
                lines.append(f"        -> {finding.advice}")
        n_problems = sum(finding.state == "problem" for finding in self.findings)
        n_unknown = sum(finding.state == "unknown" for finding in self.findings)
        verdict = f"{plural(n_problems, 'problem')} found." if n_problems else "No problem found."
        return visible("\n".join([*lines, verdict + (f" {n_unknown} could not be measured." if n_unknown else "")]))

    def _findings(self) -> _Table:
        rows = [(finding.topic, finding.state, finding.text, finding.advice) for finding in self.findings]
        return _Table(("topic", "state", "text", "advice"), rows)

    def _dimensions(self) -> _Table:
        d = self.measured.dimensions
        columns = (d.names, d.owners, d.kl.tolist(), d.variance.tolist(), d.active.tolist(), d.collapsed.tolist())
        names = ("dimension", "factor", "kl", "variance", "active", "collapsed")
        return _Table(names, list(zip(*columns, strict=True)))

    def _classes(self) -> _Table:
        pairs = [tuple(pair) for separation in self.measured.separations for pair in separation.pairs()]
        return _Table(("factor", "first", "second", "distance"), pairs)

    def _labels(self) -> _Table:
        kl = self.measured.block_kl
        rows = [
            (label.factor, label.n_labelled, label.accuracy, label.chance, label.skill, kl.get(label.factor, np.nan))
            for label in self.measured.labels
        ]
        return _Table(("factor", "labelled", "accuracy", "chance", "skill", "block_kl"), rows)

    def _probes(self) -> _Table:
        rows = [(r.factor, r.source, r.accuracy, *r.skill, r.by_label) for r in self.measured.probes.all]
        return _Table(("factor", "source", "accuracy", "skill", "low", "high", "by_label"), rows)


def _column(values: list[Any]) -> np.ndarray[Any, Any]:
    texts = not values or isinstance(values[0], str) or values[0] is None
    return np.array(values, dtype=object) if texts else np.array(values)

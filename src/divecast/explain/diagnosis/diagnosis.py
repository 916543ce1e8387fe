"""The health of a code, as a result: what was measured, and what it means in plain words."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from divecast._text import plural
from divecast.data import Backend, to_frame
from divecast.errors import ConfigError
from divecast.explain.diagnosis.ownership import Reading, Readings
from divecast.explain.diagnosis.separation import ClassPair, Separation
from divecast.explain.diagnosis.usage import Duplicate, Usage

State = Literal["fine", "look", "unknown"]
Topic = Literal["a", "blocks", "duplicates", "classes", "labels", "ownership", "leakage", "forecast"]
Rows = Literal["findings", "dimensions", "classes", "labels", "readings"]

_MARKS: dict[State, str] = {"fine": "ok  ", "look": "LOOK", "unknown": "?   "}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing said of a code.

    Attributes:
        topic: what it is about.
        state: ``fine``, ``look`` where something is wrong or may be, ``unknown`` where it could not be measured.
        text: what was found.
        advice: what to do about it; empty where nothing is to be done.
    """

    topic: Topic
    state: State
    text: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class LabelReading:
    """How well the model itself reads a factor from the window, against the labels the data give.

    Attributes:
        factor: name.
        n_labelled: windows with a label.
        accuracy: share of these read right; NaN without labels.
        chance: share of the commonest class; NaN without labels.
    """

    factor: str
    n_labelled: int
    accuracy: float
    chance: float

    @property
    def skill(self) -> float:
        """Accuracy on a scale where 0 is chance and 1 all right; NaN where there is one class only, or none."""
        return (self.accuracy - self.chance) / (1.0 - self.chance) if self.chance < 1.0 else float("nan")


@dataclass(frozen=True, eq=False, slots=True)
class Measurements:
    """What was measured of a code.

    Attributes:
        n_windows: number of windows.
        part: of the data of the fit, or ``all``.
        dimensions: of a, and of b where it is inferred.
        block_kl: of each factor, nats from its prior, mean over the windows.
        separations: the classes of each factor under the prior.
        labels: how well each factor is read.
        readings: from where in the code.
    """

    n_windows: int
    part: str
    dimensions: Usage
    block_kl: dict[str, float]
    separations: tuple[Separation, ...]
    labels: tuple[LabelReading, ...]
    readings: Readings


@dataclass(frozen=True, eq=False, slots=True)
class Diagnosis:
    """The health of a code; ``print`` says it in plain words.

    Attributes:
        measured: the numbers.
        findings: what they mean, and what to do.
        backend: kind of table to give back.
    """

    measured: Measurements
    findings: tuple[Finding, ...]
    backend: Backend

    @property
    def fine(self) -> bool:
        """Whether nothing is to be looked at; what could not be measured does not count."""
        return all(finding.state != "look" for finding in self.findings)

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Dimensions that say the same."""
        return self.measured.dimensions.duplicates

    @property
    def merged(self) -> tuple[ClassPair, ...]:
        """Classes on one centre."""
        return tuple(pair for separation in self.measured.separations for pair in separation.merged)

    def frame(self, rows: Rows = "dimensions") -> Any:
        """Return a table of the caller's kind.

        Args:
            rows: ``findings`` (``topic, state, text, advice``); ``dimensions`` (``dimension, factor, kl, variance,
                active, collapsed``); ``classes``, every two of a factor (``factor, first, second, distance`` in sd);
                ``labels`` (``factor, labelled, accuracy, chance, skill, block_kl``); ``readings`` (``factor, source,
                accuracy, skill, low, high, by_label``).

        Raises:
            ConfigError: another kind of rows.
        """
        tables = {
            "findings": self._findings,
            "dimensions": self._dimensions,
            "classes": self._classes,
            "labels": self._labels,
            "readings": self._readings,
        }
        if rows not in tables:
            raise ConfigError(f"rows must be one of {tuple(tables)}, got {rows!r}")
        names, records = tables[rows]()
        columns = zip(*records, strict=True) if records else [()] * len(names)
        return to_frame({n: _column(values) for n, values in zip(names, columns, strict=True)}, self.backend)

    def __str__(self) -> str:
        """Say what is fine, and for what is not fine what to do."""
        lines = [f"Diagnosis of the code, {plural(self.measured.n_windows, 'window')} ({_part(self.measured.part)})"]
        for finding in self.findings:
            lines.append(f"{_MARKS[finding.state]} {finding.text}")
            if finding.advice:
                lines.append(f"     -> {finding.advice}")
        n_look = sum(finding.state == "look" for finding in self.findings)
        n_unknown = sum(finding.state == "unknown" for finding in self.findings)
        told = "No problem found." if not n_look else f"{n_look} to look at."
        return "\n".join([*lines, told + (f" {n_unknown} could not be measured." if n_unknown else "")])

    def _findings(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        return ("topic", "state", "text", "advice"), [(f.topic, f.state, f.text, f.advice) for f in self.findings]

    def _dimensions(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        d = self.measured.dimensions
        parts = (d.names, d.owners, d.kl.tolist(), d.variance.tolist(), d.active.tolist(), d.collapsed.tolist())
        return ("dimension", "factor", "kl", "variance", "active", "collapsed"), list(zip(*parts, strict=True))

    def _classes(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        pairs: list[tuple[Any, ...]] = [tuple(pair) for each in self.measured.separations for pair in each.pairs()]
        return ("factor", "first", "second", "distance"), pairs

    def _labels(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        kl = self.measured.block_kl
        names = ("factor", "labelled", "accuracy", "chance", "skill", "block_kl")
        return names, [
            (label.factor, label.n_labelled, label.accuracy, label.chance, label.skill, kl.get(label.factor, np.nan))
            for label in self.measured.labels
        ]

    def _readings(self) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
        readings = self.measured.readings
        every: tuple[Reading, ...] = (*readings.own, *readings.from_a, *readings.crossed)
        names = ("factor", "source", "accuracy", "skill", "low", "high", "by_label")
        return names, [(r.factor, r.source, r.accuracy, *r.skill, r.by_label) for r in every]


def _part(part: str) -> str:
    return "all that were given" if part == "all" else f"{part} part"


def _column(values: Any) -> np.ndarray[Any, Any]:
    texts = not values or isinstance(values[0], str) or values[0] is None
    return np.array(values, dtype=object) if texts else np.array(values)

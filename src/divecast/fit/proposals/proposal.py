"""A proposed labelling, as a result."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from divecast._text import plural, visible
from divecast.data import Backend, to_frame
from divecast.fit.proposals.shuffles import AgainstShuffled

Unit = Literal["row", "recording", "series"]


@dataclass(frozen=True, slots=True)
class ProposedClass:
    """A class of a proposed labelling.

    Attributes:
        name: its name.
        n_learned: windows that it was learned from; series, of a labelling of series.
        n_held_out: windows held out that it was read of; series, of a labelling of series.
        n_spans: separate spans of time, recordings or series of it among what is held out.
        recall: share of its windows held out that are read as it.
        error_ratio: mean absolute error of forecasts of its rows, over that of all rows held out; NaN if unknown.

    Example:
        >>> ProposedClass("yes", n_learned=96, n_held_out=48, n_spans=2, recall=0.8, error_ratio=1.5).n_spans
        2
    """

    name: str
    n_learned: int
    n_held_out: int
    n_spans: int
    recall: float
    error_ratio: float


@dataclass(frozen=True, slots=True)
class FactorProposal:
    """What the data say of a proposed labelling.

    Attributes:
        name: name of the labelling.
        unit: what has a class: a row, a recording or a series.
        held_out: what was held out, in words.
        shuffled: how the shuffled labellings were made, in words.
        classes: its classes.
        read: mean share of the classes that is read correctly on what is held out (balanced accuracy).
        of_a: share of the variance of a that is between classes; None if there is no a to compare.
        of_errors: share of the squared mean errors of forecasts that the classes explain, on blocks left out; of
            series, share of the variance of their log errors between classes. None if it is unknown.
        told_by_factors: the same share as ``read``, of what the factors of the model tell without any values; None for
            recordings and series, and for a model without factors.
        alpha: the largest p with which a labelling is kept.
        kept: whether the model has it as a factor now.
        rule: the rule, in words.
        reason: what decided, in words.
        advice: what to do with it, in words.

    Example:
        >>> from copy import copy
        >>> days = [f"2016-0{month}-{day:02d}" for month in (1, 2) for day in range(3, 29, 4)]
        >>> proposal = copy(model).propose_factor(panel, days, name="strike", n_shuffles=20)
        >>> proposal.name, proposal.read.n_shuffles
        ('strike', 20)
    """

    name: str
    unit: Unit
    held_out: str
    shuffled: str
    classes: tuple[ProposedClass, ...]
    read: AgainstShuffled
    of_a: AgainstShuffled | None
    of_errors: AgainstShuffled | None
    told_by_factors: float | None
    alpha: float
    kept: bool
    rule: str
    reason: str
    advice: str

    def frame(self, *, backend: Backend = "pandas") -> Any:
        """Return one row per measure: ``measure, value, shuffled_mean, shuffled_highest, n_shuffles, p``.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``.

        Example:
            >>> from copy import copy
            >>> days = [f"2016-0{month}-{day:02d}" for month in (1, 2) for day in range(3, 29, 4)]
            >>> copy(model).propose_factor(panel, days, name="strike", n_shuffles=20).frame().shape
            (3, 6)
        """
        there = {"read": self.read, "of_a": self.of_a, "of_errors": self.of_errors}
        measures = {name: each for name, each in there.items() if each is not None}
        columns = {"measure": np.array([*measures], dtype=object)}
        for name in ("value", "shuffled_mean", "shuffled_highest", "n_shuffles", "p"):
            columns[name] = np.array([getattr(each, name) for each in measures.values()])
        return to_frame(columns, backend)

    def __str__(self) -> str:
        """Return the proposal in words."""
        lines = [
            f"{self.name}: {'kept' if self.kept else 'dropped'}. {self.reason}",
            f"Held out: {self.held_out}; shuffled labellings: {self.read.n_shuffles}, {self.shuffled}.",
            f"Read (mean share of its classes): {_against(self.read)}",
        ]
        if self.of_a is not None:
            lines.append(f"Share of the variance of a: {_against(self.of_a)}")
        if self.of_errors is not None:
            lines.append(f"Share of the {_ERRORS[self.unit]}: {_against(self.of_errors)}")
        if self.told_by_factors is not None and np.isfinite(self.told_by_factors):
            lines.append(f"Told by the factors of the model alone: {self.told_by_factors:.3f}")
        lines += [
            f"  {each.name}: {plural(each.n_spans, _SPANS[self.unit])} held out"
            + (f", {100 * each.recall:.0f} % read" if np.isfinite(each.recall) else "")
            + (f", errors {each.error_ratio:.2f} times those of all" if np.isfinite(each.error_ratio) else "")
            for each in self.classes
        ]
        return visible("\n".join([*lines, f"Rule: {self.rule}", self.advice]))


_ERRORS = {
    "row": "squared mean errors of forecasts",
    "recording": "squared mean errors of forecasts",
    "series": "variance of the log errors of series",
}
_SPANS = {"row": "span", "recording": "recording", "series": "series"}


def _against(measure: AgainstShuffled) -> str:
    if np.isnan(measure.value):
        return "not known, for want of a class"
    return f"{measure.value:.3f}, shuffled {measure.shuffled_mean:.3f} on average (p = {measure.p:.3f})"

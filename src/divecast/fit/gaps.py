"""Gaps of labels and covariates in the training part, and what their effects must gain to be worth them.

Where a value is missing the effect that is expected without it counts. So what is left of a series changes from row to
row with what is known, and a model that learns from windows with gaps is misled where they are complete.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.data import Part, Vocabulary
from divecast.effects import Facts
from divecast.inference.provenance import FitPlan

SCATTERED = 0.1
"""Share that windows lack from which the network is not told of a column (our choice)."""
_FEW = 0.02
_GAIN = 0.2  # our choice, of which docs/gaps.md has a table


@dataclass(frozen=True, slots=True)
class TrainingGap:
    """What the training part lacks of a column.

    Attributes:
        share: share of its rows without a value.
        scattered: the same within a window that has a value, as each row with a value sees it.
        varied: share of the values that are not of the most common class; 1 of a covariate.
    """

    share: float
    scattered: float
    varied: float

    @classmethod
    def of(cls, known: NDArray[np.bool_], varied: float, length: int) -> "TrainingGap":
        """Measure the gaps of rows, (row,), whether they have a value, and windows of so many rows."""
        length = min(length, len(known))
        sums = np.concatenate([[0], np.cumsum(known)])
        in_window = (sums[length:] - sums[:-length]).astype(np.float64)
        seen = float((in_window**2).sum() / max(length * in_window.sum(), 1.0))
        return cls(1.0 - float(known.mean()), 1.0 - seen, varied)

    @property
    def least_gain(self) -> float:
        """By what share effects must lower the loss: the more, the fewer rows of a window have a value that varies."""
        return _GAIN * self.varied * self.scattered / max(1.0 - self.scattered, 1e-6)


def find_gaps(facts: Facts, plan: FitPlan, vocabularies: Sequence[Vocabulary], train: Part) -> dict[str, TrainingGap]:
    """Return the gaps of columns, but those that differ by series, by name, where they are more than a few.

    Args:
        facts: known columns of all rows.
        plan: with the factors and covariates.
        vocabularies: classes of the factors.
        train: the training part.
    """
    columns = _columns(facts, plan, vocabularies, train)
    found = {name: TrainingGap.of(*column, plan.lookback + plan.horizon) for name, column in columns.items()}
    return {name: gap for name, gap in found.items() if gap.share > _FEW}


def _columns(
    facts: Facts, plan: FitPlan, vocabularies: Sequence[Vocabulary], train: Part
) -> Mapping[str, tuple[NDArray[np.bool_], float]]:
    """Return whether each training row has a value, and how much values vary, by name."""
    rows, found = train.rows(), {}
    for at, vocabulary in enumerate(vocabularies):
        if not vocabulary.per_series:
            found[vocabulary.name] = facts.classes_at(at, rows) >= 0, 1.0 - max(vocabulary.frequencies)
    for at, covariate in enumerate(plan.covariates):
        if not facts.own_numbers[at]:
            found[covariate.name] = ~np.isnan(facts.number_at(at, rows)), 1.0
    return found

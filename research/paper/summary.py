"""What many runs say together: mean and spread of an arm, and how it compares with another on the same seeds.

The test is the paired t test on the differences seed by seed: it can decide with five runs, where Wilcoxon's
signed-rank test cannot (its least two-sided p is 2/2^n, .0625 for five), and Holm's correction over the arms takes
that of ten away again as soon as there are many arms. It assumes that the differences are about normal, so Wilcoxon's p
is given beside it from six runs on, and how many seeds agree always. See Colas, Sigaud and Oudeyer 2019
(arXiv 1904.06979) for the choice of a test over seeds, and Holm 1979 for the correction.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Literal

from scipy import stats

from research.paper.paper import HEADLINE, Expectation
from research.paper.record import Record

LEAST_T, LEAST_WILCOXON = 3, 6
LEVEL = 0.05

Read = Callable[[Record], float | None]
Values = Mapping[int, float]
Verdict = Literal["holds", "does not hold", "not decided"]


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of each run.

    Attributes:
        title: what it is called in a table.
        lower_is_better: which way is better.
        read: takes it from a run; None where the arm has no such thing.
    """

    title: str
    lower_is_better: bool
    read: Read


def forecast_rrse(forecaster: str) -> Read:
    """Return what reads the error of a forecaster at the step of the main table: ``infer``, ``known``, a baseline."""

    def read(record: Record) -> float | None:
        scores = record.forecast.get(forecaster)
        return None if scores is None else scores[HEADLINE.get(record.case, "all")].rrse

    return read


def measure(name: str, part: str | None = None) -> Read:
    """Return what reads a measure of disentanglement from a run, over all or of one part."""

    def read(record: Record) -> float | None:
        found = record.measures.get(name)
        if found is None:
            return None
        return found.value if part is None else found.parts.get(part)

    return read


QUANTITIES = {
    "reconstruction": Quantity("reconstruction RRSE", True, lambda record: record.reconstruction["original"].rrse),
    "scaled": Quantity("reconstruction RRSE, scaled", True, lambda record: record.reconstruction["scaled"].rrse),
    "forecast": Quantity("forecast RRSE", True, forecast_rrse("infer")),
    "known": Quantity("forecast RRSE, labels known", True, forecast_rrse("known")),
    "mig": Quantity("MIG, a block as one unit", False, measure("mig")),
}
"""Columns of the main table, by name."""


def is_handed(record: Record) -> bool:
    """Whether the arm infers no labels, so that its reconstruction is with labels known."""
    return "infer" not in record.forecast


@dataclass(frozen=True, slots=True)
class Comparison:
    """One arm against another on the seeds both have.

    Attributes:
        n: seeds.
        difference: mean of (one - other).
        n_lower: seeds on which the one is lower.
        n_higher: seeds on which it is higher.
        p: of the paired t test, two-sided; None for fewer than three seeds.
        p_wilcoxon: of the signed-rank test; None for fewer than six.
    """

    n: int
    difference: float
    n_lower: int
    n_higher: int
    p: float | None
    p_wilcoxon: float | None


@dataclass(frozen=True, slots=True)
class Decision:
    """What our runs say of an expectation.

    Attributes:
        verdict: decided where the corrected p is below 0.05.
        comparison: of the better against the worse.
        p: corrected over the expectations of the case.
    """

    verdict: Verdict
    comparison: Comparison | None
    p: float | None


def values_of(records: Sequence[Record], arm: str, read: Read) -> dict[int, float]:
    """Return a number of an arm by seed, of the runs of one case that have it."""
    found = {record.seed: read(record) for record in records if record.arm == arm}
    return {seed: value for seed, value in found.items() if value is not None}


def compare(one: Values, other: Values) -> Comparison | None:
    """Compare two arms seed by seed; None where they share no seed."""
    seeds = sorted({*one} & {*other})
    if not seeds:
        return None
    gaps = [one[seed] - other[seed] for seed in seeds]
    lower, higher = sum(gap < 0 for gap in gaps), sum(gap > 0 for gap in gaps)
    return Comparison(len(gaps), fmean(gaps), lower, higher, _t_test(gaps), _wilcoxon(gaps))


def holm(ps: Sequence[float | None]) -> list[float | None]:
    """Correct p-values for their number (Holm 1979); None stays None and does not count."""
    ranked = sorted((p, at) for at, p in enumerate(ps) if p is not None)
    corrected: list[float | None] = [None] * len(ps)
    largest = 0.0
    for rank, (p, at) in enumerate(ranked):
        largest = max(largest, min(1.0, (len(ranked) - rank) * p))
        corrected[at] = largest
    return corrected


def decide(records: Sequence[Record], expectations: Sequence[Expectation]) -> list[Decision]:
    """Hold the expectations against the runs of one case."""
    found = []
    for each in expectations:
        read = QUANTITIES[each.quantity].read
        found.append(compare(values_of(records, each.better, read), values_of(records, each.worse, read)))
    ps = holm([None if comparison is None else comparison.p for comparison in found])
    return [_decision(*each) for each in zip(expectations, found, ps, strict=True)]


def _decision(expectation: Expectation, comparison: Comparison | None, p: float | None) -> Decision:
    if comparison is None or p is None or p >= LEVEL:
        return Decision("not decided", comparison, p)
    as_expected = (comparison.difference < 0) == QUANTITIES[expectation.quantity].lower_is_better
    return Decision("holds" if as_expected else "does not hold", comparison, p)


def _t_test(gaps: Sequence[float]) -> float | None:
    if len(gaps) < LEAST_T:
        return None
    error = stdev(gaps) / math.sqrt(len(gaps))
    if error == 0:  # no spread to test against
        return None if any(gaps) else 1.0
    return float(2.0 * stats.t.sf(abs(fmean(gaps)) / error, len(gaps) - 1))


def _wilcoxon(gaps: Sequence[float]) -> float | None:
    if len(gaps) < LEAST_WILCOXON:
        return None
    return float(stats.wilcoxon(gaps).pvalue) if any(gaps) else 1.0

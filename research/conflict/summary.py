"""What the lines of conflict.py say: differences with intervals, and what they decide."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from scipy.stats import t

from research.conflict.arms import ALONE, ARMS

Line = Mapping[str, Any]
Decision = Literal["yes", "no", "not decided"]

TOGETHER = tuple(arm for arm in ARMS if arm not in ALONE)
PAIRS = (
    ("forecast", "reconstruction"),
    ("forecast", "disentanglement"),
    ("reconstruction", "disentanglement"),
)
NAMES = {"forecast": "forecast", "reconstruction": "reconstruction", "disentanglement": "labels"}
"""What the losses of the probe are called."""
LEVEL = 0.95
LEAST_LOSS = 0.01  # nats: what errors wider by 1 % cost; a loss whose interval stays below is no worse
LEAST_RATE = 0.05


@dataclass(frozen=True)
class Interval:
    """Mean over seeds with a t interval; one seed has none."""

    mean: float
    low: float | None
    high: float | None

    def above(self, margin: float) -> Decision:
        """Whether the true mean is above 0; "no" needs all of the interval below ``margin``."""
        if self.low is None or self.high is None:
            return "not decided"
        if self.low > 0:
            return "yes"
        return "no" if self.high < margin else "not decided"


def interval(values: Sequence[float]) -> Interval | None:
    """Return the interval of a mean, or None without values."""
    if not values:
        return None
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Interval(mean, None, None)
    half = float(t.ppf((1 + LEVEL) / 2, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5
    return Interval(mean, mean - half, mean + half)


def forecast_loss(line: Line) -> float:
    """Nats per forecast value, labels inferred from the window."""
    return float(line["scores"]["forecast_infer"]["nll"])


def known_loss(line: Line) -> float:
    """Nats per forecast value, labels known."""
    return float(line["scores"]["forecast_known"]["nll"])


def reconstruction_loss(line: Line) -> float:
    """Nats per value of the window, the KL of a included."""
    scores = line["scores"]["reconstruction"]
    return float(scores["nll"] + scores["kl"])


def label_loss(line: Line) -> float:
    """Cross-entropy in nats per label, mean over the factors."""
    return statistics.fmean(line["scores"]["labels"]["cross_entropy"].values())


def accuracy(line: Line) -> float:
    """Accuracy of the inferred labels, mean over the factors."""
    return statistics.fmean(line["scores"]["labels"]["accuracy"].values())


@dataclass(frozen=True)
class Loss:
    """A loss on the test part.

    Attributes:
        alone: the arm that trains it alone.
        unit: what its nats are counted by.
        of: reads it from a line.
    """

    alone: str
    unit: str
    of: Callable[[Line], float]


LOSSES = {
    "forecast (labels read)": Loss("forecast-alone", "value", forecast_loss),
    "forecast (labels known)": Loss("forecast-known", "value", known_loss),
    "reconstruction": Loss("reconstruction-alone", "value", reconstruction_loss),
    "labels": Loss("labels-alone", "label", label_loss),
}


@dataclass(frozen=True)
class Runs:
    """The runs of one case, by arm and seed."""

    case: str
    lines: tuple[Line, ...]

    def of(self, arm: str) -> dict[int, Line]:
        """Return the runs of an arm by seed."""
        return {line["seed"]: line for line in self.lines if line["arm"] == arm}

    def values(self, arm: str, measure: Callable[[Line], float]) -> list[float]:
        """Return a measure of every run of an arm."""
        return [measure(line) for line in self.of(arm).values()]

    def against_alone(self, arm: str, loss: str) -> Interval | None:
        """Return how much larger a loss of an arm is than when trained alone with the same seed."""
        own, alone, nats = self.of(arm), self.of(LOSSES[loss].alone), LOSSES[loss].of
        return interval([nats(own[seed]) - nats(alone[seed]) for seed in sorted({*own} & {*alone})])

    def cells(self, arm: str, pair: tuple[str, str], place: tuple[str, str], column: str) -> list[float]:
        """Return a number of the probe's table for every run that has it; place is module and view."""
        found = (_cell(line["probe"], pair, place, column) for line in self.of(arm).values())
        return [value for value in found if value is not None]

    def above_null(self, arm: str, pair: tuple[str, str], place: tuple[str, str]) -> Interval | None:
        """Return how much more often cosines across halves are negative than by noise alone."""
        names, tables = ("across_negative", "null_negative"), [line["probe"] for line in self.of(arm).values()]
        found = [[_cell(table, pair, place, name) for name in names] for table in tables]
        return interval([rate - null for rate, null in found if rate is not None and null is not None])


@dataclass(frozen=True)
class Verdict:
    """Whether an arm is free of conflict.

    Attributes:
        above: for each pair that meets as trained, how far the rate of negative cosines is above the null.
        worse: for each loss, how much larger it is than when trained alone.
    """

    above: Mapping[tuple[str, str], Interval]
    worse: Mapping[str, Interval]

    @property
    def rate_holds(self) -> Decision:
        """No pair has more negative cosines than the null."""
        return _none([each.above(LEAST_RATE) for each in self.above.values()])

    @property
    def losses_hold(self) -> Decision:
        """No loss is worse than when trained alone."""
        found = [each.above(LEAST_LOSS) for each in self.worse.values()]
        return _none(found if len(found) == len(LOSSES) else [*found, "not decided"])

    @property
    def free(self) -> Decision:
        """Both."""
        both = {self.rate_holds, self.losses_hold}
        return "no" if "no" in both else "yes" if both == {"yes"} else "not decided"


def judge(runs: Runs, arm: str) -> Verdict:
    """Judge an arm by what it does as trained."""
    above = {pair: runs.above_null(arm, pair, ("whole", "as trained")) for pair in PAIRS}
    worse = {loss: runs.against_alone(arm, loss) for loss in LOSSES}
    return Verdict(
        {pair: each for pair, each in above.items() if each is not None},
        {loss: each for loss, each in worse.items() if each is not None},
    )


def read_runs(lines: Sequence[Line]) -> tuple[Runs, ...]:
    """Return the runs on the test part by case, leaving out those that chose weights and those of --quick."""
    tested = [line for line in lines if line["arm"] in ARMS and not line["quick"]]
    cases = dict.fromkeys(line["case"] for line in tested)
    return tuple(Runs(case, tuple(line for line in tested if line["case"] == case)) for case in cases)


def _none(found: Sequence[Decision]) -> Decision:
    if "yes" in found:
        return "no"
    return "not decided" if "not decided" in found or not found else "yes"


def _cell(table: Mapping[str, Any], pair: tuple[str, str], place: tuple[str, str], column: str) -> float | None:
    keys = zip(table["first"], table["second"], table["module"], table["view"], strict=True)
    at = next((at for at, key in enumerate(keys) if key == (*pair, *place)), None)
    value: float | None = None if at is None else table[column][at]
    return value

"""The lines of research/anomalies/results.jsonl, looked up by case."""

from dataclasses import dataclass
from statistics import fmean
from typing import Any

import numpy as np

OWN = "divecast: default"
Fault = tuple[str, float]


@dataclass(frozen=True)
class Days:
    """The days of one model that are no Sundays, the most like a Sunday first.

    Attributes:
        seed: of the fit.
        rows: (date, given, read, surprise, sunday, holiday) of each.
    """

    seed: int
    rows: tuple[tuple[str, str, str, float, float, str], ...]

    @classmethod
    def of(cls, line: dict[str, Any], by: str = "sunday") -> "Days":
        """Rank the days of a line by ``sunday`` or by ``surprise``."""
        names = ("dates", "given", "read", "surprise", "sunday", "holiday")
        rows = [row for row in zip(*(line[name] for name in names), strict=True) if row[1] != "Sun"]
        return cls(line["seed"], tuple(sorted(rows, key=lambda row: -float(row[names.index(by)]))))

    def hits(self, everywhere: bool) -> np.ndarray:
        """Return (day,) whether it is a holiday, of all states or of some."""
        return np.array([bool(row[5]) and not (everywhere and "states)" in row[5]) for row in self.rows])

    def curve(self, everywhere: bool) -> tuple[np.ndarray, np.ndarray]:
        """Return precision and recall of the first 1, 2, ... days."""
        found = np.cumsum(self.hits(everywhere))
        return found / np.arange(1, len(found) + 1), found / max(1, found[-1])

    def average_precision(self, everywhere: bool) -> float:
        """Return the mean of the precision at each holiday."""
        hits = self.hits(everywhere)
        return float(self.curve(everywhere)[0][hits].mean()) if hits.any() else float("nan")


@dataclass(frozen=True)
class Runs:
    """All lines of a case."""

    case: str
    lines: list[dict[str, Any]]

    @property
    def about(self) -> str:
        """The case in a line."""
        return str(self.lines[0]["about"])

    @property
    def seeds(self) -> int:
        """How many fits."""
        return len({line["seed"] for line in self.lines})

    def days(self, lookback: int, part: str, by: str = "sunday") -> list[Days]:
        """Return the ranked days of every seed."""
        asked = {"what": "days", "lookback": lookback, "part": part}
        return [Days.of(line, by) for line in self._of(asked)]

    def faults(self) -> list[Fault]:
        """Return faults and sizes in order."""
        return list(dict.fromkeys((line["fault"], line["size"]) for line in self._of({"what": "fault"})))

    def unit(self, fault: str) -> str:
        """Return the unit of a fault's size."""
        return str(self._of({"what": "fault", "fault": fault})[0]["unit"])

    def names(self) -> list[str]:
        """Return the detectors."""
        return list(self._of({"what": "fault"})[0]["auc"])

    def auc(self, name: str, part: str, faults: list[Fault] | None = None) -> float:
        """Return the mean ROC-AUC of a detector over seeds and faults."""
        return fmean(self.aucs(name, part, faults))

    def aucs(self, name: str, part: str, faults: list[Fault] | None = None) -> list[float]:
        """Return the mean ROC-AUC of a detector over faults, of every seed."""
        wanted = self.faults() if faults is None else faults
        by_seed: dict[int, list[float]] = {}
        for line in self._of({"what": "fault", "part": part}):
            if (line["fault"], line["size"]) in wanted:
                by_seed.setdefault(line["seed"], []).append(line["auc"][name])
        return [fmean(each) for each in by_seed.values()]

    def best(self, family: str) -> str:
        """Return the detector of a family that is best on the validation part."""
        return max((name for name in self.names() if name.startswith(family)), key=lambda name: self.auc(name, "valid"))

    def alarms(self, part: str, name: str = OWN) -> tuple[int, list[float]]:
        """Return the number of clean windows, and the shares of them with a rarity of 1, 2 and 3 at least."""
        lines = self._of({"what": "alarms", "part": part})
        shares = np.mean([line["share"][name] for line in lines], axis=0)
        return lines[0]["windows"], shares.tolist()

    def _of(self, asked: dict[str, Any]) -> list[dict[str, Any]]:
        return [line for line in self.lines if all(line.get(name) == value for name, value in asked.items())]

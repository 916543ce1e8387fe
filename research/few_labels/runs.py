"""The lines of one case, looked up by arm, pattern and share."""

from dataclasses import dataclass
from typing import Any

Pattern = tuple[str, str]

PATTERNS: dict[Pattern, str] = {
    ("window", "random"): "by window, at random",
    ("factor", "random"): "by factor, at random",
    ("window", "blocks"): "by window, in blocks",
    ("factor", "blocks"): "by factor, in blocks",
}


@dataclass(frozen=True)
class Cell:
    """The runs of one arm at one share, over the seeds."""

    lines: list[dict[str, Any]]

    def of(self, score: str, part: str) -> list[float]:
        """Return a score of every run that has it."""
        found = [line.get(score, {}).get(part) for line in self.lines]
        return [value for value in found if value is not None]


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
    def factors(self) -> list[str]:
        """Names of the factors."""
        return list(self.lines[0]["accuracy"])

    @property
    def seeds(self) -> int:
        """Seeds that were run."""
        return len({line["hiding"]["seed"] for line in self.lines})

    def shares(self, pattern: Pattern) -> list[float]:
        """Return the shares that were run, from all labels down; with all labels, how they are missing is no matter."""
        own = {line["hiding"]["share"] for line in self.lines if _pattern(line) == pattern}
        whole = {line["hiding"]["share"] for line in self.lines} & {1.0}
        return sorted(own | whole, reverse=True) if own else []

    def cell(self, arm: str, pattern: Pattern, share: float) -> Cell | None:
        """Return the runs of an arm, or None where there are none."""
        found = [
            line
            for line in self.lines
            if line["arm"] == arm and line["hiding"]["share"] == share and (share == 1.0 or _pattern(line) == pattern)
        ]
        return Cell(sorted(found, key=lambda line: line["hiding"]["seed"])) if found else None

    def gains(self, arm: str, rival: str, pattern: Pattern, share: float) -> dict[str, list[float]]:
        """Return the gain in accuracy of an arm over its rival, by factor, one value per seed that both have."""
        cells = [self.cell(each, pattern, share) for each in (arm, rival)]
        if None in cells:
            return {}
        first, second = ({line["hiding"]["seed"]: line for line in cell.lines} for cell in cells if cell)
        seeds = sorted(first.keys() & second.keys())
        if not seeds:
            return {}
        return {
            name: [first[s]["accuracy"][name] - second[s]["accuracy"][name] for s in seeds] for name in self.factors
        }


def _pattern(line: dict[str, Any]) -> Pattern:
    return line["hiding"]["unit"], line["hiding"]["pattern"]

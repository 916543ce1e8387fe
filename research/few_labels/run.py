"""Accuracy with few labels: the model, and classifiers trained on the labelled windows; one JSON line per run.

    python -m research.few_labels.run eia --data PATH/eia_us_demand_hourly --workers 2
    python -m research.few_labels.run motion --workers 2

Runs that are in research/few_labels/results.jsonl are skipped. ``python -m research.few_labels.page`` turns the lines
into docs/few_labels.md.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch

from research.common import append_line, read_lines, versions
from research.few_labels.arms import ARMS, CURVES, EVERYWHERE, SETTINGS, settings_of
from research.few_labels.hidden_labels import Hiding, Pattern, Unit, hide_labels, labelled_shares
from research.few_labels.scores import score_model, score_rival
from research.paper.cases import Case, Settings, load_case
from research.scripts import add_arms, make_runs, run_parser

OUT = Path(__file__).with_name("results.jsonl")
SHARES = (1.0, 0.5, 0.1, 0.02, 0.005)
WAYS: tuple[tuple[Unit, Pattern], ...] = (
    ("window", "random"),
    ("factor", "random"),
    ("window", "blocks"),
    ("factor", "blocks"),
)
FEW = (0.1, 0.02)
"""Shares at which the settings are compared."""
LEAST = {("motion", "blocks"): 0.02}  # fewer recordings than this leave some exercise without a label
SEEDS = 3
CASES = ("eia", "motion")


@dataclass(frozen=True)
class Job:
    """One run, and where it goes."""

    case: str
    data: Path | None
    quick: bool
    arm: str
    hiding: Hiding
    out: Path

    @property
    def name(self) -> str:
        """The run in a few words."""
        hiding = self.hiding
        return f"{self.case} {self.arm} {100 * hiding.share:g} % {hiding.pattern} by {hiding.unit}, seed {hiding.seed}"

    @property
    def key(self) -> dict[str, Any]:
        """What tells a run from another."""
        return {"case": self.case, "quick": self.quick, "arm": self.arm, "hiding": asdict(self.hiding)}


def jobs_of(args: argparse.Namespace) -> list[Job]:
    """Return all runs, seed by seed, so that an unfinished table has as many of each; with all labels once a seed."""
    shares = (1.0, 0.1) if args.quick else SHARES
    found = []
    for seed in range(args.seeds):
        for share in shares:
            for unit, pattern in WAYS:
                plain = (unit, pattern) == ("window", "random")
                if share < LEAST.get((args.case, pattern), 0.0) or (share == 1.0 and not plain):
                    continue
                used = CURVES + SETTINGS * (share in FEW) if plain else EVERYWHERE
                arms = [arm for arm in args.arm or ARMS if arm in used]
                hiding = Hiding(share, unit, pattern, seed)
                found += [Job(args.case, args.data, args.quick, arm, hiding, args.out) for arm in arms]
    return found


def make_run(job: Job) -> None:
    """Fit, score, and append the line; called in a worker."""
    torch.set_num_threads(1)
    began = time.process_time()
    case = hide_labels(_load(job.case, job.data, job.hiding.seed, job.quick), job.hiding)
    settings = settings_of(job.arm, job.case, case.settings)
    scores = score_rival(case, job.arm, job.hiding.seed) if settings is None else _model(case, settings, job)
    line = {
        **job.key,
        "about": case.about,
        "labelled": labelled_shares(case),
        "settings": None if settings is None else {"training": asdict(settings.training)},
        **scores,
        "core_seconds": round(time.process_time() - began, 1),
        "versions": versions(),
    }
    append_line(job.out, json.dumps(line))


def _model(case: Case, settings: Settings, job: Job) -> dict[str, Any]:
    return score_model(case, settings, job.hiding.seed)


def missing(jobs: Iterable[Job]) -> list[Job]:
    """Return the runs that are not there yet."""
    found = []
    for job in jobs:
        names = job.key.keys()
        if not any({name: line[name] for name in names} == job.key for line in read_lines(job.out)):
            found.append(job)
    return found


@lru_cache(maxsize=2)
def _load(name: str, data: Path | None, seed: int, quick: bool) -> Case:
    return load_case(name, data, seed, quick)


def main() -> int:
    """Make the missing runs."""
    parser = run_parser(__doc__, CASES, SEEDS, OUT)
    add_arms(parser, ARMS)
    args = parser.parse_args()
    return int(make_runs(missing(jobs_of(args)), make_run, args.workers) > 0)


if __name__ == "__main__":
    sys.exit(main())

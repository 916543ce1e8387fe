"""Do the losses conflict? Fits every arm with a probe and scores it on the test part; one JSON line per run.

    python -m research.conflict.run eia --data PATH/eia_us_demand_hourly --workers 2
    python -m research.conflict.run motion --workers 2

Runs that are in research/conflict/results.jsonl are skipped; those of --quick go elsewhere, and no page takes them.
``python -m research.conflict.page`` turns the lines into docs/conflict.md. All arms have the same network, passes and
batches, and keep the weights of the last pass: stopping by one loss would favour it.
"""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import product
from pathlib import Path
from typing import Any

import torch

from divecast import __version__
from divecast.config import LossConfig, TrainingConfig
from divecast.fit import FitRequest
from divecast.fit.fit_model import fit_model
from divecast.inference import FitPlan
from divecast.model import Network
from divecast.persistence import plain
from divecast.train import ConflictProbe, EpochRecord
from divecast.types import Batch
from research.common import append_line, read_lines
from research.conflict.arms import ARMS, GRID, TUNED, Weights, best_weights, settings_of
from research.conflict.scores import scores_of
from research.model_versions import MODEL
from research.paper.asked import differences, with_defaults
from research.paper.cases import Case, Settings, load_case
from research.scripts import add_arms, make_runs, run_parser

OUT = Path(__file__).with_name("results.jsonl")
QUICK_OUT = Path(tempfile.gettempdir()) / "conflict-quick.jsonl"
DIGITS = 5
CASES = ("eia", "motion")
EVERY = 25  # batches from look to look
SEEDS = 5
TUNING_SEED = 100


@dataclass(frozen=True)
class Job:
    """One run, and where it goes."""

    case: str
    data: Path | None
    quick: bool
    arm: str
    seed: int
    weights: Weights
    out: Path

    @property
    def name(self) -> str:
        """The run in a few words."""
        return f"{self.case} {self.arm} {self.seed}"

    @property
    def tunes(self) -> bool:
        """Whether the run is one of the grid: scored on the validation part, without a probe."""
        return self.seed == TUNING_SEED

    def load(self) -> Case:
        """Return the data."""
        return _load(self.case, self.data, self.seed, self.quick)

    def settings(self) -> Settings:
        """Return the settings of the fit."""
        return settings_of(self.arm, self.weights, self.load().settings)

    def find(self, lines: Iterable[Mapping[str, Any]]) -> Mapping[str, Any] | None:
        """Return the line of this run, if it was made."""
        key = self.case, self.arm, self.seed, self.quick
        return next((each for each in lines if key == (each["case"], each["arm"], each["seed"], each["quick"])), None)


class Watch:
    """Carries the probe, and takes the weights of the last pass before the loop puts back those of the best."""

    def __init__(self, probe: ConflictProbe | None) -> None:
        self.probe, self.steps = probe, 0
        self.network: Network | None = None
        self.last: dict[str, torch.Tensor] = {}

    def look(self, step: int, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig) -> None:
        """Hand on to the probe."""
        self.network, self.steps = network, step + 1
        if self.probe:
            self.probe.look(step, network, batch, training, weights)

    def on_start(self, step: int, n_steps: int) -> None:
        """Do nothing."""

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        """Do nothing."""

    def on_epoch(self, record: EpochRecord) -> None:
        """Do nothing."""

    def on_end(self) -> None:
        """Keep the weights."""
        if self.network is not None:
            self.last = {name: value.clone() for name, value in self.network.state_dict().items()}


def make_run(job: Job) -> None:
    """Fit, score, and append the line; called in a worker."""
    torch.set_num_threads(1)
    case, settings = job.load(), job.settings()
    plan = FitPlan(
        case.horizon, case.lookback, case.factors, (), settings.model, settings.training, settings.losses, job.seed
    )
    # Every arm is looked at with the same losses, whether it minimises them or not.
    watch = Watch(None if job.tunes else ConflictProbe(EVERY, case.settings.losses))
    began = time.perf_counter(), time.process_time()
    fitted = fit_model(case.data, FitRequest(case.split, plan, callbacks=(watch,), probe=watch), torch.device("cpu"))
    seconds, core = time.perf_counter() - began[0], time.process_time() - began[1]
    fitted.network.load_state_dict(watch.last)
    scores = scores_of(fitted, case, "valid" if job.tunes else "test")
    asked = {"case": job.case, "arm": job.arm, "seed": job.seed, "quick": job.quick, "about": case.about}
    cost = {
        "steps": watch.steps,
        "core_seconds": core,
        "versions": {"divecast": __version__, "torch": torch.__version__, "model": str(MODEL)},
    }
    line = {**asked, "settings": _settings(settings), **cost, **_looked(watch, seconds), "scores": scores}
    append_line(job.out, json.dumps(plain(line, DIGITS)))


def _looked(watch: Watch, seconds: float) -> dict[str, Any]:
    """Return what the probe has found, and its time as a share of that of the fit without it."""
    if watch.probe is None:
        return {}
    report = watch.probe.summary()
    share = report.seconds / (seconds - report.seconds)
    return {"looks": report.looks, "every": EVERY, "probe_share": share, "probe": report.table()}


def missing(jobs: Iterable[Job]) -> list[Job]:
    """Return the runs that are not there yet; a run that is there with other settings ends the program."""
    found = []
    for job in jobs:
        line = job.find(read_lines(job.out))
        if line is None:
            found.append(job)
            continue
        others = differences(plain(_settings(job.settings()), DIGITS), with_defaults(line["settings"]))
        if others:
            raise SystemExit(
                f"{job.out}: {job.name} was made with other settings ({'; '.join(others)}); remove its line"
            )
    return found


def work(jobs: Sequence[Job], n_workers: int) -> int:
    """Make the missing runs and return how many failed."""
    return make_runs(missing(jobs), make_run, n_workers)


@lru_cache(maxsize=2)
def _load(name: str, data: Path | None, seed: int, quick: bool) -> Case:
    return load_case(name, data, seed, quick)


def _settings(settings: Settings) -> dict[str, Any]:
    return {"training": asdict(settings.training), "losses": asdict(settings.losses)}


def main() -> int:
    """Tune the weights, then make the runs of all arms, seed by seed."""
    parser = run_parser(
        __doc__, CASES, SEEDS, None, f"where the lines go; {OUT.name} beside this, {QUICK_OUT} if --quick"
    )
    add_arms(parser, ARMS)
    args = parser.parse_args()
    arms, tuned, out = args.arm or list(ARMS), Weights(), args.out or (QUICK_OUT if args.quick else OUT)

    def job(arm: str, seed: int, weights: Weights) -> Job:
        return Job(args.case, args.data, args.quick, arm, seed, weights, out)

    if TUNED in arms:
        if work([job(weights.name, TUNING_SEED, weights) for weights in GRID], args.workers):
            return 1
        tuned = best_weights(read_lines(out), args.case, args.quick)
    runs = product(range(args.seeds), arms)
    jobs = [job(arm, seed, tuned if arm == TUNED else Weights()) for seed, arm in runs]
    return int(work(jobs, args.workers) > 0)


if __name__ == "__main__":
    sys.exit(main())

"""The runs of a table: which are missing, and having them made."""

import json
import warnings
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import torch

from divecast.errors import ArtifactError, ConfigError, DataWarning
from divecast.inference import write_model
from divecast.jobs import Outcome, make_files
from divecast.persistence import make_folder, replacing
from research.paper.arms import ABLATIONS, ARMS
from research.paper.asked import FULL, asked_of, differences, find_arm, with_defaults
from research.paper.cases import CASES, Case, load_case
from research.paper.record import Record, parse_record
from research.paper.run import run_once


@dataclass(frozen=True, slots=True)
class RunJob:
    """One run to be made, and where it goes.

    Attributes:
        case: name of the case.
        path: its data.
        quick: whether the small version is run.
        arm: name of the arm.
        seed: of the run.
        out: folder of the table.
    """

    case: str
    path: Path | None
    quick: bool
    arm: str
    seed: int
    out: Path

    @property
    def file(self) -> Path:
        """The line of the run."""
        return self.out / "runs" / self.case / f"{self.arm}-{self.seed}.json"

    @property
    def failure(self) -> Path:
        """Why the run failed the last time, if it did."""
        return self.file.with_suffix(".failed")

    @property
    def model(self) -> Path | None:
        """Where the model is kept, for the first run of the full model, which the figures show."""
        return model_path(self.out, self.case) if (self.arm, self.seed) == (FULL, 0) else None


@dataclass(frozen=True, slots=True)
class Table:
    """The runs of a case that are asked for.

    Attributes:
        case: name of the case.
        path: its data.
        arms: names.
        runs: seeds 0, 1, ...
        quick: whether the small version is run.
        out: folder.

    Raises:
        ConfigError: no such case or arm, or fewer than one run.
    """

    case: str
    path: Path | None
    arms: tuple[str, ...]
    runs: int
    quick: bool
    out: Path

    def __post_init__(self) -> None:
        """Check the names and the number of runs."""
        if self.case not in CASES:
            raise ConfigError(f"expected one of the cases {', '.join(CASES)}, got {self.case!r}")
        for arm in self.arms:
            find_arm(arm)
        if self.runs < 1:
            raise ConfigError(f"runs must be a whole number >= 1, got {self.runs}")

    def jobs(self) -> list[RunJob]:
        """Return all runs, seed by seed, so that an unfinished table has as many of each arm."""
        return [
            RunJob(self.case, self.path, self.quick, arm, seed, self.out)
            for seed in range(self.runs)
            for arm in self.arms
        ]


def model_path(out: Path, case: str) -> Path:
    """Return where the model that the figures show is kept."""
    return out / "models" / f"{case}-{FULL}-0.safetensors"


def missing(jobs: Sequence[RunJob]) -> list[RunJob]:
    """Return the runs that are still to be made.

    Raises:
        ConfigError: a run that is there was made with other settings or data.
        ArtifactError: the file of a run is no line of a run.
    """
    found = []
    for job in jobs:
        if job.file.is_file() and (job.model is None or job.model.is_file()):
            _check_same(job)
        else:
            found.append(job)
    return found


def make_runs(jobs: Sequence[RunJob], n_workers: int, ray: str | None = None) -> Iterator[Outcome[RunJob]]:
    """Make runs on several processes and yield each as it ends; each is in its file by then.

    Args:
        jobs: the runs.
        n_workers: processes at once.
        ray: address of the Ray cluster that makes them instead, or ``local``.

    Raises:
        ArtifactError: the folder cannot be written to.
        ConfigError: Ray is not installed, or there is no such cluster.
    """
    for job in jobs:
        make_folder(job.file.parent)
        if job.model is not None:
            make_folder(job.model.parent)
    for outcome in make_files(jobs, make_run, n_workers, ray):
        if outcome.error is None:
            outcome.job.failure.unlink(missing_ok=True)
        else:
            _write_failure(outcome.job, outcome.error)
        yield outcome


def make_run(job: RunJob) -> None:
    """Make one run and write its line; called in a worker."""
    torch.set_num_threads(1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # each run of a case would say the same
        run = run_once(case_of(job), job.arm, job.seed)
    if job.model is not None:
        write_model(run.fitted, job.model)
    replace(run.record, quick=job.quick).write(job.file)


def read_records(out: Path) -> list[Record]:
    """Return all runs of all cases in a folder, sorted by case, arm (in the order of the arms) and seed."""
    files = sorted((out / "runs").glob("*/*.json"))
    records = [parse_record(file.read_text(encoding="utf-8"), file) for file in files]
    return sorted(records, key=record_order)


def record_order(record: Record) -> tuple[int, int, int]:
    """Return the place of a run among others."""
    return _place(record.case, CASES), _place(record.arm, [*ARMS, *ABLATIONS]), record.seed


def _place(name: str, names: Sequence[str]) -> int:
    return names.index(name) if name in names else len(names)


def case_of(job: RunJob) -> Case:
    """Return the case of a run; the last one asked for is kept."""
    return _load(job.case, job.path, job.seed, job.quick)


@lru_cache(maxsize=1)
def _load(name: str, path: Path | None, seed: int, quick: bool) -> Case:
    return load_case(name, path, seed, quick)


def _check_same(job: RunJob) -> None:
    record = parse_record(job.file.read_text(encoding="utf-8"), job.file)
    made = {name: with_defaults(each) if name == "settings" else each for name, each in record.asked.items()}
    others = differences(asked_of(case_of(job), job.arm, job.seed), made)
    if others:
        raise ConfigError(
            f"{job.file} was made with other settings or data ({'; '.join(others[:3])}); give another --out folder, "
            f"or remove {job.file.parent} to make its runs again"
        )


def _write_failure(job: RunJob, error: str) -> None:
    with suppress(ArtifactError), replacing(job.failure) as temporary:
        temporary.write_text(json.dumps({"case": job.case, "arm": job.arm, "seed": job.seed, "error": error}) + "\n")

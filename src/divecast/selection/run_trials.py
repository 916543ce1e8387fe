"""Runs trials: stored results are read, the others are computed by processes or a Ray cluster."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from divecast._optional import need
from divecast.config import check_at_least
from divecast.data import Factor, Source
from divecast.data.sources.fingerprints import fingerprints
from divecast.data.sources.mapped import Mapped
from divecast.errors import ConfigError, warn_data
from divecast.jobs.contract import JobProgress
from divecast.jobs.workers import make_files
from divecast.persistence.atomic import make_folder, scratch_beside
from divecast.selection.trial import Stopper, Trial, TrialJob, TrialResult, read_result, result_file, run_trial


@dataclass(frozen=True, slots=True)
class Execution:
    """Where trials run, and where their results are stored.

    Attributes:
        out: folder of the results; stored results are reused.
        workers: number of processes, of one thread each.
        ray: address of a Ray cluster to use instead, or ``local``; its machines share ``out``.
        watch: called after each trial that was run.
    """

    out: Path
    workers: int
    ray: str | None
    watch: Callable[[JobProgress[TrialJob]], None]

    def __post_init__(self) -> None:
        """Check the settings (ConfigError)."""
        check_at_least(1, workers=self.workers)
        if self.ray is not None:
            need("ray")


@dataclass(frozen=True, slots=True)
class FinishedTrial:
    """A trial and its result.

    Attributes:
        trial: the fit and how it is scored.
        result: scores of the fit; None if it failed or was stopped.
        error: error message if it failed, else None; the next call runs it again.
        stopped: epochs after which a search stopped it, since others were better by then; None if it was not.
    """

    trial: Trial
    result: TrialResult | None
    error: str | None
    stopped: int | None = None


def run_trials(source: Source, trials: Sequence[Trial], execution: Execution) -> list[FinishedTrial]:
    """Return the results of all trials, in order.

    Raises:
        ArtifactError: the folder cannot be written to, or the file of a result is damaged.
        ConfigError: Ray is not installed, there is no such cluster, or all trials failed.
    """
    with running(source, trials[0].plan.factors, execution) as runner:
        finished = runner.run(trials)
    refuse_failure_of_all(finished)
    repeat_warnings(finished)
    return finished


def repeat_warnings(finished: Sequence[FinishedTrial]) -> None:
    """Warn (DataWarning) of what trials warned of, once where several differ in numbers alone."""
    alike: dict[str, list[tuple[str, str]]] = {}
    for trial in finished:
        for text in () if trial.result is None else trial.result.warned:
            alike.setdefault(re.sub(r"\d+", "", text), []).append((trial.trial.name, text))
    for (name, text), *others in alike.values():
        more = f" So do {len(others)} other fits." if len(others) > 1 else " So does another fit." if others else ""
        warn_data(f"Fit {name}: {text}{more}")


def refuse_failure_of_all(finished: Sequence[FinishedTrial]) -> None:
    """Raise ConfigError if there are trials, and all failed."""
    if finished and all(trial.error is not None for trial in finished):
        first = finished[0]
        cause = str(first.error).partition("\n")[0]  # without the traceback, which the errors of trials keep
        raise ConfigError(f"All {len(finished)} fits failed; the first, {first.trial.name}: {cause}")


@dataclass(slots=True)
class Runner:
    """Runs trials on the same data, some after others.

    Attributes:
        source: the data.
        fingerprints: of the data.
        folder: of the results.
        execution: where trials run.
        scratch: file for the values of the data, which all workers read.
        began: time of the first.
        done: trials run so far.
    """

    source: Source
    fingerprints: dict[str, str]
    folder: Path
    execution: Execution
    scratch: Path
    began: float
    done: int = 0
    _data: Mapped | None = None

    def run(
        self, trials: Sequence[Trial], todo: int | None = None, stoppers: Sequence[Stopper | None] | None = None
    ) -> list[FinishedTrial]:
        """Return the results of trials, in order: stored ones are read.

        Args:
            trials: the trials.
            todo: trials in all, for the progress; None for those of this call that are not stored.
            stoppers: of each, what may stop it early; None for none.

        Raises:
            ArtifactError: the folder cannot be written to, or the file of a result is damaged.
            ConfigError: there is no such cluster.
        """
        identities = [trial.identity(self.fingerprints) for trial in trials]
        files = [result_file(self.folder, identity) for identity in identities]
        missing = [number for number, file in enumerate(files) if read_result(file) is None]
        errors: dict[Path, str] = {}
        in_all = self.done + len(missing) if todo is None else todo
        self.done += 0 if todo is None else len(trials) - len(missing)
        if missing:
            self._data = self._data or Mapped.of(self.source, self.scratch)
            stops = stoppers or [None] * len(trials)
            jobs = [
                TrialJob(trials[number], self._data, identities[number], self.folder, stops[number])
                for number in missing
            ]
            outcomes = make_files(jobs, run_trial, self.execution.workers, self.execution.ray)
            for outcome in outcomes:
                self.done += 1
                left = (monotonic() - self.began) / self.done * max(0, in_all - self.done)
                self.execution.watch(JobProgress(outcome.job, outcome.error, self.done, in_all, left))
                if outcome.error is not None:
                    errors[outcome.job.file] = outcome.error
        return [
            FinishedTrial(trial, read_result(file), errors.get(file)) for trial, file in zip(trials, files, strict=True)
        ]


@contextmanager
def running(source: Source, factors: Sequence[Factor], execution: Execution) -> Iterator[Runner]:
    """Yield what runs trials on a source; its values are written for workers when the first is run.

    Raises:
        ArtifactError: the folder cannot be written to.
    """
    folder = execution.out.absolute()  # workers of Ray have other working directories
    make_folder(folder)
    with scratch_beside(folder / "values") as scratch:
        yield Runner(source, fingerprints(source, factors), folder, execution, scratch, monotonic())

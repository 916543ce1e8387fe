"""Runs trials: stored results are read, the others are computed by processes or a Ray cluster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from divecast._optional import need
from divecast.config import check_at_least
from divecast.data import Source
from divecast.data.sources.fingerprints import fingerprints
from divecast.data.sources.mapped import Mapped
from divecast.errors import ConfigError
from divecast.jobs.contract import JobProgress, track_progress
from divecast.jobs.workers import make_files
from divecast.persistence.atomic import make_folder, scratch_beside
from divecast.selection.trial import Trial, TrialJob, TrialResult, read_result, result_file, run_trial


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
        result: scores of the fit; None if it failed.
        error: error message if it failed, else None; the next call runs it again.
    """

    trial: Trial
    result: TrialResult | None
    error: str | None


def run_trials(source: Source, trials: Sequence[Trial], execution: Execution) -> list[FinishedTrial]:
    """Return the results of all trials, in order.

    Raises:
        ArtifactError: the folder cannot be written to, or the file of a result is damaged.
        ConfigError: Ray is not installed, there is no such cluster, or all trials failed.
    """
    data_fingerprints = fingerprints(source, trials[0].plan.factors)
    folder = execution.out.absolute()  # workers of Ray have other working directories
    make_folder(folder)
    identities = [trial.identity(data_fingerprints) for trial in trials]
    files = [result_file(folder, identity) for identity in identities]
    stored = [read_result(file) for file in files]
    errors: dict[Path, str] = {}
    if None in stored:
        with scratch_beside(folder / "values") as scratch:
            data = Mapped.of(source, scratch)
            missing = [
                TrialJob(trial, data, identity, folder)
                for trial, identity, result in zip(trials, identities, stored, strict=True)
                if result is None
            ]
            outcomes = make_files(missing, run_trial, execution.workers, execution.ray)
            for progress in track_progress(outcomes, len(missing)):
                execution.watch(progress)
                if progress.error is not None:
                    errors[progress.job.file] = progress.error
    finished = [
        FinishedTrial(trial, read_result(file), errors.get(file)) for trial, file in zip(trials, files, strict=True)
    ]
    if all(trial.result is None for trial in finished):
        first = finished[0]
        cause = str(first.error).partition("\n")[0]  # without the traceback, which the errors of trials keep
        raise ConfigError(f"All {len(finished)} fits failed; the first, {first.trial.name}: {cause}")
    return finished

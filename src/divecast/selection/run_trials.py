"""Trials made: results that are there already are read, the others made by processes or a Ray cluster."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from divecast._optional import need
from divecast.data import Source
from divecast.data.sources.fingerprints import fingerprints
from divecast.data.sources.mapped import Mapped
from divecast.errors import ConfigError
from divecast.inference.forecasting import check_at_least
from divecast.jobs.contract import JobProgress, track_progress
from divecast.jobs.workers import make_files
from divecast.persistence.atomic import make_folder, scratch_beside
from divecast.selection.trial import Trial, TrialJob, TrialResult, read_result, result_file, run_trial


@dataclass(frozen=True, slots=True)
class Execution:
    """Who makes the trials, and where the results go.

    Attributes:
        out: folder of the results; one that is there is not made again.
        workers: processes at once, of one thread each.
        ray: address of a Ray cluster that works instead, or ``local``; its machines share ``out``.
        watch: called after each trial that was made.
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
    """A trial and what came of it.

    Attributes:
        trial: what was asked.
        result: what came of it, None if it failed.
        error: why it failed, else None; it is tried again by the next call.
    """

    trial: Trial
    result: TrialResult | None
    error: str | None


def make_trials(source: Source, trials: Sequence[Trial], hands: Execution) -> list[FinishedTrial]:
    """Return the results of all trials, in order.

    Raises:
        ArtifactError: the folder cannot be written to, or the file of a result is damaged.
        ConfigError: Ray is not installed, there is no such cluster, or all trials failed.
    """
    prints = fingerprints(source, trials[0].plan.factors)
    folder = hands.out.absolute()  # workers of Ray are in folders of their own
    make_folder(folder)
    asked = [trial.asked(prints) for trial in trials]
    found = [read_result(result_file(folder, each)) for each in asked]
    errors: dict[Path, str] = {}
    if None in found:
        with scratch_beside(folder / "values") as scratch:
            data = Mapped.of(source, scratch)
            jobs = [TrialJob(*each, folder) for each in zip(trials, [data] * len(trials), asked, strict=True)]
            todo = [job for job, result in zip(jobs, found, strict=True) if result is None]
            for progress in track_progress(make_files(todo, run_trial, hands.workers, hands.ray), len(todo)):
                hands.watch(progress)
                if progress.error is not None:
                    errors[progress.job.file] = progress.error
    files = [result_file(folder, each) for each in asked]
    made = [
        FinishedTrial(trial, read_result(file), errors.get(file)) for trial, file in zip(trials, files, strict=True)
    ]
    if all(each.result is None for each in made):
        raise ConfigError(f"none of {len(made)} fits could be made; the first, {made[0].trial.name}: {made[0].error}")
    return made

"""What the commands that fit have in common: the model of the settings, and fits side by side."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from divecast.cli.console import INTERRUPTED, say, shown, tell_progress
from divecast.cli.factors import parse_bounds, parse_covariates, parse_factors
from divecast.cli.settings import CommandSettings
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE

if TYPE_CHECKING:
    from divecast.jobs.contract import JobProgress
    from divecast.selection.run_trials import FinishedTrial
    from divecast.selection.trial import TrialJob

FAILED = 1


def build_model(settings: CommandSettings) -> DeepDIVE:
    """Return the model that the settings describe, not fitted.

    Raises:
        ConfigError: the horizon is not given, or a setting is out of range.
    """
    if settings.horizon is None:
        raise ConfigError(
            "The horizon is not given", hint="Use --horizon N, or horizon = N in the settings file", argument="horizon"
        )
    return DeepDIVE(
        settings.horizon,
        settings.lookback,
        parse_factors(settings.factors),
        covariates=parse_covariates(settings.covariates),
        model=settings.model,
        training=settings.training,
        losses=settings.losses,
        seed=settings.seed,
        device=settings.device,
        series=settings.series,
        bounds=parse_bounds(settings.bounds),
    )


def tell(progress: "JobProgress[TrialJob]") -> None:
    """Print on stderr how a fit ended."""
    tell_progress(progress, progress.job.trial.name)


def stopped(out: Path) -> typer.Exit:
    """Print what is kept after Ctrl-C, and return how the command ends."""
    say(f"divecast: stopped; the same command resumes with the fits that are missing in {shown(out)}", "yellow")
    return typer.Exit(INTERRUPTED)


def report_failures(trials: Sequence["FinishedTrial"]) -> list[dict[str, Any]]:
    """Print on stderr which fits failed, and return them as JSON values."""
    failed = [{"name": trial.trial.name, "error": trial.error} for trial in trials if trial.error is not None]
    for trial in failed:
        say(f"failed: {trial['name']}: {str(trial['error']).splitlines()[0]}", "red")
    if failed:
        say(f"{len(failed)} of {len(trials)} fits failed; run the same command to retry them", "red")
    return failed

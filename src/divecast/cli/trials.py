"""What ``divecast backtest`` and ``divecast search`` have in common: fits made beside one another."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from divecast.cli.console import INTERRUPTED, say, shown, tell_progress

if TYPE_CHECKING:
    from divecast.jobs.contract import JobProgress
    from divecast.selection.run_trials import FinishedTrial
    from divecast.selection.trial import TrialJob

FAILED = 1


def tell(progress: "JobProgress[TrialJob]") -> None:
    """Say on stderr how a fit ended."""
    tell_progress(progress, progress.job.trial.name)


def stopped(out: Path) -> typer.Exit:
    """Say after Ctrl-C what is kept, and return how the command ends."""
    say(f"divecast: stopped; the same command goes on with the fits that are missing in {shown(out)}", "yellow")
    return typer.Exit(INTERRUPTED)


def report_failures(made: Sequence["FinishedTrial"]) -> list[dict[str, Any]]:
    """Say on stderr which fits failed, and return them as JSON values."""
    failed = [{"name": each.trial.name, "error": each.error} for each in made if each.error is not None]
    for each in failed:
        say(f"failed: {each['name']}: {str(each['error']).splitlines()[0]}", "red")
    if failed:
        say(f"{len(failed)} of {len(made)} fits failed; the same command tries them again", "red")
    return failed

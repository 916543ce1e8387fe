"""``divecast reproduce``."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from divecast.cli import options
from divecast.cli.console import print_json, print_lines, say, shown, tell_progress

if TYPE_CHECKING:
    from divecast.jobs.contract import JobProgress
    from divecast.reproduce.reproduction import Reproduction
    from divecast.reproduce.runs import RunJob

_FAILED = 1
# By hand, for reproduce.arms takes long to import; a test holds them against it.
_ARMS = "full, a, b, vae, beta-vae, beta-tcvae, given, m2"
_ABLATIONS = (
    "concatenation, gating, a-without-b, tc-penalty, pairs, ce-only, bound, closed-form, by-epoch, joint, not-frozen, "
    "line, laplace, logistic"
)


def reproduce(  # noqa: PLR0913  typer reads an option from each parameter
    case: Annotated[str, typer.Argument(help="electricity, gait, gait-people, eia or motion.", show_default=False)],
    data: Annotated[
        Path | None,
        typer.Option("--data", help="File or folder of the data; motion needs none.", show_default=False),
    ] = None,
    runs: Annotated[
        int | None, typer.Option("--runs", help="Runs of each arm, seeds 0, 1, ...; 30, or 2 with --quick.")
    ] = None,
    workers: options.Workers = 1,
    ray: options.Ray = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of runs, page and figures.")] = Path("reproduction"),
    arm: Annotated[
        list[str] | None,
        typer.Option("--arm", help=f"Arm or ablation to run; repeat for more. All arms when left out: {_ARMS}."),
    ] = None,
    ablations: Annotated[bool, typer.Option("--ablations", help=f"Run the ablations, too: {_ABLATIONS}.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Small data, few arms and passes: about a minute.")] = False,
    as_json: options.Json = False,
) -> None:
    r"""Fit every arm of the paper's tables many times, compare them and draw the figures.

    Each run is kept as it ends: after Ctrl-C or a crash the same command makes those that are missing.

    It needs the extra: pip install "divecast\[science]".
    """
    from divecast.reproduce.reproduction import arms_of
    from divecast.reproduce.reproduction import reproduce as run

    made = run(case, data, arms_of(arm, ablations, quick), runs, workers, out, quick, _tell, ray)
    if made.note:
        say(made.note)
    for failure in made.failures:
        say(f"failed: {failure.job.case} {failure.job.arm} {failure.job.seed}: {failure.error.splitlines()[0]}", "red")
    if as_json:
        print_json(_summary(case, made))
    else:
        print_lines(
            f"Runs:    {shown(made.lines)}",
            f"Page:    {shown(made.page)}",
            *(f"Figure:  {shown(figure)}" for figure in made.figures),
        )
    if made.failures:
        say(f"{len(made.failures)} runs failed; the same command tries them again", "red")
        raise typer.Exit(_FAILED)


def _tell(progress: "JobProgress[RunJob]") -> None:
    job = progress.job
    tell_progress(progress, f"{job.case} {job.arm} seed {job.seed}")


def _summary(case: str, made: "Reproduction") -> dict[str, object]:
    failed = [{"arm": f.job.arm, "seed": f.job.seed, "error": f.error} for f in made.failures]
    found = {"runs": sum(record.case == case for record in made.records), "failed": failed, "note": made.note}
    files = {"lines": made.lines, "page": made.page, "figures": [str(figure) for figure in made.figures]}
    return {"command": "reproduce", "case": case, **found, **files}

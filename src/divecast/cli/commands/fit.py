"""``divecast fit``."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from divecast.cli.console import INTERRUPTED, print_json, print_lines, program, say, shown
from divecast.cli.factors import parse_split
from divecast.cli.files import Writes
from divecast.cli.inputs import read_data
from divecast.cli.options import FitOptions, Json, SplitWay
from divecast.cli.outputs import check_writable
from divecast.cli.settings import CommandSettings
from divecast.cli.trials import build_model

if TYPE_CHECKING:
    from divecast.estimator import DeepDIVE

_RUN = "Running"


def _default_checkpoint(out: Path) -> Path:
    return out.with_name(f"{out.name}.checkpoint")


def _checkpoints(values: Mapping[str, Any]) -> list[Path]:
    """Checkpoints of a fit and of its refit, from the values of all options."""
    from divecast.fit.fit_model import refit_checkpoint

    checkpoint = values["checkpoint"] or _default_checkpoint(values["out"])
    return [checkpoint, *([refit_checkpoint(checkpoint)] if values["refit"] else [])]


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How to run a fit."""

    devices: Annotated[
        int,
        typer.Option(
            "--devices",
            help="Processes on this machine, one device each, that share every batch.",
            rich_help_panel=_RUN,
        ),
    ] = 1
    nodes: Annotated[
        int,
        typer.Option(
            "--nodes", help="Number of machines; start the same command on each, or use torchrun.", rich_help_panel=_RUN
        ),
    ] = 1
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            help="Checkpoint file. Default: a file beside the model, removed when the fit is complete.",
            rich_help_panel=_RUN,
        ),
        Writes(_checkpoints),
    ] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="Resume from the checkpoint if there is one.", rich_help_panel=_RUN)
    ] = False
    refit: Annotated[
        bool,
        typer.Option(
            "--refit",
            help="Then fit once more on all rows, for forecasts of new data; no part is held out to measure.",
            rich_help_panel=_RUN,
        ),
    ] = False
    as_json: Json = False

    def checkpoint_of(self, out: Path) -> Path:
        """Return the checkpoint file of the fit of a model file."""
        return self.checkpoint or _default_checkpoint(out)


def fit(
    inputs: FitOptions,
    running: RunOptions,
    out: Annotated[Path, typer.Option("--out", "-o", help="Model file to write."), Writes()] = Path(
        "model.safetensors"
    ),
    split_by: SplitWay = None,
    epochs: Annotated[
        int | None,
        typer.Option(
            "--epochs", help="Maximum number of epochs. Default: 5, more for few windows.", rich_help_panel=_RUN
        ),
    ] = None,
    batch_size: Annotated[
        int | None,
        typer.Option(
            "--batch-size", help="Windows per training step. Default: 128, fewer for few windows.", rich_help_panel=_RUN
        ),
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", help="Peak learning rate of AdamW.", rich_help_panel=_RUN)
    ] = None,
) -> None:
    """Fit a model to a table of time series and write it to one file.

    Ctrl-C leaves a checkpoint; the same command with --resume continues from it.
    """
    from divecast.fit.fit_model import refit_checkpoint
    from divecast.fit.launch import is_first_process

    training = {"epochs": epochs, "batch_size": batch_size, "learning_rate": learning_rate}
    settings = inputs.settings(split_by=split_by, **{f"training.{name}": value for name, value in training.items()})
    check_writable(out)
    began = monotonic()
    model = _fit(inputs.data.path, settings, running, running.checkpoint_of(out))
    if not is_first_process():
        return  # of several processes the first one writes and prints
    model.save(out)
    if running.checkpoint is None:
        for path in (running.checkpoint_of(out), refit_checkpoint(running.checkpoint_of(out))):
            path.unlink(missing_ok=True)
    seconds = monotonic() - began
    if running.as_json:
        print_json({"command": "fit", "model": out, "seconds": seconds, "info": model.info()})
    else:
        following = "forecast" if running.refit else "evaluate"
        next_command = [*program(), following, str(out), inputs.data.path, *settings.reading_options()]
        print_lines(
            f"Fitted {len(model.history.records)} epochs in {seconds:.0f} s: {shown(out)}",
            f"Next: {shlex.join(next_command)}",
        )


def _fit(data: str, settings: CommandSettings, running: RunOptions, checkpoint: Path) -> "DeepDIVE":
    from divecast.fit.launch import is_first_of_machine

    model = build_model(settings)
    if running.resume and not checkpoint.exists():
        say(f"There is no checkpoint {shown(checkpoint)} yet; starting from the beginning.", "yellow")
    try:
        return model.fit(
            read_data(data, settings, model.plan) if is_first_of_machine() else None,
            parse_split(settings.split, settings.split_by, settings.group) if settings.says_split else None,
            checkpoint=checkpoint,
            resume=running.resume,
            refit=running.refit,
            progress=not running.as_json,
            devices=running.devices,
            nodes=running.nodes,
        )
    except KeyboardInterrupt:
        kept = f"resume with --resume from {shown(checkpoint)}" if checkpoint.exists() else "nothing was written yet"
        say(f"divecast: stopped; {kept}", "yellow")
        raise typer.Exit(INTERRUPTED) from None

"""``divecast fit``."""

import os
import shlex
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from divecast.cli import options
from divecast.cli.console import INTERRUPTED, print_json, print_lines, say, shown
from divecast.cli.settings import Settings, read_settings, reading
from divecast.errors import ArtifactError, ConfigError

if TYPE_CHECKING:
    from divecast.data import Panel, Recordings
    from divecast.estimator import DeepDIVE

_RUN = "Running"


def fit(
    data: options.Data,
    out: Annotated[Path, typer.Option("--out", "-o", help="File of the model.")] = Path("model.safetensors"),
    horizon: options.Horizon = None,
    lookback: options.Lookback = None,
    factor: options.Factors = None,
    config: options.Config = None,
    assign: options.Assignments = None,
    as_json: options.Json = False,
    split: options.Shares = None,
    split_by: options.SplitWay = None,
    group: options.Group = None,
    epochs: Annotated[
        int | None, typer.Option("--epochs", help="Passes over the training part, at most.", rich_help_panel=_RUN)
    ] = None,
    batch_size: Annotated[
        int | None, typer.Option("--batch-size", help="Windows a step.", rich_help_panel=_RUN)
    ] = None,
    learning_rate: Annotated[
        float | None, typer.Option("--learning-rate", help="Peak of AdamW's.", rich_help_panel=_RUN)
    ] = None,
    seed: options.Seed = None,
    device: options.Device = None,
    devices: Annotated[
        int,
        typer.Option(
            "--devices", help="Processes of this machine, a device each, that share every batch.", rich_help_panel=_RUN
        ),
    ] = 1,
    nodes: Annotated[
        int,
        typer.Option(
            "--nodes", help="Machines; start the same command on each, or leave it to torchrun.", rich_help_panel=_RUN
        ),
    ] = 1,
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            "--checkpoint",
            help="File of the fit's state; when left out it lies beside the model until the fit is done.",
            rich_help_panel=_RUN,
        ),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on from the checkpoint if there is one.", rich_help_panel=_RUN)
    ] = False,
    time: options.Time = None,
    label: options.LabelColumns = None,
    tz: options.Zone = None,
    channels: options.Channels = None,
    recording: options.Recording = None,
    rate: options.Rate = None,
) -> None:
    """Fit a model on a table of time series and write it to one file.

    Ctrl-C leaves a checkpoint; the same command with --resume goes on from it.
    """
    given = {
        "horizon": horizon,
        "lookback": lookback,
        "factors": factor,
        "split": split,
        "split_by": split_by,
        "group": group,
        "training.epochs": epochs,
        "training.batch_size": batch_size,
        "training.learning_rate": learning_rate,
        "seed": seed,
        "device": device,
        **options.of_data(time, label, tz, channels, recording, rate),
    }
    settings = read_settings(config, given, assign or ())
    _check_room(out)
    keep = Checkpoint(checkpoint or out.with_name(f"{out.name}.checkpoint"), resume, kept=checkpoint is not None)
    began = monotonic()
    from divecast.fit.launch import rank_here

    model = _fit(data, settings, keep, progress=not as_json, machines=(devices, nodes))
    if rank_here()[0]:
        return  # the first of the processes that torchrun started writes and says all
    model.save(out)
    if not keep.kept:
        keep.path.unlink(missing_ok=True)
    seconds = monotonic() - began
    if as_json:
        print_json({"command": "fit", "model": out, "seconds": seconds, "info": model.info()})
    else:
        print_lines(
            f"Fitted {len(model.history.records)} epochs in {seconds:.0f} s; the model is {shown(out)}",
            f"Next: {shlex.join(['divecast', 'evaluate', str(out), data, *reading(settings)])}",
        )


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Where the state of a fit goes.

    Attributes:
        path: The file.
        resume: Go on from it if it is there.
        kept: Leave it when the fit is done, as the user named it.
    """

    path: Path
    resume: bool
    kept: bool


def _fit(
    data: str, settings: Settings, keep: Checkpoint, progress: bool, machines: tuple[int, int] = (1, 1)
) -> "DeepDIVE":
    from divecast.cli.inputs import read_data
    from divecast.fit.launch import rank_here

    model, named = build_model(settings)
    if keep.resume and not keep.path.exists():
        say(f"there is no checkpoint {shown(keep.path)} yet; starting afresh", "yellow")
    try:
        source = None if rank_here()[1] else read_data(data, settings, needed_labels=named)  # once a machine
        return fit_source(model, source, settings, keep, progress, machines)
    except KeyboardInterrupt:
        left = keep.path.exists()
        mend = f"the same command with --resume goes on from {shown(keep.path)}" if left else "nothing was written yet"
        say(f"divecast: stopped; {mend}", "yellow")
        raise typer.Exit(INTERRUPTED) from None


def build_model(settings: Settings) -> tuple["DeepDIVE", list[str]]:
    """Build the model that the settings describe.

    Args:
        settings: With horizon and look-back.

    Returns:
        The model, not fitted, and the label columns its factors need.

    Raises:
        ConfigError: Horizon or look-back is not given, or a setting is out of range.
    """
    from divecast.cli.factors import parse_factors
    from divecast.data import Label
    from divecast.estimator import DeepDIVE

    if settings.horizon is None or settings.lookback is None:
        absent = "horizon" if settings.horizon is None else "lookback"
        raise ConfigError(f"expected a {absent}; give --{absent} N, or {absent} = N in the settings file")
    factors = parse_factors(settings.factors)
    model = DeepDIVE(
        settings.horizon,
        settings.lookback,
        factors,
        model=settings.model,
        training=settings.training,
        losses=settings.losses,
        seed=settings.seed,
        device=settings.device,
    )
    return model, [factor.name for factor in factors if isinstance(factor, Label)]


def fit_source(
    model: "DeepDIVE",
    source: "Panel | Recordings | None",
    settings: Settings,
    keep: Checkpoint,
    progress: bool,
    machines: tuple[int, int] = (1, 1),
) -> "DeepDIVE":
    """Fit a model on data in memory as the settings say, on so many devices of so many machines."""
    from divecast.cli.factors import parse_split

    spec = parse_split(settings.split, settings.split_by, settings.group)
    devices, nodes = machines
    return model.fit(
        source, spec, checkpoint=keep.path, resume=keep.resume, progress=progress, devices=devices, nodes=nodes
    )


def _check_room(out: Path) -> None:
    """A fit may take an hour: refuse a place that cannot be written before it, not after."""
    if out.is_dir() or not out.parent.is_dir():
        raise ArtifactError(f"expected a file in a folder that exists for the model, got {out}; give another --out")
    if not os.access(out.parent, os.W_OK):
        raise ArtifactError(f"expected a folder to write the model to, {out.parent} is read-only; give another --out")

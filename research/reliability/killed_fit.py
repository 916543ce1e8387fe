"""A fit that is killed repeatedly and resumed each time until it completes."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast import DeepDIVE
from divecast.cli import main
from divecast.errors import ArtifactError
from divecast.inference import MODEL_KIND, MODEL_SCHEMA
from divecast.persistence import Artifact, read_artifact
from divecast.train import CHECKPOINT_KIND, CHECKPOINT_SCHEMA, Checkpointing
from research.reliability.small_fit import SmallFit

SECONDS = 0.002
"""Between checkpoints: nearly one a step."""

_IMPORTED = ("divecast.estimator", "divecast.cli.inputs", "pydantic", "pyarrow.csv", "rich.text")
_LOOKS = 0.0002  # seconds between two looks at the folder


@dataclass(frozen=True, slots=True)
class Moment:
    """The moment at which a fit is killed.

    Attributes:
        aim: "any" moment, or one at which the "checkpoint" or the "model" is being written.
        nth: write of the checkpoint it is aimed at.
        seconds: after the start of the fit, or of the write it is aimed at.
    """

    aim: str
    nth: int
    seconds: float


def draw_moment(generator: np.random.Generator, long: float) -> Moment:
    """Draw a moment of a fit of ``long`` seconds: half of all are anywhere, 3 of 10 in a checkpoint, 2 in the save."""
    aim = str(generator.choice(["any", "checkpoint", "model"], p=[0.5, 0.3, 0.2]))
    seconds = generator.uniform(0, long) if aim == "any" else generator.uniform(0, 0.004)
    return Moment(aim, int(generator.integers(1, 9)), float(seconds))


def run(fit: SmallFit, moment: Moment | None = None) -> tuple[bool, float]:
    """Fit in a process of its own and kill it at a moment.

    Returns:
        Whether it was killed before it ended, and for how many seconds it ran.

    Raises:
        RuntimeError: The fit failed.
    """
    context = get_context("forkserver")  # the server imports once and does nothing else
    context.set_forkserver_preload(
        ["divecast.estimator", "divecast.cli.inputs", "pydantic", "pyarrow.csv", "rich.text"]
    )
    child = context.Process(target=_fit, args=(fit.command,))
    began = time.perf_counter()
    child.start()
    if moment is not None:
        _await(fit, moment, child)
        child.kill()
    child.join()
    if child.exitcode not in (0, -9):
        raise RuntimeError(f"the fit {fit.command} ended with {child.exitcode}")
    return child.exitcode == -9, time.perf_counter() - began


def _fit(command: tuple[str, ...]) -> None:
    torch.set_num_threads(1)
    setattr(sys.modules[DeepDIVE.__module__], "Checkpointing", partial(Checkpointing, seconds=SECONDS))  # noqa: B010
    with open(os.devnull, "w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
        code = main(command)
    os._exit(code)


def chain(fit: SmallFit, moments: Iterator[Moment]) -> Iterator[dict[str, Any]]:
    """Kill a fit at each of the moments, resume it after each, and yield what each kill left.

    Ends when the fit does; with no moments left it is let run to its end.
    """
    reached = 0
    for moment in moments:
        before = _staged(fit)
        killed, seconds = run(fit, moment)
        if not killed:
            return
        left = what_is_left(fit, before)
        yield {"aim": moment.aim, "seconds": seconds, **left, "went_back": left["step"] < reached}
        if left["model"] and not fit.checkpoint.exists():
            return  # it was killed on its way out
        reached = left["step"]
    run(fit)


def what_is_left(fit: SmallFit, before: frozenset[Path] = frozenset()) -> dict[str, Any]:
    """Read the files after a kill.

    Args:
        fit: that was killed.
        before: what earlier kills had left beside the files, and no write has removed yet.

    Returns:
        The step of the checkpoint, whether there is a model, whether all that is there is whole, and which file was
        half-written, beside its place.
    """
    try:
        step = (
            int(read_artifact(fit.checkpoint, CHECKPOINT_KIND, CHECKPOINT_SCHEMA).document["step"])
            if fit.checkpoint.exists()
            else 0
        )
        if fit.model.exists():
            read_artifact(fit.model, MODEL_KIND, MODEL_SCHEMA)
        whole = True
    except ArtifactError:
        step, whole = -1, False
    kinds = {fit.checkpoint.name: "checkpoint", fit.model.name: "model"}
    half = {kinds[path.name] for path in _staged(fit) - before if path.name in kinds}
    return {"step": step, "model": fit.model.exists(), "whole": whole, "half": next(iter(half), "")}


def _staged(fit: SmallFit) -> frozenset[Path]:
    """Return the files that are or were being written, beside their places."""
    return frozenset(fit.folder.glob(".divecast-*/*"))


def without_times(path: Path) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what a model's file says and the bits of its tensors, but for how long the fit took."""
    artifact: Artifact = read_artifact(path, MODEL_KIND, MODEL_SCHEMA)
    document = {**artifact.document, "provenance": {**artifact.document["provenance"]}}
    passes = document["provenance"]["history"]
    document["provenance"]["history"] = [{k: v for k, v in each.items() if k != "seconds"} for each in passes]
    return document, {name: tensor.numpy().tobytes() for name, tensor in artifact.tensors.items()}


def _await(fit: SmallFit, moment: Moment, child: BaseProcess) -> None:
    """Wait for a moment, or the end of the fit."""
    if moment.aim != "any":
        wanted = (fit.checkpoint if moment.aim == "checkpoint" else fit.model).name
        seen: set[Path] = set()
        while len(seen) < (moment.nth if moment.aim == "checkpoint" else 1) and child.is_alive():
            seen |= {path.parent for path in fit.folder.glob(f".divecast-*/{wanted}")}
            time.sleep(_LOOKS)
    end = time.perf_counter() + moment.seconds
    while time.perf_counter() < end and child.is_alive():
        time.sleep(min(_LOOKS, moment.seconds))

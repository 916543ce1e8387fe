"""A small case, and its runs as worker processes make them."""

import os
import signal
from dataclasses import replace
from pathlib import Path

from divecast.config import LossConfig, TrainingConfig
from divecast.data import ByRecording, ByTime, Calendar, Label
from divecast.errors import DataError
from divecast.metrics.latents import MeasureConfig
from research.paper import measured, runs
from research.paper.cases import Case, Settings
from research.paper.record import Record
from worlds import SMALL, hours, moves

_TRAINING = TrainingConfig(epochs=2, batch_size=64, learning_rate=5e-3, window_stride=5)
_MODEL = replace(SMALL, decoder=replace(SMALL.decoder, linear="ridge"))
_SETTINGS = Settings(_MODEL, _TRAINING, LossConfig())
MEASURES = MeasureConfig(n_boot=0, n_trees=2, n_folds=2, n_blocks=6)


def hours_case(name: str = "motion", path: Path | None = None, seed: int = 0, quick: bool = False) -> Case:
    """A panel of eight weeks in place of a case; takes what ``load_case`` takes."""
    factors = (Calendar("hour"), Calendar("weekend"))
    return Case(name, "eight weeks", hours().panel, factors, ByTime(3, 1, 1), 6, 24, (1, 6), _SETTINGS, 5)


def moves_case() -> Case:
    """Recordings with two labels, of which one is missing here and there."""
    factors, split = (Label("move"), Label("side")), ByRecording(6, 1, 1, group="person")
    settings = replace(_SETTINGS, training=replace(_TRAINING, window_stride=1))
    return Case("motion", "moves", moves(), factors, split, 5, 40, (1, 5), settings, 10)


def make_small(job: runs.RunJob) -> None:
    """Make a run of the small case, in a worker; a file ARM-SEED.kill or .fail in the folder ends it."""
    runs.load_case, measured.CONFIG = hours_case, MEASURES
    kill, fail = (job.out / f"{job.arm}-{job.seed}.{end}" for end in ("kill", "fail"))
    if fail.exists():
        raise DataError("as asked")
    if kill.exists():
        kill.unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    runs.make_run(job)


def without_cost(out: Path) -> list[Record]:
    """The runs of a folder, but for what each took."""
    return [replace(record, cost=None) for record in runs.read_records(out)]

"""Trials made in this process, and what they are made of."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from divecast import DeepDIVE, TrainingConfig
from divecast.jobs.contract import Outcome, run_job
from worlds import SMALL


def work_here(jobs: Sequence[Any], work: Callable[[Any], None], n_workers: int) -> Iterator[Outcome[Any]]:
    """Do jobs one after another."""
    for job in jobs:
        yield Outcome(job, run_job(job, work))


def small(factors: tuple[str, ...] = ("hour",), epochs: int = 1, batch_size: int = 256) -> DeepDIVE:
    """A model of ``hours``, not fitted."""
    training = TrainingConfig(epochs=epochs, batch_size=batch_size, learning_rate=5e-3, window_stride=5)
    return DeepDIVE(6, 24, factors, model=SMALL, training=training)

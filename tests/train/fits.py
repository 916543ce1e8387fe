"""A small fit of the train room, and watchers that break it off."""

import os
import signal
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from divecast.config import LossConfig, TrainingConfig
from divecast.model.blocks import FeatureDropout
from divecast.model.network import Network
from divecast.train.callbacks import Callback
from divecast.train.history import EpochRecord, History
from divecast.train.loop import Checkpointing, Task, fit_network
from worlds import network, turning

PER_EPOCH = 2  # batches: 140 windows, 64 at a time


def task(seed: int = 0, config: TrainingConfig | None = None, missing: float = 0.1, factors: bool = True) -> Task:
    config = config or TrainingConfig(epochs=2, batch_size=64, learning_rate=1e-2)
    train, valid = turning(140, 1, missing, factors), turning(50, 2, missing, factors)
    identity = {"settings": {"training": asdict(config)}, "seed": seed}
    return Task(train, valid, config, LossConfig(), seed, torch.device("cpu"), identity)


def fitted(
    what: Task, checkpointing: Checkpointing | None = None, callbacks: Sequence[Callback] = (), factors: bool = True
) -> tuple[Network, History]:
    """Fit a network that starts from the same weights every time, with dropout at work."""
    net = network(seed=1, factors=factors)
    for module in net.modules():
        if isinstance(module, FeatureDropout):
            module.share = 0.05
    return net, fit_network(net, what, checkpointing, callbacks)


class Watch:
    """Notes every call, and does something at one step."""

    def __init__(self, at: int = -1, action: str = "") -> None:
        self.at, self.action = at, action
        self.calls: list[tuple] = []

    def on_start(self, step: int, n_steps: int) -> None:
        self.calls.append(("start", step, n_steps))

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        self.calls.append(("step", step, dict(terms)))
        if step == self.at:
            self.act()

    def on_epoch(self, record: EpochRecord) -> None:
        self.calls.append(("epoch", record))

    def on_end(self) -> None:
        self.calls.append(("end",))

    def act(self) -> None:
        if self.action == "raise":
            raise RuntimeError("the watcher fell over")
        if self.action == "interrupt":
            signal.raise_signal(signal.SIGINT)
        if self.action == "kill":
            os.kill(os.getpid(), signal.SIGKILL)

    def steps(self) -> list[int]:
        return [call[1] for call in self.calls if call[0] == "step"]


def fit_and_die(path: str, at: int) -> None:
    """Run in a process of its own: fit, with a checkpoint after every batch, and be killed at batch ``at``."""
    torch.set_num_threads(1)
    fitted(task(), Checkpointing(Path(path), seconds=0.0), [Watch(at, "kill")])

"""The training loop: players take turns on batches until the passes are over or validation stalls."""

import math
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from divecast._device import own_random_state
from divecast._draws import drawn_for
from divecast.config import LossConfig, TrainingConfig
from divecast.errors import ConfigError
from divecast.model.network import Network
from divecast.train.callbacks import Callback
from divecast.train.channels import ChannelAxes, draw_channels, sampled_turn_loss, spread_seed
from divecast.train.checkpoint import Progress, load_checkpoint, save_checkpoint
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.history import EpochRecord, History
from divecast.train.player_loss import PlayerLoss, player_loss
from divecast.train.players import Player, build_players
from divecast.train.schedule import Schedule, Turn
from divecast.train.validate import monitored_value, validate
from divecast.types import Batch, WindowSource


@dataclass(frozen=True, slots=True)
class Task:
    """What a fit is of.

    Attributes:
        train: windows to learn from.
        valid: windows to stop by.
        config: the optimisation.
        weights: of the loss terms.
        seed: of every random draw.
        device: where the network is.
        labelled: windows with labels, to be drawn again for the marginal player; None draws none.
        identity: settings, seed and data fingerprint as JSON values; a checkpoint of another identity is refused.
        axes: of the network's channels where a step takes a sample of them; None where it takes all.
        ranks: processes that fit together, each on its share of every batch.
    """

    train: WindowSource
    valid: WindowSource
    config: TrainingConfig
    weights: LossConfig
    seed: int
    device: torch.device
    identity: dict[str, Any]
    labelled: Tensor | None = None
    axes: ChannelAxes | None = None
    ranks: Ranks = ALONE


@dataclass(frozen=True, slots=True)
class Checkpointing:
    """Where and how often to write checkpoints.

    Attributes:
        path: the file.
        seconds: at most this long between two; one is also written after every pass and on Ctrl-C.
        resume: go on from the file if it exists.
    """

    path: Path
    seconds: float = 60.0
    resume: bool = False


class Probe(Protocol):
    """Looks at the network and a batch before its turns; it must change nothing, nor draw from the random state."""

    def look(self, step: int, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig) -> None:
        """Look, ``step`` batches being done; the network is in training mode."""


def fit_network(
    network: Network,
    task: Task,
    checkpointing: Checkpointing | None = None,
    callbacks: Sequence[Callback] = (),
    probe: Probe | None = None,
) -> History:
    """Train ``network`` in place and leave it with the weights of its best pass, in evaluation mode.

    Two fits of the same task on one machine give the same weights bit for bit, broken off and resumed or not: the draws
    of a batch depend on the seed and the batch's number alone. Several ranks follow the loss curve of one process but
    for rounding, and may go on from a checkpoint of another number of ranks; rank 0 alone writes and calls callbacks.
    The global random state is left as it was.

    Raises:
        KeyboardInterrupt: Ctrl-C, once the batch in hand is done and a checkpoint is written.
        ArtifactError: a checkpoint cannot be read or written.
        ConfigError: the loss is no longer finite, a probe is to look at a part of a batch, or a batch or loss cannot
            be shared.
        RankError: another rank is gone.
    """
    task.ranks.check(min(task.config.batch_size, len(task.train)), task.weights)
    if probe:
        _check_probe(task)
    if not task.ranks.first:
        callbacks = ()
    schedule = Schedule.of(task.config, has_marginal=any(True for _ in network.marginal.parameters()))
    players = build_players(network, schedule, task.config)
    run = _Run(network, task, schedule, players, checkpointing)
    progress = run.start()
    for callback in callbacks:
        callback.on_start(progress.step, run.n_steps)
    try:
        with own_random_state(task.seed), _stop_requests() as stop:
            progress = run.go(progress, callbacks, probe, stop)
    finally:
        for callback in callbacks:
            callback.on_end()
    network.load_state_dict({**network.state_dict(), **progress.best})
    network.eval()
    return progress.history


class _Run:
    """One fit under way; holds what does not change while it runs."""

    def __init__(
        self,
        network: Network,
        task: Task,
        schedule: Schedule,
        players: dict[Turn, Player],
        checkpointing: Checkpointing | None,
    ) -> None:
        self.network, self.task, self.schedule = network, task, schedule
        self.players, self.checkpointing = players, checkpointing
        self.ranks = task.ranks
        self.per_epoch = max(1, len(task.train) // task.config.batch_size)
        self.n_steps = self.per_epoch * task.config.epochs
        self.validated = _validated_windows(task)
        self.saved_at = time.monotonic()

    def start(self) -> Progress:
        """Return the progress of the checkpoint to resume, or none."""
        keep = self.checkpointing
        if keep and keep.resume and self.ranks.once(keep.path.exists):
            return load_checkpoint(keep.path, self.task.identity, self.network, self.players, self.ranks)
        return Progress(0, History(), {}, {}, {})

    def go(
        self, progress: Progress, callbacks: Sequence[Callback], probe: Probe | None, stop: threading.Event
    ) -> Progress:
        """Run from ``progress`` to the end."""
        while progress.step < self.n_steps and not progress.history.has_stalled(self.task.config.patience):
            began = time.monotonic()
            for order in self._batches(progress.step):
                progress = self._one_batch(progress, order, probe)
                means = {name: total / progress.counts[name] for name, total in progress.sums.items()}
                for callback in callbacks:
                    callback.on_step(progress.step, means)
                self._pause_when_due(progress, stop)
            progress = self._close_epoch(progress, began)
            for callback in callbacks:
                callback.on_epoch(progress.history.records[-1])
            self._save(progress)
            _obey(self.ranks.any(stop.is_set()))
        return progress

    def _batches(self, step: int) -> Sequence[Tensor]:
        """Return the index tensors left in the pass that batch ``step`` belongs to."""
        epoch, done = divmod(step, self.per_epoch)
        generator = torch.Generator().manual_seed(spread_seed(self.task.seed, epoch))
        order = torch.randperm(len(self.task.train), generator=generator)
        return order.split(self.task.config.batch_size)[done : self.per_epoch]

    def _one_batch(self, progress: Progress, index: Tensor, probe: Probe | None) -> Progress:
        task, sums, counts = self.task, dict(progress.sums), dict(progress.counts)
        torch.manual_seed(spread_seed(task.seed, progress.step))
        rows = self.ranks.rows(len(index))
        batch = self._gathered(index, progress.step)
        marginal_batch = self._with_labels(index, batch, progress.step)
        rate = learning_rate(progress.step, self.n_steps, task.config)
        weights = task.weights.at(progress.step / self.n_steps)
        mixed = task.config.precision == "mixed" and task.device.type == "cuda"
        self.network.train()
        if probe:
            probe.look(progress.step, self.network, batch, task.config, weights)
        for turn in self.schedule.turns(progress.step // self.per_epoch):
            with drawn_for(rows), torch.autocast(task.device.type, torch.bfloat16, enabled=mixed):
                seen = marginal_batch if turn == "marginal" else batch
                loss = self._loss(turn, seen, weights)
            self.players[turn].update(self.ranks.parts(tuple(loss.tasks.values()), rows), rate, self.ranks)
            for name, value in self.ranks.means(loss.terms, rows).items():
                sums[name] = sums.get(name, 0.0) + _finite(name, value, task.config)
                counts[name] = counts.get(name, 0) + 1
        return replace(progress, step=progress.step + 1, sums=sums, counts=counts)

    def _gathered(self, index: Tensor, step: int) -> Batch:
        """Return this rank's windows out of ``index``, with the channels of the step."""
        task, rows = self.task, self.ranks.rows(len(index))
        own = rows.of(index)
        if task.axes is None:
            return self.ranks.completed(task.train.batch(own).to(task.device), rows)
        sample = draw_channels(task.axes.n_channels, task.config.channels, task.seed, step)
        return self.ranks.completed(task.train.batch(own, sample).to(task.device), rows)

    def _loss(self, turn: Turn, batch: Batch, weights: LossConfig) -> PlayerLoss:
        task = self.task
        if task.axes is None:
            return player_loss(turn, self.network, batch, task.config, weights)
        return sampled_turn_loss(turn, self.network, task.axes, batch, (task.config, weights))

    def _with_labels(self, index: Tensor, batch: Batch, step: int) -> Batch:
        """Return the marginal player's batch: where labels are few, windows with labels take the place of others."""
        task = self.task
        if task.labelled is None:
            return batch
        again = task.labelled[torch.randint(len(task.labelled), (round(task.config.labelled * len(index)),))]
        return self._gathered(torch.cat([index[len(again) :], again]), step)

    def _close_epoch(self, progress: Progress, began: float) -> Progress:
        epoch = progress.step // self.per_epoch - 1
        task = self.task
        valid = validate(self.network, task.valid, task.config.batch_size, task.device, self.validated, self.ranks)
        train = {name: total / progress.counts[name] for name, total in progress.sums.items()}
        value = _finite(
            "validation", monitored_value(valid, self.task.config.monitor, self.task.weights), self.task.config
        )
        record = EpochRecord(epoch, train, valid, value, time.monotonic() - began)
        history = progress.history.with_record(record)
        best = _copy(self.network) if history.best_epoch == epoch else progress.best
        return Progress(progress.step, history, {}, {}, best)

    def _pause_when_due(self, progress: Progress, stop: threading.Event) -> None:
        if progress.step % self.per_epoch == 0:
            return  # the pass is closed first, else a resumed fit would miss its validation
        due = self.checkpointing and time.monotonic() - self.saved_at >= self.checkpointing.seconds
        stopped = self.ranks.any(stop.is_set())
        if due or stopped:
            self._save(progress)
        _obey(stopped)

    def _save(self, progress: Progress) -> None:
        if self.checkpointing and self.ranks.first:
            save_checkpoint(self.checkpointing.path, self.task.identity, self.network, self.players, progress)
            self.saved_at = time.monotonic()


def learning_rate(step: int, n_steps: int, config: TrainingConfig) -> float:
    """Return the rate of a batch: linear warm-up, then half a cosine down to nearly nothing."""
    warm = max(1, round(config.warmup * n_steps))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, n_steps - warm)))


def _check_probe(task: Task) -> None:
    if task.axes:
        raise ConfigError(
            f"a probe looks at all channels of a step, got channels={task.config.channels}; set channels=0"
        )
    if task.ranks.size > 1:
        raise ConfigError(f"a probe looks at whole batches, {task.ranks.size} ranks share them; fit with devices=1")


def _finite(name: str, value: float, config: TrainingConfig) -> float:
    if not math.isfinite(value):
        raise ConfigError(
            f"expected a finite loss, the {name} term became {value}: the training ran away; lower learning_rate "
            f"({config.learning_rate:g}) or clip ({config.clip:g})"
        )
    return value


def _validated_windows(task: Task) -> Tensor | None:
    """Return the validation windows to look at, None for all: of sampled channels as large a share as of windows."""
    if task.axes is None or task.config.monitor == "labels":  # which may be rare
        return None
    share = task.config.channels / task.axes.n_channels
    n_windows = max(task.config.batch_size, round(share * len(task.valid)))
    generator = torch.Generator().manual_seed(spread_seed(task.seed, -1))
    return torch.randperm(len(task.valid), generator=generator)[:n_windows].sort().values


def _copy(network: Network) -> dict[str, Tensor]:
    """Return what training changes; the linear path is no part of it and can be large."""
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def _obey(stopped: bool) -> None:
    if stopped:
        raise KeyboardInterrupt


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """Turn Ctrl-C into an event, so that it never falls into the middle of an update."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    former = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, former)

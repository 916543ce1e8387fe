"""The training loop: players take turns on batches until the last epoch or until validation stalls."""

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

from divecast._device import own_random_state, seed_draws, stream_seed
from divecast.config import LossConfig, TrainingConfig
from divecast.errors import ConfigError
from divecast.model.draws import drawn_for
from divecast.model.network import Network
from divecast.persistence.page_cache import free_heap
from divecast.train.callbacks import Callback
from divecast.train.channels import ChannelAxes, draw_channels, sampled_player_loss, spread_seed
from divecast.train.checkpoint import FitState, load_checkpoint, save_checkpoint
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.history import EpochRecord, History
from divecast.train.player_loss import PlayerLoss, player_loss
from divecast.train.players import Player, build_players
from divecast.train.schedule import Schedule, Turn
from divecast.train.validate import monitored_value, validate
from divecast.types import Batch, WindowSource

_DECAY = 9  # the running mean forgets all but about the last tenth of the steps


@dataclass(frozen=True, slots=True)
class Task:
    """The data and settings of a fit.

    Attributes:
        train: training windows.
        valid: validation windows, for early stopping.
        config: settings of the optimisation.
        weights: weights of the loss terms.
        seed: random seed.
        device: device of the network.
        identity: settings, seed and fingerprint of the data as JSON values; a checkpoint of another identity is
            refused.
        labelled: numbers of the labelled windows to draw again for the marginal player; None for no such draws.
        axes: channel axes of the network if each step takes a sample of the channels; None if it takes all.
        ranks: processes that fit together, each on its share of every batch.
        passes: number of passes to make, of those in ``config.epochs``, without validation; the last weights are kept.
            None to validate after every pass, and to keep the weights of the best one.
        most_windows: training windows of a pass, drawn anew for each, and most validation windows; None for all.
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
    passes: int | None = None
    most_windows: int | None = None


@dataclass(frozen=True, slots=True)
class Checkpointing:
    """Where and how often checkpoints are written.

    Attributes:
        path: path of the file.
        seconds: maximum time between two checkpoints; one is also written after every epoch and on Ctrl-C.
        resume: resume from the file if it exists.
    """

    path: Path
    seconds: float = 60.0
    resume: bool = False


class Probe(Protocol):
    """Inspects the network and a batch before its turns; must neither change them nor draw random numbers."""

    def look(self, step: int, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig) -> None:
        """Inspect the network, in training mode, after ``step`` batches."""


def fit_network(
    network: Network,
    task: Task,
    checkpointing: Checkpointing | None = None,
    callbacks: Sequence[Callback] = (),
    probe: Probe | None = None,
) -> History:
    """Train ``network`` in place; it ends in evaluation mode with the weights of its best epoch, or the last ones.

    Two fits of one task on one machine give the same weights bit for bit, also if one was interrupted and resumed,
    since the draws of a batch depend on the seed and its number alone. Several ranks follow the loss curve of one
    process up to rounding, and can resume a checkpoint of another number of ranks; only rank 0 writes files and calls
    callbacks. The global random state is restored.

    Args:
        network: to train.
        task: data and settings.
        checkpointing: where checkpoints are written; None for none.
        callbacks: called after batches and epochs.
        probe: called before the turns of every batch.

    Returns:
        The losses by epoch.

    Raises:
        KeyboardInterrupt: on Ctrl-C, after the current batch and a checkpoint.
        ArtifactError: a checkpoint cannot be read or written.
        ConfigError: training diverged, a probe needs whole batches, or a batch or loss cannot be shared by ranks.
        RankError: another rank has stopped.
    """
    task.ranks.check(min(task.config.n_batch, len(task.train)), task.weights)
    if probe:
        _check_probe(task)
    if not task.ranks.first:
        callbacks = ()
    schedule = Schedule.of(task.config, has_marginal=any(True for _ in network.marginal.parameters()))
    players = build_players(network, schedule, task.config)
    run = _Run(network, task, schedule, players, checkpointing)
    state = run.start()
    for callback in callbacks:
        callback.on_start(state.step, run.last_step)
    try:
        with own_random_state(task.seed), _stop_requests() as stop:
            state = run.run(state, callbacks, probe, stop)
    finally:
        for callback in callbacks:
            callback.on_end()
    network.load_state_dict({**network.state_dict(), **state.best})
    network.eval()
    return state.history


class _Run:
    """One fit; holds what does not change while it runs."""

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
        self.per_epoch = max(1, min(len(task.train), task.most_windows or len(task.train)) // task.config.n_batch)
        self.n_steps = self.per_epoch * task.config.n_epochs
        self.last_step = self.n_steps if task.passes is None else self.per_epoch * task.passes
        self.validated = _validated_windows(task)
        self.saved_at = time.monotonic()

    def start(self) -> FitState:
        """Return the state to start from: that of the checkpoint to resume, or a new one."""
        checkpointing = self.checkpointing
        if checkpointing and checkpointing.resume and self.ranks.once(checkpointing.path.exists):
            state = load_checkpoint(
                checkpointing.path,
                self.task.identity,
                self.network,
                self.players,
                self.ranks,
                averaged=self.task.config.average,
            )
            return replace(state, mean={name: value.to(self.task.device) for name, value in state.mean.items()})
        return FitState(0, History(), {}, {}, {})

    def run(
        self, state: FitState, callbacks: Sequence[Callback], probe: Probe | None, stop: threading.Event
    ) -> FitState:
        """Train from ``state`` to the end."""
        while state.step < self.last_step and not self._has_stalled(state.history):
            began = time.monotonic()
            for index in self._batches(state.step):
                state = self._one_batch(state, index, probe)
                means = {name: total / state.counts[name] for name, total in state.sums.items()}
                for callback in callbacks:
                    callback.on_step(state.step, means)
                self._pause_when_due(state, stop)
            state = self._close_epoch(state, began)
            for callback in callbacks:
                callback.on_epoch(state.history.records[-1])
            self._save(state)
            _raise_if(self.ranks.any(stop.is_set()))
        return state

    def _has_stalled(self, history: History) -> bool:
        return self.task.passes is None and history.has_stalled(self.task.config.patience)

    def _batches(self, step: int) -> Sequence[Tensor]:
        """Return the indices of the windows of each batch from ``step`` to the end of its epoch."""
        epoch, done = divmod(step, self.per_epoch)
        generator = torch.Generator().manual_seed(spread_seed(self.task.seed, epoch))
        permutation = torch.randperm(len(self.task.train), generator=generator)
        return permutation.split(self.task.config.n_batch)[done : self.per_epoch]

    def _one_batch(self, state: FitState, index: Tensor, probe: Probe | None) -> FitState:
        task, sums, counts = self.task, dict(state.sums), dict(state.counts)
        seed = spread_seed(task.seed, state.step)
        seed_draws(seed, task.device)
        rows = self.ranks.rows(len(index))
        batch, turns = self._window_batch(index, state.step), self.schedule.turns(state.step // self.per_epoch)
        marginal_batch = self._with_labels(index, batch, state.step) if "marginal" in turns else batch
        rate = learning_rate(state.step, self.n_steps, task.config)
        weights = task.weights.at(state.step / self.n_steps)
        mixed = task.config.precision == "mixed" and task.device.type == "cuda"
        self.network.train()
        if probe:
            probe.look(state.step, self.network, batch, task.config, weights)
        for turn in turns:
            seed_draws(stream_seed(seed, turn), task.device)  # whatever other turns a step has
            with drawn_for(rows), torch.autocast(task.device.type, torch.bfloat16, enabled=mixed):
                seen = marginal_batch if turn == "marginal" else batch
                loss = self._loss(turn, seen, weights)
            self.players[turn].update(self.ranks.parts(tuple(loss.tasks.values()), rows), rate, self.ranks)
            for name, value in self.ranks.means(loss.terms, rows).items():
                sums[name] = sums.get(name, 0.0) + _finite(name, value, task.config)
                counts[name] = counts.get(name, 0) + 1
        return replace(state, step=state.step + 1, sums=sums, counts=counts, mean=self._mean(state))

    def _mean(self, state: FitState) -> dict[str, Tensor]:
        """Return the running mean of the weights after a batch, if it is wanted."""
        if not self.task.config.average:
            return {}
        if not state.mean:
            return _copy(self.network)
        share = (_DECAY + 1) / (state.step + 1 + _DECAY)
        return {name: state.mean[name].lerp(now.detach(), share) for name, now in self.network.named_parameters()}

    def _window_batch(self, index: Tensor, step: int) -> Batch:
        """Return this rank's share of the windows at ``index``, with the channels of the step."""
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
        return sampled_player_loss(turn, self.network, task.axes, batch, task.config, weights)

    def _with_labels(self, index: Tensor, batch: Batch, step: int) -> Batch:
        """Return the marginal player's batch, in which labelled windows replace some others if labels are few."""
        task = self.task
        if task.labelled is None:
            return batch
        redrawn = task.labelled[torch.randint(len(task.labelled), (round(task.config.labelled * len(index)),))]
        return self._window_batch(torch.cat([index[len(redrawn) :], redrawn]), step)

    def _close_epoch(self, state: FitState, began: float) -> FitState:
        if not state.mean:
            return self._with_epoch(state, began)
        last = _copy(self.network)
        _put(state.mean, self.network)
        closed = self._with_epoch(state, began)
        _put(last, self.network)
        return closed

    def _with_epoch(self, state: FitState, began: float) -> FitState:
        epoch = state.step // self.per_epoch - 1
        task = self.task
        if task.passes is not None:
            train = {name: total / state.counts[name] for name, total in state.sums.items()}
            record = EpochRecord(epoch, train, {}, 0.0, time.monotonic() - began)
            history = state.history.with_record(record)
            return replace(state, history=history, sums={}, counts={}, best=_copy(self.network))
        free_heap()
        valid = validate(self.network, task.valid, task.config.n_batch, task.device, self.validated, self.ranks)
        train = {name: total / state.counts[name] for name, total in state.sums.items()}
        value = _finite(
            "validation", monitored_value(valid, self.task.config.monitor, self.task.weights), self.task.config
        )
        record = EpochRecord(epoch, train, valid, value, time.monotonic() - began)
        history = state.history.with_record(record)
        best = _copy(self.network) if history.best_epoch == epoch else state.best
        return replace(state, history=history, sums={}, counts={}, best=best)

    def _pause_when_due(self, state: FitState, stop: threading.Event) -> None:
        if state.step % self.per_epoch == 0:
            return  # the epoch is closed first, else a resumed fit would skip its validation
        due = self.checkpointing and time.monotonic() - self.saved_at >= self.checkpointing.seconds
        stopped = self.ranks.any(stop.is_set())
        if due or stopped:
            self._save(state)
        _raise_if(stopped)

    def _save(self, state: FitState) -> None:
        if self.checkpointing and self.ranks.first:
            save_checkpoint(self.checkpointing.path, self.task.identity, self.network, self.players, state)
            self.saved_at = time.monotonic()


def learning_rate(step: int, n_steps: int, config: TrainingConfig) -> float:
    """Return the learning rate of a batch: a linear warm-up, then half a cosine down to nearly 0."""
    warm = max(1, round(config.warmup * n_steps))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    return config.learning_rate * 0.5 * (1.0 + math.cos(math.pi * (step - warm) / max(1, n_steps - warm)))


def _check_probe(task: Task) -> None:
    if task.axes:
        raise ConfigError(
            "A probe needs all channels of every batch",
            found=f"training.channels={task.config.channels}",
            hint="Set {training.channels} to 0",
            argument="probe",
        )
    if task.ranks.size > 1:
        raise ConfigError(
            "A probe needs whole batches",
            found=f"batches shared by {task.ranks.size} ranks",
            hint="Set {devices} to 1",
            argument="probe",
        )


def _finite(name: str, value: float, config: TrainingConfig) -> float:
    if not math.isfinite(value):
        raise ConfigError(
            f"Training diverged: the {name} loss became {value}",
            hint=f"Lower {{training.learning_rate}} ({config.learning_rate:g}) or {{training.clip}} ({config.clip:g})",
            argument="training.learning_rate",
        )
    return value


def _validated_windows(task: Task) -> Tensor | None:
    """Return the validation windows to use, None for all; with sampled channels, the same share of the windows."""
    if task.config.monitor == "labels":  # labels may be rare
        return None
    if task.axes is not None:
        share = task.config.channels / task.axes.n_channels
        n_windows = max(task.config.n_batch, round(share * len(task.valid)))
    elif task.most_windows is not None and task.most_windows < len(task.valid):
        n_windows = task.most_windows
    else:
        return None
    generator = torch.Generator().manual_seed(spread_seed(task.seed, -1))
    return torch.randperm(len(task.valid), generator=generator)[:n_windows].sort().values


def _copy(network: Network) -> dict[str, Tensor]:
    """Return copies of the parameters; buffers, such as the linear path, do not change."""
    return {name: value.detach().clone() for name, value in network.named_parameters()}


def _put(weights: dict[str, Tensor], network: Network) -> None:
    """Give a network these weights."""
    with torch.no_grad():
        for name, value in network.named_parameters():
            value.copy_(weights[name])


def _raise_if(stopped: bool) -> None:
    if stopped:
        raise KeyboardInterrupt


@contextmanager
def _stop_requests() -> Iterator[threading.Event]:
    """Turn Ctrl-C into an event, so that it never interrupts an update."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    previous = signal.signal(signal.SIGINT, lambda *_: stop.set())
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, previous)

"""A probe that measures whether the losses of a fit conflict.

Sharing one bound does not make gradients agree. At regular intervals the probe takes the current batch, on a copy of
the network, and compares the gradients of forecast, reconstruction (with the KL of a) and disentanglement. It also
measures what a small plain gradient step on each loss does to the others. The fit is bit for bit the same with and
without the probe.

**Null.** Gradients of a batch are noisy, so their cosines scatter even if the losses agree. The batch is split into two
halves of equal size, each with its own noise. The *null* is the cosine of one loss between the halves. A pair of losses
is compared *across* the halves as well, so that both gradients come from as many windows with independent noise. On the
*same* half the pair shares windows and noise, as in an update. Gradient noise grows as windows get fewer: half a batch
shows more negative cosines than a whole one, in the pair and the null alike.

**Interpretation.** A null near 0 with half of the cosines negative, and a median near 0, means unrelated gradients:
neither help nor harm. A median clearly below 0 is a conflict. ``corrected`` is the cosine without the noise.

**As trained, and unfrozen.** With ``freeze``, the forecast loss does not move q(b|x) and its prior, so there is no such
cosine *as trained*. *Unfrozen* has the gradients as they would be through b. Steps as trained can still harm: one on
the disentanglement loss moves b, and b moves the forecast.

**Steps.** The length of a step is 1e-4 of the norm of the weights it moves: short enough for the first-order term to
dominate, long enough for float32 (our choice). It is too short to predict the effect of a whole optimiser step.
"""

import copy
import time
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from divecast._device import own_random_state
from divecast.config import LossConfig, TrainingConfig, check_at_least
from divecast.model.network import Network
from divecast.train.conflict.look import Look, Modules, Moves, take_look
from divecast.train.conflict.summary import ConflictSummary, summarise_looks
from divecast.train.player_loss import TASKS, player_loss
from divecast.train.schedule import Turn
from divecast.types import Batch

_RELATIVE_STEP = 1e-4


class ConflictProbe:
    """Measures at regular intervals of a fit whether its losses conflict.

    A resumed fit is measured from where it resumes. The losses are those of a joint turn, in nats per forecast value,
    whichever player's turn it is; the interleaved players divide theirs by other constants, so magnitudes compare as
    in joint training. All is computed in float32, even if the fit uses mixed precision. Batches of one window are
    skipped.

    A measurement takes about as long as five batches of training, so a fit takes about a quarter longer at
    ``every=20`` (one core, both data sets of docs/conflict.md). It needs memory for a second copy of the network and
    six gradients of it.

    Args:
        every: batches between two measurements; the first batch is measured.
        weights: weights of the loss terms; those of the fit by default.

    Raises:
        ConfigError: ``every`` is below 1.

    Example:
        >>> probe = ConflictProbe(every=100)
        >>> probe.summary().looks
        0
    """

    def __init__(self, every: int = 20, weights: LossConfig | None = None) -> None:
        check_at_least(1, every=every)
        self.every, self.weights = every, weights
        self._looks: list[Look] = []
        self._seconds = 0.0

    def look(self, step: int, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig) -> None:
        """Measure if it is time to; the training loop calls it before the turns of a batch.

        Args:
            step: number of batches done.
            network: is not changed, nor is the random state.
            batch: the current batch.
            training: settings of the fit.
            weights: loss weights of the fit.
        """
        if step % self.every or len(batch.x) < 2:
            return
        began = time.perf_counter()
        losses = _TaskLosses(copy.deepcopy(network), batch, training, self.weights or weights)
        modules = modules_of(losses.network)
        trained = trained_moves(tuple(modules), losses.names, training)
        self._looks.append(take_look(step, losses, modules, trained, _RELATIVE_STEP))
        self._seconds += time.perf_counter() - began

    @property
    def looks(self) -> tuple[Look, ...]:
        """All measurements, in order."""
        return tuple(self._looks)

    def summary(self) -> ConflictSummary:
        """Return the summary of all measurements so far."""
        return summarise_looks(self._looks, self._seconds)


def modules_of(network: Network) -> Modules:
    """Return the parameters of each module by name; the label path is split into its parts."""
    modules = {f"marginal.{name}": module for name, module in network.marginal.named_children()}
    modules |= {name: module for name, module in network.named_children() if name != "marginal"}
    by_module = {name: tuple(module.parameters()) for name, module in modules.items()}
    return {name: parameters for name, parameters in by_module.items() if parameters}


def trained_moves(modules: tuple[str, ...], losses: tuple[str, ...], training: TrainingConfig) -> Moves:
    """Return whether the fit updates a module by a loss that depends on it, (loss, module)."""
    split = training.interleave != "joint"
    marginal = np.array([name.startswith("marginal.") for name in modules])
    rows = []
    for loss in losses:
        if loss == "disentanglement":
            rows.append(marginal | (not split))
        else:
            rows.append(~marginal | (not (split and training.freeze)))
    return np.array(rows, dtype=bool)


class _TaskLosses:
    """The losses of a joint turn on half 0 or 1 of a batch; each half always gets the same noise."""

    def __init__(self, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig) -> None:
        self.network, self.training, self.weights = network, training, weights
        size = len(batch.x) // 2  # the last window of an odd batch is left out
        pieces = [slice(0, size), slice(size, 2 * size)]
        self.halves = [batch.part(piece) for piece in pieces]
        self.names = TASKS if any(True for _ in network.marginal.parameters()) else TASKS[:2]
        self.seed = torch.initial_seed()

    def __call__(self, half: int) -> Mapping[str, Tensor]:
        turn: Turn = "joint" if len(self.names) == len(TASKS) else "conditional"
        with own_random_state((self.seed + 1 + half) % 2**63):
            tasks = player_loss(turn, self.network, self.halves[half], self.training, self.weights).tasks
        return {name: tasks[name] for name in self.names}

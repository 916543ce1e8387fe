"""Do the losses of a fit pull against one another? A probe that any fit can carry.

Sharing one bound does not make gradients agree. Every so many batches the probe takes the batch before its turns, on a
copy of the network, and compares the gradients of forecast, reconstruction (with the KL of a) and disentanglement, and
what a small plain step down each does to the others. The fit is the same bit for bit with and without it.

**Null.** Gradients of a batch are noisy, so cosines scatter also where losses agree. The batch is cut into two halves
of one size, each with noise of its own. The *null* is the cosine of one loss between the halves; the pair is compared
*across* the halves too, so that both have gradients of as many windows with independent noise. On the *same* half the
pair shares windows and noise, as it does in an update. Gradient noise grows as windows get fewer: half a batch shows
more negative cosines than a whole one, in pair and null alike.

**How to read it.** A null near 0 with half of the cosines negative and their median near 0 means gradients that have
nothing to do with one another: neither help nor harm. A median clearly below 0 is conflict. ``corrected`` is the cosine
freed from the noise.

**As trained, and unfrozen.** With ``freeze`` the fit does not move q(b|x) and its prior down the forecast's loss; so
there is no cosine there *as trained*, and trivially no negative one. *Unfrozen* has the gradients as they would be
through b. Steps as trained can harm all the same: one down the disentanglement loss moves b, and b moves the forecast.

**Steps.** A step has 1e-4 of the norm of the weights it moves: short enough for the first-order term to rule, long
enough for float32 (our choice). It is too short to say what a whole step of the optimiser does.
"""

import copy
import time
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from divecast._device import own_random_state
from divecast.config import LossConfig, TrainingConfig
from divecast.errors import ConfigError
from divecast.model.network import Network
from divecast.train.conflict.look import Look, Modules, Moves, take_look
from divecast.train.conflict.summary import ConflictReport, report_of
from divecast.train.player_loss import TASKS, player_loss
from divecast.train.schedule import Turn
from divecast.types import Batch

_RELATIVE_STEP = 1e-4


class ConflictProbe:
    """Looks at a fit every so many batches: ``model.fit(data, probe=ConflictProbe())``, then ``probe.report()``.

    A fit that is resumed is looked at from where it goes on. Losses are those of one joint turn, in nats per forecast
    value, whoever's turn it is: the interleaved players divide theirs by other constants, so magnitudes compare as in
    joint training. All is done in float32, also where the fit is mixed. Batches of one window are passed over.

    A look takes as long as some five batches of training, so that a fit takes about a quarter longer with one in twenty
    (one core, both data sets of docs/conflict.md). It holds a second copy of the network and six gradients of it.

    Args:
        every: batches from one look to the next; the first batch is looked at.
        weights: of the loss terms, by default those of the fit; to look at losses that the fit does not minimise.

    Raises:
        ConfigError: ``every`` is below 1.
    """

    def __init__(self, every: int = 20, weights: LossConfig | None = None) -> None:
        if every < 1:
            raise ConfigError(f"every must be a whole number >= 1, got {every!r}")
        self.every, self.weights = every, weights
        self._looks: list[Look] = []
        self._seconds = 0.0

    def look(self, step: int, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig) -> None:
        """Look, if it is time to; called by the loop before the turns of a batch.

        Args:
            step: batches done.
            network: left as it is, as is the random state.
            batch: in hand.
            training: of the fit.
            weights: of the fit.
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
        """Everything that was seen, in order."""
        return tuple(self._looks)

    def report(self) -> ConflictReport:
        """Sum up all looks so far."""
        return report_of(self._looks, self._seconds)


def modules_of(network: Network) -> Modules:
    """Return the parameters of each module by name: the pieces of the marginal path apart, the others whole."""
    pieces = {f"marginal.{name}": piece for name, piece in network.marginal.named_children()}
    pieces |= {name: piece for name, piece in network.named_children() if name != "marginal"}
    found = {name: tuple(piece.parameters()) for name, piece in pieces.items()}
    return {name: parameters for name, parameters in found.items() if parameters}


def trained_moves(modules: tuple[str, ...], losses: tuple[str, ...], training: TrainingConfig) -> Moves:
    """Return (loss, module): whether the fit moves the module down the loss, if it depends on it."""
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
    """The losses of a joint turn on half 0 or 1 of a batch; the noise of a half is always the same."""

    def __init__(self, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig) -> None:
        self.network, self.training, self.weights = network, training, weights
        size = len(batch.x) // 2  # an odd window is left out
        pieces = [slice(0, size), slice(size, 2 * size)]
        self.halves = [Batch(batch.x[piece], batch.y[piece], batch.labels[piece]) for piece in pieces]
        self.names = TASKS if any(True for _ in network.marginal.parameters()) else TASKS[:2]
        self.seed = torch.initial_seed()

    def __call__(self, half: int) -> Mapping[str, Tensor]:
        turn: Turn = "joint" if len(self.names) == len(TASKS) else "conditional"
        with own_random_state((self.seed + 1 + half) % 2**63):
            tasks = player_loss(turn, self.network, self.halves[half], self.training, self.weights).tasks
        return {name: tasks[name] for name in self.names}

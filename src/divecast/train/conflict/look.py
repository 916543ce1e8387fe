"""One look at how losses pull at the weights they share: inner products of gradients, and what small steps do."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

View = Literal["as trained", "unfrozen"]
Moves = NDArray[np.bool_]
Losses = Callable[[int], Mapping[str, Tensor]]
Modules = Mapping[str, Sequence[nn.Parameter]]

WHOLE = "whole"


@dataclass(frozen=True, eq=False, slots=True)
class Place:
    """Where losses are compared: a module, or all that more than one loss can reach together.

    Attributes:
        module: its name, or ``whole``.
        view: ``unfrozen`` counts whatever a loss reaches; ``as trained`` only what the fit moves down that loss.
        moves: (loss, module) whether a step down the loss moves the module here.
    """

    module: str
    view: View
    moves: Moves


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """Gradients on the two halves of one batch.

    Attributes:
        step: batches done before it.
        losses: names.
        places: where they are compared.
        gram: (module, half x loss, half x loss) inner products of gradients, all losses of the first half first.
        effects: (place, loss, loss) change of the second loss, on the first half and under the same noise, after a step
            down the gradient of the first; not a number where no step is taken.
    """

    step: int
    losses: tuple[str, ...]
    places: tuple[Place, ...]
    gram: NDArray[np.float64]
    effects: NDArray[np.float64]


def take_look(step: int, losses: Losses, modules: Modules, trained: Moves, relative_step: float) -> Look:
    """Compare losses; the weights are moved on the way and put back, bit for bit.

    Args:
        step: batches done before.
        losses: gives the losses on half 0 or 1 of the batch, under the same noise whenever it is asked for that half.
        modules: parameters by module.
        trained: (loss, module) whether the fit moves the module down the loss.
        relative_step: length of a step, as a share of the norm of what it moves.
    """
    parameters = [tuple(module) for module in modules.values()]
    first = losses(0)
    gradients, reached = _gradients(first, parameters)
    other, _ = _gradients(losses(1), parameters)
    gram = np.stack([_gram(torch.cat(pair)) for pair in zip(gradients, other, strict=True)])
    places = find_places(tuple(modules), reached, trained)
    before = {name: float(loss.detach()) for name, loss in first.items()}
    stepper = _Stepper(losses, before, parameters, gradients, relative_step)
    return Look(step, tuple(first), places, gram, np.stack([stepper.effects(place.moves) for place in places]))


def find_places(modules: Sequence[str], reached: Moves, trained: Moves) -> tuple[Place, ...]:
    """Return every place where two losses can meet.

    Args:
        modules: names.
        reached: (loss, module) whether the loss depends on the module.
        trained: (loss, module) whether the fit moves the module down the loss.
    """
    shared = reached & (reached.sum(0) > 1)
    views: tuple[tuple[View, Moves], ...] = (("as trained", shared & trained), ("unfrozen", shared))
    found = []
    for view, moves in views:
        for at, module in enumerate(modules):
            if moves[:, at].sum() > 1:
                found.append(Place(module, view, moves & (np.arange(len(modules)) == at)))
        found.append(Place(WHOLE, view, moves))
    return tuple(found)


def _gradients(losses: Mapping[str, Tensor], modules: Sequence[tuple[nn.Parameter, ...]]) -> tuple[list[Tensor], Moves]:
    """Return the gradients by module, (loss, parameter) each, and which (loss, module) there is a path between."""
    every = [parameter for module in modules for parameter in module]
    rows = [torch.autograd.grad(loss, every, retain_graph=True, allow_unused=True) for loss in losses.values()]
    found, reached, start = [], [], 0
    for module in modules:
        stop = start + len(module)
        own = [row[start:stop] for row in rows]
        reached.append([any(gradient is not None for gradient in row) for row in own])
        found.append(torch.stack([_flat(row, module) for row in own]))
        start = stop
    return found, np.array(reached, dtype=bool).reshape(len(modules), len(rows)).T


def _flat(gradients: Sequence[Tensor | None], module: Sequence[nn.Parameter]) -> Tensor:
    pairs = zip(gradients, module, strict=True)
    return torch.cat([torch.zeros_like(p).flatten() if g is None else g.detach().flatten() for g, p in pairs])


def _gram(gradients: Tensor) -> NDArray[np.float64]:
    double = gradients.cpu().double()
    return np.asarray((double @ double.T).numpy())


@dataclass(eq=False, slots=True)
class _Stepper:
    """Takes steps and undoes them."""

    losses: Losses
    before: dict[str, float]
    parameters: list[tuple[nn.Parameter, ...]]
    gradients: list[Tensor]
    relative_step: float
    done: dict[tuple[int, bytes], NDArray[np.float64]] = field(default_factory=dict)

    def effects(self, moves: Moves) -> NDArray[np.float64]:
        """Return the change of every loss (column) after a step down every loss (row)."""
        return np.stack([self._effect(loss, row) for loss, row in enumerate(moves)])

    def _effect(self, loss: int, modules: NDArray[np.bool_]) -> NDArray[np.float64]:
        key = loss, modules.tobytes()  # places of both views often ask for the same step
        if key not in self.done:
            self.done[key] = self._take(loss, np.flatnonzero(modules).tolist())
        return self.done[key]

    @torch.no_grad()
    def _take(self, loss: int, modules: list[int]) -> NDArray[np.float64]:
        moved = [parameter for at in modules for parameter in self.parameters[at]]
        down = [self.gradients[at][loss] for at in modules]
        size = float(torch.stack([part.norm() for part in down]).norm()) if down else 0.0
        if not size:
            return np.full(len(self.before), np.nan)
        weight = float(torch.stack([parameter.norm() for parameter in moved]).norm())
        kept = [parameter.clone() for parameter in moved]
        try:
            pieces = torch.cat(down).split([parameter.numel() for parameter in moved])
            for parameter, piece in zip(moved, pieces, strict=True):
                parameter.sub_(piece.view_as(parameter), alpha=self.relative_step * weight / size)
            after = self.losses(0)
            return np.array([float(after[name].detach()) - value for name, value in self.before.items()])
        finally:
            for parameter, former in zip(moved, kept, strict=True):
                parameter.copy_(former)

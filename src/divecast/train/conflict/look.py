"""One measurement of how losses conflict: inner products of their gradients, and the effects of small steps."""

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
    """Where losses are compared: in one module, or in all modules that more than one loss depends on.

    Attributes:
        module: its name, or ``whole``.
        view: ``unfrozen`` counts all modules a loss depends on; ``as trained`` only those the fit updates by that loss.
        moves: (loss, module) whether a step on the loss moves the module here.
    """

    module: str
    view: View
    moves: Moves


@dataclass(frozen=True, eq=False, slots=True)
class Look:
    """Gradients on the two halves of one batch.

    Attributes:
        step: number of batches done before.
        losses: names.
        places: where they are compared.
        gram: (module, half x loss, half x loss) inner products of gradients, all losses of the first half first.
        effects: (place, loss, loss) change of the second loss, on the first half with the same noise, after a step
            along the gradient of the first; NaN if no step is taken.
    """

    step: int
    losses: tuple[str, ...]
    places: tuple[Place, ...]
    gram: NDArray[np.float64]
    effects: NDArray[np.float64]


def take_look(step: int, losses: Losses, modules: Modules, trained: Moves, relative_step: float) -> Look:
    """Measure the conflict of losses; weights are changed meanwhile and restored bit for bit.

    Args:
        step: number of batches done before.
        losses: returns the losses on half 0 or 1 of the batch, always with the same noise for the same half.
        modules: parameters by module.
        trained: (loss, module) whether the fit updates the module by the loss.
        relative_step: length of a step, as a share of the norm of the weights it moves.
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
    """Return all places where two losses meet.

    Args:
        modules: names.
        reached: (loss, module) whether the loss depends on the module.
        trained: (loss, module) whether the fit updates the module by the loss.
    """
    shared = reached & (reached.sum(0) > 1)
    views: tuple[tuple[View, Moves], ...] = (("as trained", shared & trained), ("unfrozen", shared))
    places = []
    for view, moves in views:
        for at, module in enumerate(modules):
            if moves[:, at].sum() > 1:
                places.append(Place(module, view, moves & (np.arange(len(modules)) == at)))
        places.append(Place(WHOLE, view, moves))
    return tuple(places)


def _gradients(losses: Mapping[str, Tensor], modules: Sequence[tuple[nn.Parameter, ...]]) -> tuple[list[Tensor], Moves]:
    """Return gradients by module, (loss, parameter) each, and whether a loss depends on a module, (loss, module)."""
    every = [parameter for module in modules for parameter in module]
    rows = [torch.autograd.grad(loss, every, retain_graph=True, allow_unused=True) for loss in losses.values()]
    by_module, reached, start = [], [], 0
    for module in modules:
        stop = start + len(module)
        own = [row[start:stop] for row in rows]
        reached.append([any(gradient is not None for gradient in row) for row in own])
        by_module.append(torch.stack([_flat(row, module) for row in own]))
        start = stop
    return by_module, np.array(reached, dtype=bool).reshape(len(modules), len(rows)).T


def _flat(gradients: Sequence[Tensor | None], module: Sequence[nn.Parameter]) -> Tensor:
    pairs = zip(gradients, module, strict=True)
    return torch.cat([torch.zeros_like(p).flatten() if g is None else g.detach().flatten() for g, p in pairs])


def _gram(gradients: Tensor) -> NDArray[np.float64]:
    double = gradients.cpu().double()
    return np.asarray((double @ double.T).numpy())


@dataclass(eq=False, slots=True)
class _Stepper:
    """Takes gradient steps and undoes them."""

    losses: Losses
    before: dict[str, float]
    parameters: list[tuple[nn.Parameter, ...]]
    gradients: list[Tensor]
    relative_step: float
    done: dict[tuple[int, bytes], NDArray[np.float64]] = field(default_factory=dict)

    def effects(self, moves: Moves) -> NDArray[np.float64]:
        """Return the change of each loss (column) after a step on each loss (row)."""
        return np.stack([self._effect(loss, row) for loss, row in enumerate(moves)])

    def _effect(self, loss: int, modules: NDArray[np.bool_]) -> NDArray[np.float64]:
        key = loss, modules.tobytes()  # places of both views often need the same step
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

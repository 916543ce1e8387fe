"""Closed form of the movements of recordings: templates, centres and spreads of the classes, from training windows.

The templates are a generalised Procrustes mean: windows of a class are turned to the phase in which they are most like
their mean, and the mean is taken anew. The first one is turned by the leading direction of the first harmonics. Then
the directions are those in which aligned windows vary most around the centre of their class (principal components).
"""

import itertools
import math

import numpy as np
import torch
from torch import Tensor

from divecast.data import Windows
from divecast.model.movement import N_CYCLES, N_PHASE, Movement

_MOST_WINDOWS = 4000
_ENOUGH = 20  # windows of a joint class
_OTHER = 0.01  # weight of a window of another class, for each factor that differs, where these are fewer
_TURNS = 8
_TAILS, _MARGIN = (0.005, 0.995), 1.15  # of the numbers of cycles of training windows
_POOLED = 20.0  # windows' worth of the covariance of all classes in that of a class
_SMALLEST = 1e-4
_LEAST_DOUBT = math.exp(-6.0)  # as of an encoder that is learned


@torch.no_grad()
def solve_movement(movement: Movement, train: Windows, seed: int) -> None:
    """Solve a movement in place.

    Args:
        movement: the movement.
        train: training windows.
        seed: of the choice of windows, if there are very many.
    """
    drawn = np.random.default_rng(seed).permutation(len(train))[:_MOST_WINDOWS]
    batch = train.batch(torch.from_numpy(np.sort(drawn)))
    device = movement.cycles.device
    x, labels = batch.x.to(device), batch.labels[:, : len(movement.n_classes)].to(device)
    movement.set_cycles(_cycles(movement, x))
    log_cycles, shape = _harmonics(movement, x)
    weights = _weights(movement, labels)
    for number, weight in enumerate(weights):
        some = weight > 0
        template, phase = _template(movement, shape[some], weight[some], number)
        movement.template[number] = template
        aligned = movement.turned(shape[some], -phase)
        share = weight[some] / weight[some].sum()
        movement.centre[number], movement.speed[number] = share @ aligned, share @ log_cycles[some]
    known = (labels >= 0).all(1)
    known = known if known.any() else torch.ones_like(known)
    weights = weights[:, known]
    own = weights.argmax(0)
    aligned = movement.turned(shape[known], -movement.phase(shape[known], own))
    deviations = (aligned - movement.centre[own]) * movement.weight(aligned)
    directions = torch.linalg.svd(deviations, full_matrices=False).Vh[: movement.directions.shape[1]]
    movement.directions[:, : len(directions)] = directions.T
    told = movement.coordinates(log_cycles[known], aligned, own)
    weights = weights * (own == torch.arange(movement.n_joint, device=device)[:, None])
    _spread(movement, told, weights)
    _colour(movement, x[known] - movement.window(movement(x[known], own).loc, own), weights)
    rest = (deviations.square().sum() - told[:, 1:].square().sum()).clamp(min=0.0) / len(told)
    _doubt(movement, math.sqrt(float(rest) / x[0].numel()))


def _cycles(movement: Movement, x: Tensor) -> Tensor:
    """Return candidates in the range of the numbers of cycles of windows."""
    least, most = movement.cycle_range
    movement.set_cycles(torch.linspace(least, most, N_CYCLES))
    found = _harmonics(movement, x)[0].exp().cpu().numpy()
    low, high = (float(q) for q in np.quantile(found, _TAILS))
    low, high = max(least, low / _MARGIN), min(most, high * _MARGIN)
    return torch.linspace(low, max(high, low * _MARGIN), N_CYCLES)


def _harmonics(movement: Movement, x: Tensor) -> tuple[Tensor, Tensor]:
    found = [movement.harmonics(part) for part in x.split(256)]
    return torch.cat([each[0] for each in found]), torch.cat([each[1] for each in found])


def _weights(movement: Movement, labels: Tensor) -> Tensor:
    """Return (joint class, window): 1 for windows of a class, or also less for others if there are few of it."""
    joint = torch.tensor([*itertools.product(*(range(n) for n in movement.n_classes))], device=labels.device)
    differ = (joint[:, None] != labels).sum(2)
    weights = torch.pow(_OTHER, differ.float())
    enough = (differ == 0).sum(1) >= _ENOUGH
    return torch.where(enough[:, None] & (differ > 0), 0.0, weights)


def _template(movement: Movement, shape: Tensor, weight: Tensor, number: int) -> tuple[Tensor, Tensor]:
    """Return the template of a class, (2, harmonic, channel), and the phases of windows, (window,), against it."""
    of_class = torch.full((len(shape),), number, device=shape.device)
    _, cosine, sine = movement.parts(shape)
    first = torch.complex(cosine[:, 0], -sine[:, 0])
    leading = torch.linalg.eigh((first.T * weight) @ first.conj()).eigenvectors[:, -1]
    phase = (first @ leading.conj()).angle()
    template = movement.template[number]
    for turn in range(_TURNS + 1):
        mean = (weight / weight.sum()) @ movement.turned(shape, -phase)
        template = torch.stack(movement.parts(mean[None])[1:])[:, 0]
        if turn == _TURNS:
            break
        movement.template[number] = template
        phase = movement.phase(shape, of_class)
    return template, phase


def _colour(movement: Movement, around: Tensor, weights: Tensor) -> None:
    """Set the roots of the spectra of what is around the movements, (window, time, channel), in the classes."""
    power = torch.fft.rfft(around.nan_to_num(), dim=1).abs().square() / movement.lookback
    of_class = torch.einsum("kn,nfc->kfc", weights, power) + _POOLED * power.mean(0)
    movement.colour.copy_((of_class / (weights.sum(1)[:, None, None] + _POOLED)).sqrt())


def _spread(movement: Movement, told: Tensor, weights: Tensor) -> None:
    """Set the roots of the covariances of the coordinates, (window, coordinate), in the classes."""
    pooled = told.T @ told / len(told)
    floor = _SMALLEST * pooled.diagonal().clamp(min=_SMALLEST)
    for number in range(movement.n_joint):
        weight = weights[number]
        of_class = (told.T * weight) @ told
        covariance = (of_class + _POOLED * pooled) / (weight.sum() + _POOLED)
        root = torch.linalg.cholesky(covariance + floor.diag())
        movement.spread[number] = root
        movement.inverse[number] = torch.linalg.inv(root)


def _doubt(movement: Movement, noise: float) -> None:
    """Set the standard deviations of q(a|x,b), given that of the values around the movement."""
    harmonics = torch.arange(1, movement.n_harmonics + 1, device=movement.template.device)[:, None]
    power = (harmonics * movement.template).square().sum((1, 2, 3)) * movement.lookback / 2.0
    of_phase = noise / power.sqrt().clamp(min=_SMALLEST)
    across = movement.spread[:, 1:].square().sum(1)
    steps = torch.arange(movement.lookback) - (movement.lookback - 1) / 2.0
    turned = (2.0 * math.pi / movement.lookback) ** 2 * float(steps.square().mean())
    by_speed = power * turned * movement.speed.exp().square() * movement.spread[:, 0, 0].square()
    across[:, 0] += by_speed
    movement.doubt[:, :N_PHASE] = of_phase[:, None]
    movement.doubt[:, N_PHASE:] = (1.0 + across / max(noise, _SMALLEST) ** 2).rsqrt()
    movement.doubt.clamp_(_LEAST_DOUBT, 1.0)

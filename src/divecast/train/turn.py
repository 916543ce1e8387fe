"""One turn: the loss of a player on a batch."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.config import LossConfig
from divecast.losses.total import conditional_objective, marginal_objective
from divecast.model.network import Network
from divecast.train.interleave import Turn
from divecast.train.objective import conditional_terms, marginal_terms
from divecast.types import Batch

TERMS = ("forecast", "reconstruction", "conditional_kl", "marginal_kl", "cross_entropy")


@dataclass(frozen=True, slots=True)
class TurnLoss:
    """A player's objective, and the means of the terms behind it.

    Attributes:
        objective: scalar with gradients; nats per forecast value (conditional, joint) or per factor (marginal).
        terms: mean over the batch of each term of ``TERMS`` that was computed, nats a window.
    """

    objective: Tensor
    terms: dict[str, Tensor]


def turn_loss(turn: Turn, network: Network, batch: Batch, clamp: float, weights: LossConfig) -> TurnLoss:
    """Return the loss of a turn.

    Args:
        turn: whose.
        network: in training mode.
        batch: windows with labels.
        clamp: share of the known labels handed over to the conditional player.
        weights: of the terms.
    """
    if turn == "marginal":
        return _marginal_loss(network, batch, weights)
    handed = _some(batch.labels, clamp)
    with torch.set_grad_enabled(turn == "joint"):  # b is given: the conditional player cannot reach the marginal one
        marginal = network.marginal_code(batch.x, handed, sample=True)
    outputs = network.complete(batch.x, marginal, sample=True)
    terms = conditional_terms(outputs, batch)
    objective = conditional_objective(*terms, weights) / batch.y[0].numel()
    means = {name: term.detach().mean() for name, term in zip(TERMS, terms, strict=False)}
    if turn == "conditional":
        return TurnLoss(objective, means)
    other = _disentanglement(network, batch.labels, marginal.posterior, marginal.draw, weights)
    together = objective + other.objective / batch.y[0].numel()  # one bound, one divisor
    return TurnLoss(together, means | other.terms)


def _marginal_loss(network: Network, batch: Batch, weights: LossConfig) -> TurnLoss:
    posterior = network.infer_marginal(batch.x)
    loss = _disentanglement(network, batch.labels, posterior, posterior.rsample(), weights)
    return TurnLoss(loss.objective / batch.labels.shape[1], loss.terms)


def _disentanglement(
    network: Network, labels: Tensor, posterior: Normal, draw: Tensor, weights: LossConfig
) -> TurnLoss:
    """Return the disentanglement loss, nats a window.

    A factor's cross-entropy counts by its mean over the labelled windows: a few labels weigh as much as many, else the
    KL of the many unlabelled windows would drown them (our choice).
    """
    kl, entropy = marginal_terms(network.prior, posterior, draw, labels)
    share = (labels >= 0).to(entropy.dtype).mean(0).clamp(min=1.0 / len(labels))
    objective = marginal_objective(kl.sum(1), (entropy / share).sum(1), weights)
    means = {"marginal_kl": kl.detach().sum(1).mean(), "cross_entropy": entropy.detach().sum(1).mean()}
    return TurnLoss(objective, means)


def _some(labels: Tensor, share: float) -> Tensor:
    return torch.where(torch.rand(labels.shape, device=labels.device) < share, labels, -1)

"""The losses of a player on a batch."""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.config import LossConfig, TrainingConfig
from divecast.losses.batch_terms import conditional_terms
from divecast.losses.label_terms import label_terms
from divecast.losses.objective import forecast_objective, marginal_objective, reconstruction_objective
from divecast.losses.terms import total_correlation
from divecast.model.network import Network
from divecast.train.schedule import Turn
from divecast.types import Batch, MarginalPosterior, Outputs

TERMS = ("forecast", "reconstruction", "conditional_kl", "marginal_kl", "cross_entropy")
TASKS = ("forecast", "reconstruction", "disentanglement")


@dataclass(frozen=True, slots=True)
class PlayerLoss:
    """A player's losses, and the means of their terms.

    Attributes:
        tasks: scalars with gradients, by name (see ``TASKS``); the player minimises their sum. The KL of a is part of
            the reconstruction. In nats per forecast value (conditional, joint) or per factor (marginal).
        terms: mean over the batch of each computed term of ``TERMS``, nats per window.
    """

    tasks: dict[str, Tensor]
    terms: dict[str, Tensor]

    @property
    def objective(self) -> Tensor:
        """The sum of the tasks."""
        return torch.stack(tuple(self.tasks.values())).sum()


def player_loss(
    turn: Turn, network: Network, batch: Batch, training: TrainingConfig, weights: LossConfig
) -> PlayerLoss:
    """Return the losses of a player on a batch.

    Args:
        turn: which player's turn it is.
        network: in training mode.
        batch: windows with labels.
        training: ``clamp`` is the share of known labels that replace the inferred b for the conditional player;
            ``freeze`` stops the gradients of its losses at b.
        weights: weights of the loss terms.
    """
    if turn == "marginal":
        return _marginal_loss(network, batch, weights)
    clamped = _random_share(batch.labels[:, : network.n_factors], training.clamp)
    with torch.set_grad_enabled(turn == "joint" or not training.freeze):
        marginal = network.marginal_code(batch.x, clamped, sample=True)
    outputs = network.complete(batch.x, marginal, sample=True, effects=batch.effects)
    generation = _generation(outputs, batch, weights)
    if turn == "conditional":
        return generation
    disentanglement = _disentanglement(network, batch, marginal.posterior, marginal.draw, weights)
    shared = {name: task / _n_values(batch) for name, task in disentanglement.tasks.items()}
    return PlayerLoss(generation.tasks | shared, generation.terms | disentanglement.terms)


def _marginal_loss(network: Network, batch: Batch, weights: LossConfig) -> PlayerLoss:
    posterior = network.marginal.infer(batch.x)
    draw = network.marginal.draw(posterior, sample=True)
    loss = _disentanglement(network, batch, posterior, draw, weights)
    return PlayerLoss({name: task / network.n_factors for name, task in loss.tasks.items()}, loss.terms)


def _generation(outputs: Outputs, batch: Batch, weights: LossConfig) -> PlayerLoss:
    """Return the conditional player's losses, nats per forecast value."""
    forecast, reconstruction, kl = conditional_terms(outputs, batch)
    code = reconstruction_objective(reconstruction, kl, weights)
    q_a, a = outputs.posteriors.a, outputs.code.a
    if weights.conditional_tc and a.shape[1]:
        code = code + weights.conditional_tc * total_correlation(q_a, a, [1] * a.shape[1], len(a)).mean()
    values = _n_values(batch)
    tasks = {"forecast": forecast_objective(forecast, weights) / values, "reconstruction": code / values}
    terms = zip(TERMS, (forecast, reconstruction, kl), strict=False)
    return PlayerLoss(tasks, {name: term.detach().mean() for name, term in terms})


def _disentanglement(
    network: Network, batch: Batch, posterior: MarginalPosterior, draw: Tensor, weights: LossConfig
) -> PlayerLoss:
    """Return the disentanglement loss, nats per window.

    The cross-entropy of a factor is its mean over the labelled windows, so that few labels weigh as much as many; else
    the KL of the unlabelled windows would dominate them (our choice).
    """
    labels = batch.labels
    kl, entropy = label_terms(network.marginal, posterior, draw, labels)
    if weights.unlabelled_kl != 1.0:
        kl = torch.where(labels[:, : kl.shape[1]] >= 0, kl, weights.unlabelled_kl * kl)
    own = (labels >= 0).to(entropy.dtype).mean(0).clamp(min=1.0 / len(labels))
    share = own if batch.known is None else batch.known
    objective = marginal_objective(kl.sum(1), (entropy / share).sum(1), weights)
    if weights.marginal_tc and isinstance(posterior, Normal):
        correlation = total_correlation(posterior, draw, network.marginal.block_sizes, len(draw))
        objective = objective + weights.marginal_tc * correlation.mean()
    means = {"marginal_kl": kl.detach().sum(1).mean(), "cross_entropy": entropy.detach().sum(1).mean()}
    return PlayerLoss({"disentanglement": objective}, means)


def _n_values(batch: Batch) -> float:
    """Return the number of forecast values per window, over all channels of the panel."""
    return batch.y[0].numel() / batch.share


def _random_share(labels: Tensor, share: float) -> Tensor:
    return torch.where(torch.rand(labels.shape, device=labels.device) < share, labels, -1)

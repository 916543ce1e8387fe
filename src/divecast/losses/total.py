"""The weights, in one place: the terms of a batch to the scalar each player minimises."""

from torch import Tensor

from divecast.config import LossConfig


def marginal_objective(marginal_kl: Tensor, cross_entropy: Tensor, weights: LossConfig) -> Tensor:
    """Return the disentanglement loss of the marginal player, nats a window, from terms of (batch,)."""
    return (weights.marginal_kl * marginal_kl + weights.cross_entropy * cross_entropy).mean()


def conditional_objective(
    forecast: Tensor, reconstruction: Tensor, conditional_kl: Tensor, weights: LossConfig
) -> Tensor:
    """Return the loss of the conditional player, nats a window, from terms of (batch,)."""
    return (
        weights.forecast * forecast + weights.reconstruction * reconstruction + weights.conditional_kl * conditional_kl
    ).mean()

"""The objectives of the players: weighted sums of the loss terms. All weights are applied here.

Wong et al. (2025) minimise the negative joint bound; its terms are in ``losses.terms``.
"""

from torch import Tensor

from divecast.config import LossConfig


def marginal_objective(marginal_kl: Tensor, cross_entropy: Tensor, weights: LossConfig) -> Tensor:
    """Return the disentanglement loss of the marginal player, nats per window, from terms of (batch,)."""
    return (weights.marginal_kl * marginal_kl + weights.cross_entropy * cross_entropy).mean()


def forecast_objective(forecast: Tensor, weights: LossConfig) -> Tensor:
    """Return the forecast loss of the conditional player, nats per window, from a term of (batch,)."""
    return (weights.forecast * forecast).mean()


def reconstruction_objective(reconstruction: Tensor, conditional_kl: Tensor, weights: LossConfig) -> Tensor:
    """Return the reconstruction loss of the conditional player with the KL of a, nats per window, from (batch,)."""
    return (weights.reconstruction * reconstruction + weights.conditional_kl * conditional_kl).mean()

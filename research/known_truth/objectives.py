"""The losses of the rivals, as pure functions: one value per window, in nats.

Notation: x a window, z its code of (batch, dim), q = q(z|x) independent normals, ``log_likelihood`` log p(x|z) at a
draw of z, (batch,).
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.distributions import Normal, kl_divergence


def total_correlation(q: Normal, z: Tensor, n_data: int) -> Tensor:
    """Return KL(q(z) || prod_j q(z_j)) by minibatch-weighted sampling (Chen et al. 2018, equation 5), (batch,).

    It has a constant of (dim - 1) log(n_data), which changes no gradient: the estimate of a code that is drawn from its
    prior whatever the window is. ``n_data`` 1 leaves it out.

    Args:
        q: q(z|x) of the batch.
        z: (batch, dim) a draw from it.
        n_data: number of training windows.
    """
    joint, by_dim = _aggregated(q, z, n_data)
    return joint - by_dim


def beta_tcvae(log_likelihood: Tensor, q: Normal, z: Tensor, beta: float, n_data: int) -> Tensor:
    """Return the loss of beta-TCVAE (Chen et al. 2018, equation 4, with alpha = gamma = 1), (batch,).

    -log p(x|z) + I(z; x) + beta TC(z) + sum_j KL(q(z_j) || p(z_j)), by minibatch-weighted sampling; at beta 1 it is
    the loss of a VAE, -log p(x|z) + log q(z|x) - log p(z) at the draw.
    """
    joint, by_dim = _aggregated(q, z, n_data)
    log_q: Tensor = q.log_prob(z)
    information = log_q.sum(1) - joint
    by_prior = by_dim - _log_standard(z)
    return -log_likelihood + information + beta * (joint - by_dim) + by_prior


@dataclass(frozen=True, slots=True)
class Classified:
    """What CCVAE's classifier says of the true labels of a batch.

    Attributes:
        at_draw: log q(y|z_c) at the draw of z that the window is reconstructed from, (batch,).
        at_fixed_draw: the same without a gradient to z, (batch,).
        of_draws: log q(y|z_c) at other draws, (draw, batch).
    """

    at_draw: Tensor
    at_fixed_draw: Tensor
    of_draws: Tensor

    @property
    def of_window(self) -> Tensor:
        """Log q(y|x), (batch,): that of the mean over the draws."""
        return torch.logsumexp(self.of_draws, dim=0) - math.log(len(self.of_draws))


def ccvae(log_likelihood: Tensor, q: Normal, prior: Normal, classified: Classified, log_label: Tensor) -> Tensor:
    """Return the loss of CCVAE on labelled windows (Joy et al. 2021, section 4), (batch,).

    -(w (log p(x|z) - KL(q(z|x) || p(z|y)) - log q(y|z_c)) + log q(y|x) + log p(y)) with w = q(y|z_c) / q(y|x). The
    gradient of w does not reach the encoder through its numerator, as in the authors' code.

    Args:
        log_likelihood: log p(x|z), (batch,).
        q: q(z|x).
        prior: p(z|y): p(z_c|y) for the dimensions of the labels, a standard normal for the others.
        classified: log q(y|z_c).
        log_label: log p(y), (batch,).
    """
    weight = (classified.at_fixed_draw - classified.of_window).exp()
    kl = kl_divergence(q, prior).sum(1)
    inner = log_likelihood - kl - classified.at_draw
    return -(weight * inner + classified.of_window + log_label)


def ivae(log_likelihood: Tensor, q: Normal, prior: Normal) -> Tensor:
    """Return the loss of iVAE (Khemakhem et al. 2020, section 3), (batch,): -log p(x|z) + KL(q(z|x,u) || p(z|u)).

    Args:
        log_likelihood: log p(x|z), (batch,).
        q: q(z|x,u), with the labels u.
        prior: p(z|u), independent normals whose mean and width follow from the labels.
    """
    return -log_likelihood + kl_divergence(q, prior).sum(1)


def _aggregated(q: Normal, z: Tensor, n_data: int) -> tuple[Tensor, Tensor]:
    """Return estimates of log q(z) and of sum_j log q(z_j), each (batch,)."""
    density = Normal(q.loc[None], q.scale[None], validate_args=False).log_prob(z[:, None])  # (draw, window, dim)
    weight = math.log(n_data * len(z))
    joint = torch.logsumexp(density.sum(2), dim=1) - weight
    return joint, (torch.logsumexp(density, dim=1) - weight).sum(1)


def _log_standard(z: Tensor) -> Tensor:
    return -0.5 * (z.square() + math.log(2.0 * math.pi)).sum(1)

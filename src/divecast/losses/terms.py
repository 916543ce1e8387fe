"""The terms of the joint bound, unweighted, as pure functions: one value per window, in nats.

Notation as in docs/method.md: for factor i and class k, p_i(b) = sum_k pi_k f_k(b) and
r_k(b) = pi_k f_k(b) / p_i(b). ``log_joint`` is log pi_k + log f_k(b), (batch, class).
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.distributions import Distribution, Normal, kl_divergence

from divecast.model.distribution import LocationScale


def negative_log_likelihood(distribution: Distribution, target: Tensor) -> Tensor:
    """Return -log p(target) summed over the observed values of a window.

    Args:
        distribution: element-wise, (batch, time, channel).
        target: (batch, time, channel); NaN is left out.

    Returns:
        (batch,).
    """
    if torch.isfinite(target.sum()):
        if isinstance(distribution, LocationScale):
            return -distribution.log_likelihood(target)
        return -distribution.log_prob(target).sum(dim=(1, 2))
    seen = torch.isfinite(target)
    # Missing targets are replaced before the likelihood, since NaN times 0 would be NaN in the gradient.
    return -torch.where(seen, distribution.log_prob(torch.where(seen, target, 0.0)), 0.0).sum(dim=(1, 2))


def normal_kl(q: Normal, p: Normal) -> Tensor:
    """Return KL(q || p) of independent normals, summed over dimensions: (batch,)."""
    return kl_divergence(q, p).sum(dim=1)


def component_kl(q: Normal, f: Distribution) -> Tensor:
    """Return KL(q || f_k) of a block, summed over its dimensions: (batch,).

    Args:
        q: q(b_i|x), a normal of (batch, dim).
        f: f_k, element by element (batch, dim): normal, Laplace or logistic.
    """
    return kl_divergence(q, f).sum(dim=1)


def cross_entropy(log_joint: Tensor, label: Tensor) -> Tensor:
    """Return -log r_k(b) of the true class: (batch,).

    Args:
        log_joint: (batch, class) at a draw of b.
        label: (batch,) true class, >= 0.
    """
    return torch.logsumexp(log_joint, dim=1) - log_joint.gather(1, label[:, None])[:, 0]


def labelled_marginal_kl(component_kl: Tensor, log_pi: Tensor, expected_cross_entropy: Tensor) -> Tensor:
    """Return KL(q_i || p_i) of labelled windows by the exact identity behind Wong et al. (2025), Theorem 1.

    KL(q || p) = KL(q || f_k) - log pi_k - E_q[-log r_k(b)], since p = pi_k f_k / r_k. With the cross-entropy at the
    same draw, marginal KL + cross-entropy is the closed form KL(q || f_k) - log pi_k, without sampling error.

    Args:
        component_kl: (batch,) KL(q || f_k).
        log_pi: (batch,) log frequency of the true class.
        expected_cross_entropy: (batch,) E_q[-log r_k(b)], or one draw of it.
    """
    return component_kl - log_pi - expected_cross_entropy


def mixture_kl(q: Normal, b: Tensor, log_joint: Tensor) -> Tensor:
    """Return a Monte Carlo estimate of KL(q_i || p_i), from one draw, for windows without a label.

    Args:
        q: q(b_i|x), a normal of (batch, dim).
        b: (batch, dim) a draw from it.
        log_joint: (batch, class) at that draw.

    Returns:
        (batch,); unbiased, though single values may be negative.
    """
    return q.log_prob(b).sum(dim=1) - torch.logsumexp(log_joint, dim=1)


def total_correlation(q: Normal, z: Tensor, sizes: Sequence[int], n_data: int) -> Tensor:
    """Return the minibatch-weighted estimate of TC = KL(q(z) || prod_j q(z_j)) (Chen et al. 2018, eq. 5).

    Args:
        q: q(z|x) of the batch, a normal of (batch, dim).
        z: (batch, dim) a draw from it.
        sizes: dimensions of each unit j, side by side in z.
        n_data: number of windows; it adds the constant (units - 1) log(n_data) without gradient.

    Returns:
        (batch,); one value per draw, biased for small batches.
    """
    density = Normal(q.loc[None], q.scale[None], validate_args=False).log_prob(z[:, None])  # (draw, window, dim)
    units = torch.stack([part.sum(-1) for part in density.split(list(sizes), dim=-1)], dim=-1)
    weight = math.log(n_data * len(z))
    joint = torch.logsumexp(units.sum(-1), dim=1) - weight
    return joint - (torch.logsumexp(units, dim=1) - weight).sum(1)

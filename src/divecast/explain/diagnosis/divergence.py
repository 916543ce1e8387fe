"""KL divergence of posteriors from the prior, in nats, per dimension and per block."""

import math
from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast.inference.results import Floats
from divecast.model.component import build_density
from divecast.model.prior import RBFMixture

_REACH, _POINTS = 6.0, 97  # of the trapezoid rule: standard deviations on each side, and points
_DRAWS = 16  # per window and block
_CHUNK = 512  # windows

Values = NDArray[np.float64]


def standard_kl(mean: Floats, sd: Floats) -> Values:
    """Return KL(N(mean, sd) || N(0, 1)), elementwise."""
    m, s = mean.astype(np.float64), sd.astype(np.float64)
    kl: Values = 0.5 * (m * m + s * s - 1.0) - np.log(s)
    return kl


@torch.inference_mode()
def dimension_kl(mean: Floats, sd: Floats, mixture: RBFMixture) -> Values:
    """Return KL(q(b_j|x) || p(b_j)) of each dimension of a block, (window, dim), by the trapezoid rule.

    p(b_j) is the marginal of the mixture. Dimensions of a block depend on one another under the mixture, so these do
    not add up to ``block_kl``. Accurate to 1 % while q is at most five times as wide as a component.
    """
    return _in_chunks(mean, sd, mixture, _by_dimension)


@torch.inference_mode()
def block_kl(mean: Floats, sd: Floats, mixture: RBFMixture, seed: int = 0) -> Values:
    """Return KL(q(b_i|x) || p_i) of a block, (window,), from 16 seeded draws per window.

    A block of one dimension uses the trapezoid rule. Values of single windows may be negative; their mean is unbiased.
    """
    if mixture.dims == 1:
        return dimension_kl(mean, sd, mixture)[:, 0]
    with own_random_state(seed):
        return _in_chunks(mean, sd, mixture, _drawn)


def class_kl(shares: Floats, frequencies: Values) -> Values:
    """Return KL(q(c|x) || pi) of class probabilities, (window,)."""
    q = shares.astype(np.float64)
    logs = np.log(q, out=np.zeros_like(q), where=q > 0) - np.log(frequencies)
    kl: Values = (q * logs).sum(axis=1)
    return kl


def _by_dimension(mean: Tensor, sd: Tensor, mixture: RBFMixture) -> Tensor:
    return torch.stack([_marginal_kl(mean, sd, mixture, j) for j in range(mean.shape[1])], dim=1)


def _marginal_kl(mean: Tensor, sd: Tensor, mixture: RBFMixture, j: int) -> Tensor:
    z = torch.linspace(-_REACH, _REACH, _POINTS, device=mean.device)
    weight = torch.exp(-0.5 * z * z)
    weight = weight / weight.sum()
    b = mean[:, j, None] + sd[:, j, None] * z
    components = build_density(mixture.density, mixture.centres()[:, j], mixture.log_width.exp())
    log_p = torch.logsumexp(mixture.log_pi + components.log_prob(b[..., None]), dim=-1)
    return -0.5 * math.log(2.0 * math.pi * math.e) - sd[:, j].log() - (weight * log_p).sum(1)


def _drawn(mean: Tensor, sd: Tensor, mixture: RBFMixture) -> Tensor:
    total = torch.zeros(len(mean), device=mean.device)
    for _ in range(_DRAWS):
        total += torch.logsumexp(mixture.log_joint(mean + sd * torch.randn_like(mean)), dim=1)
    entropy = (0.5 * math.log(2.0 * math.pi * math.e) + sd.log()).sum(1)
    return -entropy - total / _DRAWS


def _in_chunks(
    mean: Floats, sd: Floats, mixture: RBFMixture, of: Callable[[Tensor, Tensor, RBFMixture], Tensor]
) -> Values:
    like = mixture.log_pi
    chunks = [
        of(m.to(like), s.to(like), mixture).double().cpu().numpy()
        for m, s in zip(torch.from_numpy(mean).split(_CHUNK), torch.from_numpy(sd).split(_CHUNK), strict=True)
    ]
    return np.concatenate(chunks)

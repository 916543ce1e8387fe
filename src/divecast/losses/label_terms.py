"""The marginal player's loss terms, for whatever labels are to the code."""

import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.losses.batch_terms import marginal_terms
from divecast.model.marginal import LatentLabels, MarginalPath, RBFBlocks
from divecast.types import ClassPosterior, MarginalPosterior


def label_terms(
    path: MarginalPath, posterior: MarginalPosterior, draw: Tensor, labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Return marginal KL and cross-entropy of a batch, each (batch, factor); no columns where nothing is inferred.

    Args:
        path: what labels are to the code.
        posterior: its q(b|x).
        draw: (batch, marginal), a draw from it.
        labels: (batch, factor) true classes, -1 where missing.
    """
    if isinstance(path, RBFBlocks) and isinstance(posterior, Normal):
        return marginal_terms(path.prior, posterior, draw, labels)
    if isinstance(path, LatentLabels) and isinstance(posterior, ClassPosterior):
        return latent_terms(path, posterior, labels)
    return draw.new_zeros(len(draw), 0), draw.new_zeros(len(draw), 0)


def latent_terms(path: LatentLabels, posterior: ClassPosterior, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the class terms of Kingma et al. (2014), M2, each (batch, factor).

    The KL is KL(q(c|x) || pi) without a label and -log pi_k with one; the cross-entropy -log q(k|x).
    """
    kl, entropy = [], []
    log_pis = path.blocks(path.log_pi[None])
    for i, (log_q, log_pi) in enumerate(zip(path.blocks(posterior.log_probability), log_pis, strict=True)):
        known, true = labels[:, i] >= 0, labels[:, i].clamp(min=0)
        free = (log_q.exp() * (log_q - log_pi)).sum(1)
        kl.append(torch.where(known, -log_pi[0, true], free))
        entropy.append(torch.where(known, -log_q.gather(1, true[:, None])[:, 0], 0.0))
    return torch.stack(kl, dim=1), torch.stack(entropy, dim=1)

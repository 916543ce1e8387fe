"""The marginal player's loss terms for each label path."""

from functools import singledispatch

import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.losses.batch_terms import marginal_terms
from divecast.model.marginal import LabelPath, LatentLabels, RBFBlocks
from divecast.types import ClassPosterior, MarginalPosterior


@singledispatch
def label_terms(
    path: LabelPath,  # noqa: ARG001  by which the terms are chosen
    posterior: MarginalPosterior,  # noqa: ARG001  there are no terms where nothing is inferred
    draw: Tensor,
    labels: Tensor,  # noqa: ARG001
) -> tuple[Tensor, Tensor]:
    """Return marginal KL and cross-entropy of a batch, each (batch, factor); no columns if no labels are inferred.

    Args:
        path: label path of the network.
        posterior: its q(b|x).
        draw: (batch, marginal), a draw from it.
        labels: (batch, factor) true classes, -1 where missing.
    """
    return draw.new_zeros(len(draw), 0), draw.new_zeros(len(draw), 0)


def _block_terms(path: RBFBlocks, posterior: Normal, draw: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    return marginal_terms(path.prior, posterior, draw, labels)


def _latent_terms(
    path: LatentLabels,
    posterior: ClassPosterior,
    draw: Tensor,  # noqa: ARG001  the expectations are exact
    labels: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return the class terms of Kingma et al. (2014), M2, eq. 6 to 9, each (batch, factor).

    The KL is KL(q(c|x) || pi) without a label and -log pi_k with one; the cross-entropy is -log q(k|x).
    """
    kl, entropy = [], []
    log_pis = path.blocks(path.log_pi[None])
    for i, (log_q, log_pi) in enumerate(zip(path.blocks(posterior.log_probability), log_pis, strict=True)):
        known, true = labels[:, i] >= 0, labels[:, i].clamp(min=0)
        unlabelled = (log_q.exp() * (log_q - log_pi)).sum(1)
        kl.append(torch.where(known, -log_pi[0, true], unlabelled))
        entropy.append(torch.where(known, -log_q.gather(1, true[:, None])[:, 0], 0.0))
    return torch.stack(kl, dim=1), torch.stack(entropy, dim=1)


label_terms.register(RBFBlocks, _block_terms)
label_terms.register(LatentLabels, _latent_terms)

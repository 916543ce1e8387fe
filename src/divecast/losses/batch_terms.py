"""The loss terms of a batch, from the outputs of the network."""

import torch
from torch import Tensor
from torch.distributions import Normal

from divecast.losses.terms import (
    component_kl,
    cross_entropy,
    labelled_marginal_kl,
    mixture_kl,
    negative_log_likelihood,
    normal_kl,
)
from divecast.model.blocks import for_all
from divecast.model.encoder import standard_normal
from divecast.model.prior import ClassTerms, MarginalPrior, RBFMixture
from divecast.types import Batch, Outputs


def marginal_terms(prior: MarginalPrior, posterior: Normal, b: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Return the marginal KL and the cross-entropy of a batch, each (batch, factor).

    For a pair of factors with a joint prior only the sum of their columns has a meaning: it is KL(q || p) of the pair,
    and the cross-entropy of its known labels (docs/theory.md, section 9).

    Args:
        prior: p(b).
        posterior: q(b|x), a normal of (batch, marginal).
        b: (batch, marginal), a draw from it.
        labels: (batch, factor) true classes; for -1 the KL is that to the mixture, and the cross-entropy 0.
    """
    kl, entropy = [b.new_zeros(len(b), 0)], [b.new_zeros(len(b), 0)]
    blocks = zip(prior.blocks(posterior.loc), prior.blocks(posterior.scale), prior.blocks(b), strict=True)
    factors = zip(prior.mixtures(), prior.class_terms(b, labels), blocks, labels.T, strict=True)
    for mixture, terms, (loc, scale, block), label in factors:
        q = Normal(loc, scale, validate_args=False)
        factor_kl, factor_entropy = _factor_terms(mixture, terms, q, block, label)
        kl.append(factor_kl[:, None])
        entropy.append(factor_entropy[:, None])
    return torch.cat(kl, dim=1), torch.cat(entropy, dim=1)


def _factor_terms(
    mixture: RBFMixture, terms: ClassTerms, q: Normal, block: Tensor, label: Tensor
) -> tuple[Tensor, Tensor]:
    known, true = label >= 0, label.clamp(min=0)
    entropy = torch.where(known, cross_entropy(terms.log_joint, true), 0.0)
    log_pi = terms.log_pi.gather(1, true[:, None])[:, 0]
    labelled = labelled_marginal_kl(component_kl(q, mixture.component(true)), log_pi, entropy)
    if bool(known.all()):
        return labelled, entropy
    return torch.where(known, labelled, mixture_kl(q, block, terms.log_joint)), entropy


def conditional_terms(outputs: Outputs, batch: Batch) -> tuple[Tensor, Tensor, Tensor]:
    """Return forecast, reconstruction and conditional KL of a batch, each (batch,).

    The likelihoods of a sample of channels are scaled to all channels of the panel.
    """
    q_a = outputs.posteriors.a
    return (
        for_all(negative_log_likelihood(outputs.forecast, batch.y), batch.share),
        for_all(negative_log_likelihood(outputs.reconstruction, batch.x), batch.share),
        normal_kl(q_a, standard_normal(q_a)),
    )

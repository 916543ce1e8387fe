"""The RBF mixture prior p(b) and the class posteriors it gives (Wong et al. 2025, section on the RBF layer)."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from divecast.config import CodeConfig
from divecast.model.centres import FactorKind, build_centres
from divecast.model.component import Density, build_density
from divecast.model.pairing import Coupling, check_couplings

_LOG_WIDTH = -1.0


@dataclass(frozen=True, slots=True)
class ClassTerms:
    """The terms of p(b) at a draw of b that the loss of a factor needs; see ``MarginalPrior.class_terms``.

    Attributes:
        log_joint: (batch, class) log weight plus log density of each class. If the label is missing, its log-sum-exp is
            the log density of the block in the KL; if it is known, its log-softmax is the log posterior of the class.
        log_pi: (batch, class) log prior of the class.
    """

    log_joint: Tensor
    log_pi: Tensor


class RBFMixture(nn.Module):
    """p_i(b) = sum_k pi_k f_k(b), with centre mu_k and a width s_k that is the same in all dimensions of the block.

    Args:
        kind: kind of the factor.
        frequencies: pi_k, label frequencies in the training part, all positive.
        config: kind of centres and density f_k.
    """

    log_pi: Tensor

    def __init__(self, kind: FactorKind, frequencies: Sequence[float], config: CodeConfig) -> None:
        super().__init__()
        self.register_buffer("log_pi", torch.tensor(frequencies, dtype=torch.float64).log().float())
        self.centres = build_centres(kind, len(frequencies), config)
        self.log_width = nn.Parameter(torch.full((len(frequencies),), _LOG_WIDTH))
        self.density = config.component
        self.n_classes = len(frequencies)
        self.dims = int(self.centres().shape[1])

    def component(self, label: Tensor) -> Density:
        """Return f_k of each label, element by element (batch, dim); labels must be known (>= 0)."""
        scale = self.log_width.exp()[label][:, None].expand(-1, self.dims)
        return build_density(self.density, self.centres()[label], scale)

    def log_density(self, b: Tensor) -> Tensor:
        """Return log f_k(b), (batch, class), for b of (batch, dim)."""
        every = build_density(self.density, self.centres(), self.log_width.exp()[:, None])
        return every.log_prob(b[:, None, :]).sum(-1)

    def log_joint(self, b: Tensor) -> Tensor:
        """Return log pi_k + log f_k(b), (batch, class), for b of (batch, dim).

        Its log-sum-exp over classes is log p_i(b), its log-softmax the class posterior log r_ik(b).
        """
        return self.log_pi + self.log_density(b)


class PairTable(nn.Module):
    """p(b_i, b_j) = sum_kl pi_kl f_ik(b_i) f_jl(b_j): blocks are independent given the classes.

    All methods take log f_ik(b_i), (batch, first class), log f_jl(b_j), (batch, second class), and the labels of both
    factors, (batch,) each, -1 where missing.

    Args:
        coupling: the two factors and pi_kl.
    """

    log_pi: Tensor

    def __init__(self, coupling: Coupling) -> None:
        super().__init__()
        self.first, self.second = coupling.first, coupling.second
        self.register_buffer("log_pi", torch.tensor(coupling.frequencies, dtype=torch.float64).log().float())

    def weights(self, densities: tuple[Tensor, Tensor], labels: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the log weight of each class given the other factor, (batch, class) of both factors.

        It is log pi_kl if the label k of the other factor is known, else log sum_k pi_kl f_ik(b_i).
        """
        known_first, known_second = (label[:, None] >= 0 for label in labels)
        (given_second, given_first), (from_second, from_first) = self._given(labels), self._from(densities)
        return torch.where(known_second, given_second, from_second), torch.where(known_first, given_first, from_first)

    def class_terms(
        self, densities: tuple[Tensor, Tensor], labels: tuple[Tensor, Tensor]
    ) -> tuple[ClassTerms, ClassTerms]:
        """Return the terms of both factors, such that their sum over the pair is exact (docs/theory.md, section 9).

        The chain rule starts with the factor whose label is known, or with the first if both or none are. That factor
        has its own log pi and, if its label is known, the posterior given both blocks; the other factor is conditioned
        on that label or, if it is unknown, on the block.
        """
        known_first, known_second = (label[:, None] >= 0 for label in labels)
        own_first, own_second = self.log_pi.logsumexp(1), self.log_pi.logsumexp(0)
        given_second, given_first = (weight.log_softmax(1) for weight in self._given(labels))
        from_second, from_first = self._from(densities)
        first = torch.where(known_first, from_second, torch.where(known_second, given_second, own_first))
        second = torch.where(known_first, given_first, from_first.log_softmax(1))
        return (
            ClassTerms(first + densities[0], own_first.expand_as(first)),
            ClassTerms(second + densities[1], torch.where(known_first, given_first, own_second)),
        )

    def _given(self, labels: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return log pi_kl at the label of the second factor, for the first, and vice versa."""
        first, second = (label.clamp(min=0) for label in labels)
        return self.log_pi.T[second], self.log_pi[first]

    def _from(self, densities: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        """Return log p(k, b_j) of the first factor's classes, log p(l, b_i) of the second's."""
        of_first = torch.logsumexp(self.log_pi + densities[1][:, None, :], dim=2)
        return of_first, torch.logsumexp(self.log_pi + densities[0][:, :, None], dim=1)


class MarginalPrior(nn.Module):
    """p(b): the product of one mixture per factor over its block of b, with joint mixtures for pairs.

    Args:
        kinds: kind of each factor.
        frequencies: label frequencies of each factor.
        config: settings of the code; ``prior`` decides whether couplings are used.
        couplings: pairs of factors with joint label frequencies; see ``find_couplings``.

    Raises:
        ConfigError: couplings that do not fit the factors.
    """

    def __init__(
        self,
        kinds: Sequence[FactorKind],
        frequencies: Sequence[Sequence[float]],
        config: CodeConfig,
        couplings: Sequence[Coupling] = (),
    ) -> None:
        super().__init__()
        self.factors = nn.ModuleList(
            [RBFMixture(kind, pi, config) for kind, pi in zip(kinds, frequencies, strict=True)]
        )
        self.block_sizes = [factor.dims for factor in self.mixtures()]
        self.dims = sum(self.block_sizes)
        used = couplings if config.prior == "pairs" else ()
        check_couplings(used, frequencies)
        self.tables = nn.ModuleList([PairTable(coupling) for coupling in used])

    def mixtures(self) -> list[RBFMixture]:
        """Return the mixtures in the order of the factors."""
        return [factor for factor in self.factors if isinstance(factor, RBFMixture)]

    def pairs(self) -> list[PairTable]:
        """Return the tables of the pairs with a joint prior."""
        return [table for table in self.tables if isinstance(table, PairTable)]

    def blocks(self, b: Tensor) -> tuple[Tensor, ...]:
        """Split b, (batch, marginal), into the blocks of the factors."""
        return b.split(self.block_sizes, dim=1) if self.block_sizes else ()

    def log_densities(self, b: Tensor) -> tuple[Tensor, ...]:
        """Return log f_k(b_i), (batch, class), of each factor."""
        return tuple(f.log_density(block) for f, block in zip(self.mixtures(), self.blocks(b), strict=True))

    def class_terms(self, b: Tensor, labels: Tensor) -> tuple[ClassTerms, ...]:
        """Return what the loss of each factor needs.

        Args:
            b: (batch, marginal), a draw of q(b|x).
            labels: (batch, factor) true classes, -1 where missing.
        """
        densities = self.log_densities(b)
        alone = zip(self.mixtures(), densities, strict=True)
        terms = [ClassTerms(f.log_pi + density, f.log_pi.expand_as(density)) for f, density in alone]
        for pair in self.pairs():
            i, j = pair.first, pair.second
            terms[i], terms[j] = pair.class_terms((densities[i], densities[j]), (labels[:, i], labels[:, j]))
        return tuple(terms)

    def class_probabilities(self, b: Tensor, labels: Tensor | None = None) -> tuple[Tensor, ...]:
        """Return r_ik(b), (batch, class), of each factor.

        Args:
            b: (batch, marginal).
            labels: (batch, factor) known classes, -1 where unknown: a known class has probability 1, and the other
                factor of a pair is conditioned on it.
        """
        labels = self._unknown(b) if labels is None else labels
        shares = [weighted.softmax(dim=1) for weighted in self._weighted(b, labels)]
        return tuple(_with_given(share, label) for share, label in zip(shares, labels.T, strict=True))

    def log_class_probabilities(self, b: Tensor) -> tuple[Tensor, ...]:
        """Return log r_ik(b), (batch, class), of each factor, for b of (batch, marginal), without known labels."""
        return tuple(weighted.log_softmax(dim=1) for weighted in self._weighted(b, self._unknown(b)))

    def _weighted(self, b: Tensor, labels: Tensor) -> list[Tensor]:
        densities = self.log_densities(b)
        weights = [f.log_pi for f in self.mixtures()]
        for pair in self.pairs():
            i, j = pair.first, pair.second
            weights[i], weights[j] = pair.weights((densities[i], densities[j]), (labels[:, i], labels[:, j]))
        return [weight + density for weight, density in zip(weights, densities, strict=True)]

    def _unknown(self, b: Tensor) -> Tensor:
        return torch.full((len(b), len(self.factors)), -1, device=b.device)


def _with_given(share: Tensor, label: Tensor) -> Tensor:
    one_hot = nn.functional.one_hot(label.clamp(min=0), share.shape[1]).to(share.dtype)
    return torch.where(label[:, None] >= 0, one_hot, share)

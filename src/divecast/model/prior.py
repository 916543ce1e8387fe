"""The RBF mixture prior p(b) and the class posteriors it gives (Wong et al. 2025, section on the RBF layer)."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import CodeConfig
from divecast.model.centres import FactorKind, build_centres

_LOG_WIDTH = -1.0


class RBFMixture(nn.Module):
    """p_i(b) = sum_k pi_k f_k(b) with f_k a normal of centre mu_k and one width s_k in every dimension of the block.

    Args:
        kind: kind of the factor.
        frequencies: pi_k, label frequencies in the training part, all positive.
        config: how centres lie.
    """

    log_pi: Tensor

    def __init__(self, kind: FactorKind, frequencies: Sequence[float], config: CodeConfig) -> None:
        super().__init__()
        self.register_buffer("log_pi", torch.tensor(frequencies, dtype=torch.float64).log().float())
        self.centres = build_centres(kind, len(frequencies), config)
        self.log_width = nn.Parameter(torch.full((len(frequencies),), _LOG_WIDTH))
        self.n_classes = len(frequencies)
        self.dims = int(self.centres().shape[1])

    def component(self, label: Tensor) -> Normal:
        """Return f_k for every label, a normal of (batch, dim); labels must be known (>= 0)."""
        scale = self.log_width.exp()[label][:, None].expand(-1, self.dims)
        return Normal(self.centres()[label], scale, validate_args=False)

    def log_joint(self, b: Tensor) -> Tensor:
        """Return log pi_k + log f_k(b), (batch, class), for b of (batch, dim).

        Its log-sum-exp over classes is log p_i(b), its log-softmax the class posterior log r_ik(b).
        """
        square = (b[:, None, :] - self.centres()).square().sum(-1)
        normaliser = self.dims * (self.log_width + 0.5 * math.log(2.0 * math.pi))
        return self.log_pi - 0.5 * square * (-2.0 * self.log_width).exp() - normaliser


class MarginalPrior(nn.Module):
    """p(b) = prod_i p_i(b_i), a mixture for each factor on its own block of b.

    Args:
        kinds: kind of each factor.
        frequencies: label frequencies of each factor.
        config: how centres lie.
    """

    def __init__(self, kinds: Sequence[FactorKind], frequencies: Sequence[Sequence[float]], config: CodeConfig) -> None:
        super().__init__()
        self.factors = nn.ModuleList(
            [RBFMixture(kind, pi, config) for kind, pi in zip(kinds, frequencies, strict=True)]
        )
        self.block_sizes = [factor.dims for factor in self.mixtures()]
        self.dims = sum(self.block_sizes)

    def mixtures(self) -> list[RBFMixture]:
        """Return the mixtures in the order of the factors."""
        return [factor for factor in self.factors if isinstance(factor, RBFMixture)]

    def blocks(self, b: Tensor) -> tuple[Tensor, ...]:
        """Cut b, (batch, marginal), into the blocks of the factors."""
        return b.split(self.block_sizes, dim=1) if self.block_sizes else ()

    def log_joints(self, b: Tensor) -> tuple[Tensor, ...]:
        """Return log pi_k + log f_k(b_i), (batch, class), of each factor."""
        return tuple(f.log_joint(block) for f, block in zip(self.mixtures(), self.blocks(b), strict=True))

    def class_probabilities(self, b: Tensor) -> tuple[Tensor, ...]:
        """Return r_ik(b), (batch, class), of each factor."""
        return tuple(joint.softmax(dim=1) for joint in self.log_joints(b))

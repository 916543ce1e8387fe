"""Where b and the class probabilities of a window come from: what the marginal player owns."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import EncoderConfig
from divecast.model.encoder import ClassEncoder, MarginalEncoder
from divecast.model.prior import MarginalPrior
from divecast.types import ClassPosterior, MarginalPosterior

Clamped = tuple[Tensor, tuple[Tensor, ...]]
"""b, (batch, marginal), with given labels put in, and the class probabilities of each factor, (batch, class)."""


@dataclass(frozen=True, slots=True)
class MarginalCode:
    """The marginal half of the code.

    Attributes:
        posterior: q(b|x).
        draw: (batch, marginal) a draw from it, or its mean.
        b: (batch, marginal) the draw with given labels put in.
        classes: for each factor its class probabilities, (batch, class).
    """

    posterior: MarginalPosterior
    draw: Tensor
    b: Tensor
    classes: tuple[Tensor, ...]


class GivenLabels(nn.Module):
    """Labels as plain covariates: b is the label itself, one-hot; a missing one is its class frequencies.

    Without frequencies there are no labels in the code, and no b.

    Args:
        frequencies: label frequencies of each factor in the training part.
    """

    def __init__(self, frequencies: Sequence[Sequence[float]]) -> None:
        super().__init__()
        self.block_sizes = [len(pi) for pi in frequencies]
        self.register_buffer("log_pi", torch.tensor([p for pi in frequencies for p in pi]).log(), persistent=False)

    log_pi: Tensor

    def infer(self, x: Tensor) -> MarginalPosterior:
        """Return the frequencies for every window: nothing is inferred."""
        return ClassPosterior(self.log_pi.expand(len(x), -1))

    def blocks(self, b: Tensor) -> tuple[Tensor, ...]:
        """Cut b, (batch, marginal), into the blocks of the factors."""
        return b.split(self.block_sizes, dim=1) if self.block_sizes else ()

    def draw(self, posterior: MarginalPosterior, sample: bool) -> Tensor:  # noqa: ARG002  others sample
        """Return the mean, (batch, marginal)."""
        return posterior.mean

    def clamp(self, b: Tensor, labels: Tensor, noise: bool) -> Clamped:  # noqa: ARG002  others add noise
        """Put the given classes into b; arguments as in ``RBFBlocks.clamp``."""
        blocks = []
        for i, block in enumerate(self.blocks(b)):
            label = labels[:, i]
            one_hot = nn.functional.one_hot(label.clamp(min=0), block.shape[1]).to(b.dtype)
            blocks.append(torch.where((label >= 0)[:, None], one_hot, block))
        return (torch.cat(blocks, dim=1) if blocks else b), tuple(blocks)

    def told(self, labels: Tensor, noise: bool) -> Clamped:
        """Return b and the classes of labels that are all known; arguments as in ``RBFBlocks.clamp``."""
        return self.clamp(self.log_pi.new_zeros(len(labels), sum(self.block_sizes)), labels, noise)


class LatentLabels(GivenLabels):
    """The class as a discrete latent variable, q(c|x) a classifier (Kingma et al. 2014, M2).

    A missing label is drawn by Gumbel-softmax with a straight-through gradient (Jang et al. 2017; temperature 0.67 of
    Maddison et al. 2017), where M2 sums over the classes: those of several factors together are too many (our choice).

    Args:
        shape: look-back and channels of the window.
        frequencies: label frequencies of each factor in the training part.
        config: sizes.
    """

    _TEMPERATURE = 0.67

    def __init__(self, shape: tuple[int, int], frequencies: Sequence[Sequence[float]], config: EncoderConfig) -> None:
        super().__init__(frequencies)
        self.encoder = ClassEncoder(*shape, sum(self.block_sizes), config)

    def infer(self, x: Tensor) -> ClassPosterior:
        """Return q(c|x) of every factor."""
        return ClassPosterior(torch.cat([logits.log_softmax(dim=1) for logits in self.blocks(self.encoder(x))], dim=1))

    def draw(self, posterior: MarginalPosterior, sample: bool) -> Tensor:
        """Return one-hot draws with gradients, or the probabilities, (batch, marginal)."""
        if not (sample and isinstance(posterior, ClassPosterior)):
            return posterior.mean
        log_qs = self.blocks(posterior.log_probability)
        return torch.cat([nn.functional.gumbel_softmax(log_q, self._TEMPERATURE, hard=True) for log_q in log_qs], dim=1)

    def class_probabilities(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return q(c|x) of every factor, (batch, class)."""
        return self.blocks(self.infer(x).mean)


class RBFBlocks(nn.Module):
    """DeepDIVE's: q(b|x) a normal, each factor a block of b under an RBF mixture.

    Args:
        shape: look-back and channels of the window.
        prior: p(b), with one factor at least.
        config: sizes.
    """

    def __init__(self, shape: tuple[int, int], prior: MarginalPrior, config: EncoderConfig) -> None:
        super().__init__()
        self.prior = prior
        self.block_sizes = prior.block_sizes
        self.encoder = MarginalEncoder(*shape, prior.dims, config)

    def infer(self, x: Tensor) -> Normal:
        """Return q(b|x), a normal of (batch, marginal)."""
        return self.encoder(x)

    def blocks(self, b: Tensor) -> tuple[Tensor, ...]:
        """Cut b, (batch, marginal), into the blocks of the factors."""
        return self.prior.blocks(b)

    def draw(self, posterior: MarginalPosterior, sample: bool) -> Tensor:
        """Return a draw with gradients, or the mean, (batch, marginal)."""
        return posterior.rsample() if sample and isinstance(posterior, Normal) else posterior.mean

    def clamp(self, b: Tensor, labels: Tensor, noise: bool) -> Clamped:
        """Put the given classes into b.

        Args:
            b: (batch, marginal), as inferred.
            labels: (batch, factor) class to hand over, -1 keeps what was inferred.
            noise: draw the clamped block from f_k rather than take its centre.

        Returns:
            b with the clamped blocks at their class, and the class probabilities of each factor, (batch, class).
        """
        blocks = []
        for i, (mixture, block) in enumerate(zip(self.prior.mixtures(), self.prior.blocks(b), strict=True)):
            given = mixture.component(labels[:, i].clamp(min=0))
            value = given.rsample() if noise else given.loc
            blocks.append(torch.where((labels[:, i] >= 0)[:, None], value, block))
        clamped = torch.cat(blocks, dim=1)
        return clamped, self.prior.class_probabilities(clamped, labels)

    def told(self, labels: Tensor, noise: bool) -> Clamped:
        """Return b and the classes of labels that are all known, as ``clamp`` does whatever was inferred."""
        given = [*zip(self.prior.mixtures(), labels.T, strict=True)]
        b = torch.cat([f.component(k).rsample() if noise else f.centres()[k] for f, k in given], dim=1)
        return b, tuple(nn.functional.one_hot(k, f.n_classes).to(b.dtype) for f, k in given)

    def class_probabilities(self, x: Tensor) -> tuple[Tensor, ...]:
        """Return the class posteriors at the mean of q(b|x), (batch, class) of each factor."""
        return self.prior.class_probabilities(self.infer(x).loc)


MarginalPath = RBFBlocks | LatentLabels | GivenLabels

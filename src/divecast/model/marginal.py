"""Label paths: where b and the class probabilities of a window come from. The marginal player owns them."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import EncoderConfig
from divecast.model.class_reader import ClassReader
from divecast.model.encoder import ClassEncoder, MarginalEncoder
from divecast.model.prior import MarginalPrior, RBFMixture
from divecast.types import ClassPosterior, MarginalPosterior, ReadNormal

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


class LabelPath(nn.Module, ABC):
    """What the labels of the factors are to the code: how b is inferred, drawn and clamped.

    ``losses.label_terms`` has the loss terms of each path.

    Attributes:
        infers_labels: whether classes are inferred from the window.
        block_sizes: dimensions of each factor's block of b.
    """

    infers_labels: ClassVar[bool]
    block_sizes: list[int]

    @property
    def mixtures(self) -> list[RBFMixture]:
        """Prior of each factor's block; empty if b is the class itself, one-hot."""
        return []

    @property
    @abstractmethod
    def frequencies(self) -> tuple[Tensor, ...]:
        """Label frequencies of each factor in the training part, (class,)."""

    @property
    @abstractmethod
    def prior_mean(self) -> Tensor:
        """Mean of b under the prior, (marginal,)."""

    @abstractmethod
    def infer(self, x: Tensor) -> MarginalPosterior:
        """Return q(b|x) of windows, (batch, time, channel)."""

    @abstractmethod
    def draw(self, posterior: MarginalPosterior, sample: bool) -> Tensor:
        """Return a draw from q(b|x) with gradients, or its mean, (batch, marginal)."""

    @abstractmethod
    def blocks(self, b: Tensor) -> tuple[Tensor, ...]:
        """Split b, (batch, marginal), into the blocks of the factors."""

    @abstractmethod
    def clamp(self, b: Tensor, labels: Tensor, noise: bool) -> Clamped:
        """Replace the blocks of known classes in b.

        Args:
            b: (batch, marginal), as inferred.
            labels: (batch, factor) known classes; -1 keeps the inferred block.
            noise: draw the clamped block from f_k; else take its centre.

        Returns:
            b with the clamped blocks at their class, and the class probabilities of each factor, (batch, class).
        """

    @abstractmethod
    def b_of_labels(self, labels: Tensor, noise: bool) -> Clamped:
        """Return what ``clamp`` returns if all labels, (batch, factor), are known."""

    @abstractmethod
    def class_probabilities(self, b: Tensor) -> tuple[Tensor, ...]:
        """Return the class probabilities of each factor at b, (batch, class)."""

    def log_class_probabilities(self, posterior: MarginalPosterior) -> tuple[Tensor, ...]:  # noqa: ARG002
        """Return the log class probabilities of each factor, (batch, class): at the mean of q(b|x), or as read.

        In logarithms, since probabilities of improbable classes underflow float32. Empty if no labels are inferred.
        """
        return ()

    def inferred(
        self,
        posterior: MarginalPosterior,  # noqa: ARG002  one that is read has its own
        classes: tuple[Tensor, ...],
        labels: Tensor,  # noqa: ARG002
    ) -> tuple[Tensor, ...]:
        """Return the class probabilities of each factor, (batch, class), given those of ``clamp`` at q(b|x)'s draw."""
        return classes

    def borrow(self, features: nn.Module, config: EncoderConfig) -> None:
        """Let the encoder of b also read the features of a; only ``RBFBlocks`` does."""

    def take_encoder_share(self, other: "LabelPath") -> None:
        """Weigh closed form and trained encoder as another path does; only ``RBFBlocks`` has both."""


class GivenLabels(LabelPath):
    """Labels as plain covariates: b is the label itself, one-hot; a missing one is its class frequencies.

    Without frequencies there are no labels in the code, and no b.

    Args:
        frequencies: label frequencies of each factor in the training part.
    """

    infers_labels = False

    def __init__(self, frequencies: Sequence[Sequence[float]]) -> None:
        super().__init__()
        self.block_sizes = [len(pi) for pi in frequencies]
        self.register_buffer("log_pi", torch.tensor([p for pi in frequencies for p in pi]).log(), persistent=False)

    log_pi: Tensor

    @property
    def frequencies(self) -> tuple[Tensor, ...]:
        """Label frequencies of each factor in the training part, (class,)."""
        return tuple(pi[0] for pi in self.blocks(self.log_pi.exp()[None]))

    @property
    def prior_mean(self) -> Tensor:
        """Mean of b under the prior, (marginal,): the label frequencies."""
        return self.log_pi.exp()

    def infer(self, x: Tensor) -> MarginalPosterior:
        """Return the label frequencies for every window; nothing is inferred."""
        return ClassPosterior(self.log_pi.expand(len(x), -1))

    def blocks(self, b: Tensor) -> tuple[Tensor, ...]:
        """Split b, (batch, marginal), into the blocks of the factors."""
        return b.split(self.block_sizes, dim=1) if self.block_sizes else ()

    def draw(self, posterior: MarginalPosterior, sample: bool) -> Tensor:  # noqa: ARG002  others sample
        """Return the mean, (batch, marginal)."""
        return posterior.mean

    def clamp(self, b: Tensor, labels: Tensor, noise: bool) -> Clamped:  # noqa: ARG002  others add noise
        """Replace the blocks of known classes by the class, one-hot; see ``LabelPath.clamp``."""
        blocks = []
        for i, block in enumerate(self.blocks(b)):
            label = labels[:, i]
            one_hot = nn.functional.one_hot(label.clamp(min=0), block.shape[1]).to(b.dtype)
            blocks.append(torch.where((label >= 0)[:, None], one_hot, block))
        return (torch.cat(blocks, dim=1) if blocks else b), tuple(blocks)

    def b_of_labels(self, labels: Tensor, noise: bool) -> Clamped:
        """Return what ``clamp`` returns if all labels, (batch, factor), are known."""
        return self.clamp(self.log_pi.new_zeros(len(labels), sum(self.block_sizes)), labels, noise)

    def class_probabilities(self, b: Tensor) -> tuple[Tensor, ...]:
        """Return the class probabilities of each factor at b, (batch, class): its blocks."""
        return self.blocks(b)


class LatentLabels(GivenLabels):
    """The class as a discrete latent variable, q(c|x) a classifier (Kingma et al. 2014, M2).

    A missing label is drawn by Gumbel-softmax with a straight-through gradient (Jang et al. 2017; temperature 0.67 of
    Maddison et al. 2017), where M2 sums over the classes: those of several factors together are too many (our choice).

    Args:
        shape: look-back and channels of the window.
        frequencies: label frequencies of each factor in the training part.
        config: sizes.
    """

    infers_labels = True
    _TEMPERATURE = 0.67

    def __init__(self, shape: tuple[int, int], frequencies: Sequence[Sequence[float]], config: EncoderConfig) -> None:
        super().__init__(frequencies)
        self.encoder = ClassEncoder(*shape, sum(self.block_sizes), config)

    def infer(self, x: Tensor) -> ClassPosterior:
        """Return q(c|x) of every factor."""
        return ClassPosterior(torch.cat([logits.log_softmax(dim=1) for logits in self.blocks(self.encoder(x))], dim=1))

    def draw(self, posterior: MarginalPosterior, sample: bool) -> Tensor:
        """Return one-hot draws with gradients, or the probabilities, (batch, marginal)."""
        if not sample:
            return posterior.mean
        log_qs = self.blocks(_as_classes(posterior).log_probability)
        return torch.cat([nn.functional.gumbel_softmax(log_q, self._TEMPERATURE, hard=True) for log_q in log_qs], dim=1)

    def log_class_probabilities(self, posterior: MarginalPosterior) -> tuple[Tensor, ...]:
        """Return log q(c|x) of each factor, (batch, class)."""
        return self.blocks(_as_classes(posterior).log_probability)


class RBFBlocks(LabelPath):
    """q(b|x) is normal, and each factor has a block of b under an RBF mixture (Wong et al. 2025).

    Args:
        shape: look-back and channels of the window.
        prior: p(b), with one factor at least.
        config: sizes.
    """

    infers_labels = True

    def __init__(self, shape: tuple[int, int], prior: MarginalPrior, config: EncoderConfig) -> None:
        super().__init__()
        self.prior = prior
        self.block_sizes = prior.block_sizes
        self.encoder = MarginalEncoder(*shape, prior.dims, config)
        n_classes = [mixture.n_classes for mixture in prior.mixtures()]
        self.reader = ClassReader(*shape, n_classes) if config.kind == "recording" and config.closed_form else None

    @property
    def mixtures(self) -> list[RBFMixture]:
        """Prior of each factor's block."""
        return self.prior.mixtures()

    @property
    def frequencies(self) -> tuple[Tensor, ...]:
        """Label frequencies of each factor in the training part, (class,)."""
        return tuple(mixture.log_pi.exp() for mixture in self.mixtures)

    @property
    def prior_mean(self) -> Tensor:
        """Mean of b under the prior, (marginal,)."""
        return torch.cat([pi @ f.centres() for pi, f in zip(self.frequencies, self.mixtures, strict=True)])

    def borrow(self, features: nn.Module, config: EncoderConfig) -> None:
        """Let the encoder of b also read the features of a."""
        self.encoder.borrow(features, config)

    def take_encoder_share(self, other: LabelPath) -> None:
        """Weigh closed form and trained encoder as another path does."""
        if self.reader is not None and isinstance(other, RBFBlocks) and other.reader is not None:
            self.reader.encoder_share.copy_(other.reader.encoder_share)

    def infer(self, x: Tensor) -> Normal:
        """Return q(b|x), a normal of (batch, marginal).

        Once the reader of classes is solved, its mean is that of the centres under q(c|x).
        """
        learned: Normal = self.encoder(x)
        if self.reader is None or self.training or not self.reader.solved():
            return learned
        log_classes = self.reader.log_classes(x, self.prior.log_class_probabilities(learned.loc))
        centres = [log_q.exp() @ f.centres() for log_q, f in zip(log_classes, self.mixtures, strict=True)]
        return ReadNormal(log_classes, torch.cat(centres, dim=1), learned.scale)

    def blocks(self, b: Tensor) -> tuple[Tensor, ...]:
        """Split b, (batch, marginal), into the blocks of the factors."""
        return self.prior.blocks(b)

    def draw(self, posterior: MarginalPosterior, sample: bool) -> Tensor:
        """Return a draw with gradients, or the mean, (batch, marginal)."""
        return posterior.rsample() if sample and isinstance(posterior, Normal) else posterior.mean

    def clamp(self, b: Tensor, labels: Tensor, noise: bool) -> Clamped:
        """Replace the blocks of known classes by a draw from f_k or its centre; see ``LabelPath.clamp``."""
        blocks = []
        for i, (mixture, block) in enumerate(zip(self.mixtures, self.prior.blocks(b), strict=True)):
            component = mixture.component(labels[:, i].clamp(min=0))
            value = component.rsample() if noise else component.loc
            blocks.append(torch.where((labels[:, i] >= 0)[:, None], value, block))
        clamped = torch.cat(blocks, dim=1)
        return clamped, self.prior.class_probabilities(clamped, labels)

    def b_of_labels(self, labels: Tensor, noise: bool) -> Clamped:
        """Return what ``clamp`` returns if all labels, (batch, factor), are known."""
        known = [*zip(self.mixtures, labels.T, strict=True)]
        b = torch.cat([f.component(k).rsample() if noise else f.centres()[k] for f, k in known], dim=1)
        return b, tuple(nn.functional.one_hot(k, f.n_classes).to(b.dtype) for f, k in known)

    def class_probabilities(self, b: Tensor) -> tuple[Tensor, ...]:
        """Return the class posteriors of each factor at b, (batch, class)."""
        return self.prior.class_probabilities(b)

    def log_class_probabilities(self, posterior: MarginalPosterior) -> tuple[Tensor, ...]:
        """Return log q(c|x) of each factor, (batch, class), or the log class posteriors at the mean of q(b|x)."""
        if isinstance(posterior, ReadNormal):
            return posterior.log_classes
        return self.prior.log_class_probabilities(posterior.mean)

    def inferred(self, posterior: MarginalPosterior, classes: tuple[Tensor, ...], labels: Tensor) -> tuple[Tensor, ...]:
        """Return the class probabilities of each factor, (batch, class): q(c|x) where a label is missing."""
        if not isinstance(posterior, ReadNormal):
            return classes
        read = zip(classes, posterior.log_classes, labels.T, strict=True)
        return tuple(torch.where((label >= 0)[:, None], given, log_q.exp()) for given, log_q, label in read)


def _as_classes(posterior: MarginalPosterior) -> ClassPosterior:
    if not isinstance(posterior, ClassPosterior):
        raise TypeError(f"LatentLabels need a ClassPosterior, got {type(posterior).__name__}")
    return posterior

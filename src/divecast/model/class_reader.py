"""A linear map from fixed features of a window to classes: q(b|x) as far as it has a closed form."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.model.competing_kernels import CompetingKernels
from divecast.model.random_convolutions import RandomConvolutions

_COMPETING = 0.4  # share of the competing kernels in the products of features; .3 and .5 read motion as well
NEVER = torch.finfo(torch.float32).max  # a distance that no window has


class ClassReader(nn.Module):
    """q(c|x) of each factor: a mixture of what a ridge regression on fixed features says, and the trained encoder.

    The ridge regression's scores are about 1 for the class and 0 for the others; times a sharpness they are logits. All
    weights are buffers: they are solved (``fit/read_classes.py``), not trained. ``encoder_share`` is the weight of the
    encoder in the mixture, 1 until the rest is solved. ``farthest`` are the largest mean distances of a recording of
    the fit, and of a group of recordings.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        n_classes: classes of each factor.
    """

    centre: Tensor
    weight: Tensor
    bias: Tensor
    sharpness: Tensor
    encoder_share: Tensor
    spread: Tensor
    farthest: Tensor

    def __init__(self, lookback: int, n_channels: int, n_classes: Sequence[int]) -> None:
        super().__init__()
        self.convolutions = RandomConvolutions(lookback, n_channels)
        self.competing = CompetingKernels(lookback, n_channels)
        self.n_classes = [*n_classes]
        n_features, n_scores = self.convolutions.n_features + self.competing.n_features, sum(n_classes)
        self.register_buffer("centre", torch.zeros(n_features))
        self.register_buffer("weight", torch.zeros(n_features, n_scores))
        self.register_buffer("bias", torch.zeros(n_scores))
        self.register_buffer("spread", torch.ones(n_features))
        self.register_buffer("farthest", torch.full((2,), NEVER))
        self.register_buffer("sharpness", torch.ones(len(self.n_classes)))
        self.register_buffer("encoder_share", torch.ones(len(self.n_classes)))

    def draw(self, x: Tensor) -> None:
        """Choose the features in place, from the random state and some training windows, (window, time, channel)."""
        self.convolutions.draw(x)
        self.competing.draw()

    def features(self, x: Tensor) -> Tensor:
        """Map (batch, time, channel) to (batch, feature)."""
        return torch.cat([self.convolutions(x), self.competing(x)], dim=1)

    def importance(self) -> Tensor:
        """Return the factor of each standardised feature that gives both kinds their share of all products."""
        parts = (self.convolutions.n_features, 1.0 - _COMPETING), (self.competing.n_features, _COMPETING)
        n_features = sum(number for number, _ in parts)
        return torch.cat([torch.full((number,), n_features * share / number).sqrt() for number, share in parts])

    def log_classes(self, x: Tensor, learned: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return log q(c|x) of each factor, (batch, class).

        Args:
            x: (batch, time, channel).
            learned: log probabilities of the trained encoder, likewise.
        """
        weights = torch.stack([1.0 - self.encoder_share, self.encoder_share]).log()  # (2, factor)
        both = zip(self(x), learned, self.sharpness, weights.T, strict=True)
        return tuple(
            (torch.stack([(sharpness * score).log_softmax(dim=1), log_p]) + weight[:, None, None]).logsumexp(0)
            for score, log_p, sharpness, weight in both
        )

    def solved(self) -> bool:
        """Return whether the scores count; an exported graph, which cannot branch, has them in any case."""
        return torch.compiler.is_exporting() or bool((self.encoder_share < 1.0).any())

    def distance(self, x: Tensor) -> Tensor:
        """Return how far windows, (batch, time, channel), are from those of the fit, (batch,).

        It is the mean square of the features, each in units of its spread; the mean over the windows of the fit is 1.
        """
        return ((self.features(x) - self.centre) / self.spread).square().mean(1)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (batch, time, channel) to the scores of each factor, (batch, class)."""
        scores = (self.features(x) - self.centre) @ self.weight + self.bias
        return scores.split(self.n_classes, dim=1)

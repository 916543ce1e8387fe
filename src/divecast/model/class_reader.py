"""A linear map from fixed features of a window to classes: q(b|x) as far as it has a closed form.

The features are random convolutions, whose kernels sum to 0, and so what these do not see: the level of each channel.
By it gravity tells which way a watch is turned.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.model.random_convolutions import RandomConvolutions

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
    spread: Tensor
    level_centre: Tensor
    level_weight: Tensor
    level_spread: Tensor
    bias: Tensor
    sharpness: Tensor
    encoder_share: Tensor
    farthest: Tensor

    def __init__(self, lookback: int, n_channels: int, n_classes: Sequence[int]) -> None:
        super().__init__()
        self.convolutions = RandomConvolutions(lookback, n_channels)
        self.n_classes = [*n_classes]
        n_scores = sum(n_classes)
        for kind, n_features in (("", self.convolutions.n_features), ("level_", n_channels)):
            self.register_buffer(f"{kind}centre", torch.zeros(n_features))
            self.register_buffer(f"{kind}weight", torch.zeros(n_features, n_scores))
            self.register_buffer(f"{kind}spread", torch.ones(n_features))
        self.register_buffer("bias", torch.zeros(n_scores))
        self.register_buffer("farthest", torch.full((2,), NEVER))
        self.register_buffer("sharpness", torch.ones(len(self.n_classes)))
        self.register_buffer("encoder_share", torch.ones(len(self.n_classes)))

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

        It is the mean square of the features in units of their spreads; the mean over windows of the fit is about 1.
        """
        spread = torch.cat([self.spread, self.level_spread])
        return (self._centred(x) / spread).square().mean(1)

    def features(self, x: Tensor) -> Tensor:
        """Return the features of windows, (batch, time, channel): (batch, feature), the levels last."""
        known = torch.isfinite(x)
        level = torch.where(known, x, 0.0).sum(1) / known.sum(1).clamp(min=1)
        return torch.cat([self.convolutions(x), level], dim=1)

    def put(self, centre: Tensor, spread: Tensor, weight: Tensor) -> None:
        """Set what is solved: centre and spread of the features, (feature,), and weights, (feature, class)."""
        n = self.convolutions.n_features
        for name, both in (("centre", centre), ("spread", spread), ("weight", weight)):
            getattr(self, name).copy_(both[:n])
            getattr(self, f"level_{name}").copy_(both[n:])

    def _centred(self, x: Tensor) -> Tensor:
        return self.features(x) - torch.cat([self.centre, self.level_centre])

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (batch, time, channel) to the scores of each factor, (batch, class)."""
        scores = self._centred(x) @ torch.cat([self.weight, self.level_weight]) + self.bias
        return scores.split(self.n_classes, dim=1)

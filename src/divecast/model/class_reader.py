"""A linear map from fixed features of a window to classes: q(b|x) as far as it has a closed form."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.model.random_convolutions import RandomConvolutions

NEVER = torch.finfo(torch.float32).max  # a distance that no window has


class ClassReader(nn.Module):
    """q(c|x) of each factor: ridge regression on random convolutions, times the trained encoder's to some power.

    The ridge regression's scores are about 1 for the class and 0 for the others; times a sharpness they are logits. All
    weights are buffers: they are solved (``fit/read_classes.py``), not trained. ``gain`` has the factor of the logits
    and the power of the encoder's probabilities; until it is solved, the encoder's alone count. ``farthest`` are the
    largest mean distances of a recording of the fit, and of a group of recordings.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        n_classes: classes of each factor.
    """

    centre: Tensor
    weight: Tensor
    bias: Tensor
    sharpness: Tensor
    gain: Tensor
    spread: Tensor
    farthest: Tensor

    def __init__(self, lookback: int, n_channels: int, n_classes: Sequence[int]) -> None:
        super().__init__()
        self.convolutions = RandomConvolutions(lookback, n_channels)
        self.n_classes = [*n_classes]
        n_features, n_scores = self.convolutions.n_features, sum(n_classes)
        self.register_buffer("centre", torch.zeros(n_features))
        self.register_buffer("weight", torch.zeros(n_features, n_scores))
        self.register_buffer("bias", torch.zeros(n_scores))
        self.register_buffer("spread", torch.ones(n_features))
        self.register_buffer("farthest", torch.full((2,), NEVER))
        self.register_buffer("sharpness", torch.ones(len(self.n_classes)))
        self.register_buffer("gain", torch.tensor([[0.0, 1.0]]).repeat(len(self.n_classes), 1))

    def log_classes(self, x: Tensor, learned: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """Return log q(c|x) of each factor, (batch, class).

        Args:
            x: (batch, time, channel).
            learned: log probabilities of the trained encoder, likewise.
        """
        return tuple(
            (gain[0] * sharpness * score + gain[1] * log_p).log_softmax(dim=1)
            for score, log_p, sharpness, gain in zip(self(x), learned, self.sharpness, self.gain, strict=True)
        )

    def solved(self) -> bool:
        """Return whether the scores count; an exported graph, which cannot branch, has them in any case."""
        return torch.compiler.is_exporting() or bool(self.gain[:, 0].any())

    def distance(self, x: Tensor) -> Tensor:
        """Return how far windows, (batch, time, channel), are from those of the fit, (batch,).

        It is the mean square of the features, each in units of its spread; the mean over the windows of the fit is 1.
        """
        return ((self.convolutions(x) - self.centre) / self.spread).square().mean(1)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (batch, time, channel) to the scores of each factor, (batch, class)."""
        scores = (self.convolutions(x) - self.centre) @ self.weight + self.bias
        return scores.split(self.n_classes, dim=1)

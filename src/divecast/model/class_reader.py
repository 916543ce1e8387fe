"""A linear map from fixed features of a window to classes: q(b|x) as far as it has a closed form."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.model.random_convolutions import RandomConvolutions


class ClassReader(nn.Module):
    """Scores of the classes of each factor, which sum to 1, by ridge regression on random convolutions.

    Scores times the centres of the classes are the ridge regression onto the centres, wherever these have moved. All
    weights are buffers: they are solved (``fit/read_classes.py``), not trained. Zero until then.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        n_classes: classes of each factor.
    """

    centre: Tensor
    weight: Tensor
    bias: Tensor
    gain: Tensor

    def __init__(self, lookback: int, n_channels: int, n_classes: Sequence[int]) -> None:
        super().__init__()
        self.convolutions = RandomConvolutions(lookback, n_channels)
        self.n_classes = [*n_classes]
        n_features, n_scores = self.convolutions.n_features, sum(n_classes)
        self.register_buffer("centre", torch.zeros(n_features))
        self.register_buffer("weight", torch.zeros(n_features, n_scores))
        self.register_buffer("bias", torch.zeros(n_scores))
        self.register_buffer("gain", torch.tensor([[0.0, 1.0]]).repeat(len(self.n_classes), 1))

    def solved(self) -> bool:
        """Return whether the scores count; an exported graph, which cannot branch, has them in any case."""
        return torch.compiler.is_exporting() or bool(self.gain[:, 0].any())

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        """Map (batch, time, channel) to the scores of each factor, (batch, class)."""
        scores = (self.convolutions(x) - self.centre) @ self.weight + self.bias
        return scores.split(self.n_classes, dim=1)

"""p(x|a,b): the reconstruction, through the code alone."""

import torch
from torch import Tensor, nn

from divecast.config import DecoderConfig
from divecast.model.blocks import Residual
from divecast.model.distribution import LocationScale
from divecast.model.likelihood import ScaledLikelihood


class Decoder(nn.Module):
    """Time courses computed from the fused code, mixed into channels by learned loadings.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        config: sizes and likelihood.
    """

    def __init__(self, lookback: int, n_channels: int, config: DecoderConfig) -> None:
        super().__init__()
        self.lookback = lookback
        self.deep = Residual(config.token_width, config.dropout)
        self.courses = nn.Linear(config.token_width, config.n_loadings * lookback)
        self.loadings = nn.Parameter(torch.randn(config.n_loadings, n_channels) / config.n_loadings**0.5)
        self.likelihood = ScaledLikelihood(config.reconstruction, (n_channels,))

    def forward(self, fused: Tensor, around: Tensor | None = None) -> LocationScale:
        """Map the fused code, (batch, width), to a distribution of (batch, time, channel).

        Args:
            fused: the fused code.
            around: (batch, time, channel) that the time courses are added to: effects of the rows, or a movement.
        """
        courses = self.courses(self.deep(fused)).view(fused.shape[0], -1, self.lookback)
        mean = (self.loadings.T @ courses).transpose(1, 2)  # the memory layout of the windows
        mean = mean if around is None else mean + around
        distribution: LocationScale = self.likelihood(mean)
        return distribution

"""Mixing of channels: learned sums of their features are added to each channel."""

import torch
from torch import Tensor, nn

from divecast.model.blocks import for_all, keep_some


class ChannelMixing(nn.Module):
    """h <- h + S gelu(G' norm(h) + c), the same for every feature.

    This is the token mixing of Tolstikhin et al. (2021) and TSMixer (Chen et al. 2023) with fewer sums than channels.
    S is initialised at 0. A sample of the channels represents all of them, as in ``PanelFeatures``.

    Args:
        n_channels: channels of the panel.
        width: features per channel.
        n_mixtures: number of sums.
        dropout: share of the channels dropped from the sums in training, including those not in the sample.
    """

    def __init__(self, n_channels: int, width: int, n_mixtures: int, dropout: float) -> None:
        super().__init__()
        self.n_channels, self.dropout = n_channels, dropout
        self.norm = nn.LayerNorm(width)
        self.gather = nn.Parameter(torch.randn(n_channels, n_mixtures) / n_channels**0.5)
        self.bias = nn.Parameter(torch.zeros(n_mixtures, 1))
        self.scatter = nn.Parameter(torch.zeros(n_channels, n_mixtures))

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (batch, channel, feature) to the same shape."""
        told = self.norm(hidden)
        batch, seen = hidden.shape[:2]
        share = seen / self.n_channels
        gather = for_all(self.gather, share).T.expand(batch, -1, -1)
        left_out = max(0.0, 1.0 - (1.0 - self.dropout) / share)
        if self.training and left_out:
            gather = gather * keep_some((batch, 1, seen), left_out, hidden)
        sums = torch.baddbmm(self.bias.expand(batch, -1, -1), gather, told)
        return torch.baddbmm(hidden, self.scatter.expand(batch, -1, -1), nn.functional.gelu(sums))

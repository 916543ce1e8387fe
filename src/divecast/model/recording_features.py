"""Features of a long window of few channels: strided convolutions, then mean and maximum over time."""

import math

import torch
from torch import Tensor, nn

from divecast.config import EncoderConfig
from divecast.model.blocks import Residual, for_all, keep_some, observed

_KERNEL, _STRIDE = 7, 2
_LAST_LENGTH = 12  # steps before pooling, about


class RecordingFeatures(nn.Module):
    """Features of a window of, say, 1000 steps of 6 channels.

    Convolutions of stride 2 reduce the window to about 12 steps. Missing values are 0 (the channel's mean) and marked
    in additional channels.

    Args:
        lookback: steps of the window.
        n_channels: channels of the recordings.
        config: sizes; half of ``width`` is the width of the convolutions.
    """

    def __init__(self, lookback: int, n_channels: int, config: EncoderConfig) -> None:
        super().__init__()
        width = max(config.width // 2, 8)
        depth = max(1, math.ceil(math.log2(max(lookback / _LAST_LENGTH, 2))))
        self.enter = nn.Conv1d(n_channels, width, _KERNEL, _STRIDE, _KERNEL // 2)
        self.enter_missing = nn.Conv1d(n_channels, width, _KERNEL, _STRIDE, _KERNEL // 2, bias=False)
        self.norms = nn.ModuleList([nn.GroupNorm(1, width) for _ in range(depth - 1)])
        self.convs = nn.ModuleList([nn.Conv1d(width, width, _KERNEL, _STRIDE, _KERNEL // 2) for _ in range(depth - 1)])
        self.n_channels, self.config = n_channels, config
        self.join = nn.Linear(2 * width, config.width)
        self.deep = Residual(config.width, config.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, channel), NaN where missing, to (batch, feature)."""
        seen = observed(x)
        share = x.shape[2] / self.n_channels
        filled = for_all(x if seen is None else torch.where(seen, x, 0.0), share)
        hidden_share = self.config.hidden_share(self.n_channels, share)
        if self.training and hidden_share:
            filled = filled * keep_some((len(x), 1, x.shape[2]), hidden_share, x)
        hidden = self.enter(filled.transpose(1, 2))
        if seen is not None:
            hidden = hidden + self.enter_missing(for_all((~seen).to(x.dtype), share).transpose(1, 2))
        for norm, conv in zip(self.norms, self.convs, strict=True):
            hidden = nn.functional.gelu(norm(hidden))
            if self.training and self.config.dropout:  # as nn.Dropout does, in two thirds of its time
                hidden = hidden * keep_some(tuple(hidden.shape), self.config.dropout, hidden)
            hidden = conv(hidden)
        hidden = nn.functional.gelu(hidden)
        pooled = torch.cat([hidden.mean(2), hidden.amax(2)], dim=1)
        return self.deep(nn.functional.gelu(self.join(pooled)))

"""Features of a window of many channels: mix the channels, then apply shared weights over time.

Each channel's window is standardised by its own mean and spread before mixing, since the labels of a panel determine
the shape of days and weeks, while levels drift over years. Levels are separate features, for the code that needs them.
"""

import torch
from torch import Tensor, nn

from divecast.config import EncoderConfig
from divecast.model.blocks import FeatureDropout, Residual, for_all, keep_some, observed

_LEAST_SPREAD = 0.1  # scaled units; avoids scaling nearly flat windows up to noise
_LEAST_POWER = 1e-12  # keeps the gradient of the square root finite on a flat window


class PanelFeatures(nn.Module):
    """Features of a window of up to thousands of channels.

    The cost per window is time x channel x mixture, with no array of size time x channel x width. A sample of the
    channels, with their weights, represents all channels: sums over channels are scaled accordingly.

    Args:
        lookback: steps of the window.
        n_channels: channels of the panel.
        config: sizes.
        levels: whether there are features of the mean and spread of each channel too.
    """

    def __init__(self, lookback: int, n_channels: int, config: EncoderConfig, levels: bool) -> None:
        super().__init__()
        mixtures, per_mixture, width = config.n_mixtures, config.time_features, config.width
        self.mixing = nn.Parameter(torch.randn(n_channels, mixtures) / n_channels**0.5)
        self.time = nn.Linear(lookback, per_mixture)
        self.missing_time = nn.Linear(lookback, per_mixture, bias=False)
        self.mixture_bias = nn.Parameter(torch.zeros(mixtures, per_mixture))
        self.level_mixing = nn.Linear(2 * n_channels, width, bias=False) if levels else None
        self.join = nn.Linear(mixtures * per_mixture, width)
        self.deep = Residual(width, config.dropout)
        self.dropout = FeatureDropout(config.dropout)
        self.n_channels, self.config = n_channels, config

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, channel), NaN where missing, to (batch, feature), without the levels."""
        return self.deep(nn.functional.gelu(self._shape(x)[0]))

    def with_levels(self, x: Tensor) -> Tensor:
        """Return the features with the levels, (batch, feature)."""
        features, levels = self._shape(x)
        both = features if self.level_mixing is None else features + self.level_mixing(levels)
        with_levels: Tensor = self.deep(nn.functional.gelu(both))
        return with_levels

    def _shape(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Return the features of the shape before the last layer, and the levels, (batch, 2 x channel)."""
        seen = observed(x)
        centred, mean, spread = _centred(x, seen)
        weights = self.mixing * self._kept(spread)[..., None]  # (batch, channel, mixture)
        mixed = centred @ weights  # (batch, time, mixture): standardised, then mixed
        hidden = self.time(mixed.transpose(1, 2)) + self.mixture_bias
        if seen is not None:
            hidden = hidden + self._missing(seen)
        features = self.join(self.dropout(nn.functional.gelu(hidden).flatten(1)))
        return features, for_all(torch.cat([mean, spread], dim=1), self._share(spread))

    def _kept(self, spread: Tensor) -> Tensor:
        share = self._share(spread)
        kept = for_all(1.0 / (spread + _LEAST_SPREAD), share)
        hidden = self.config.hidden_share(self.n_channels, share)
        if not (self.training and hidden):
            return kept
        return kept * keep_some(tuple(spread.shape), hidden, spread)

    def _share(self, spread: Tensor) -> float:
        return spread.shape[1] / self.n_channels

    def _missing(self, seen: Tensor) -> Tensor:
        importance = self.mixing.abs() / self.mixing.abs().sum(0)
        share = (~seen).to(importance.dtype) @ importance  # (batch, time, mixture) share of a mixture that is missing
        return self.missing_time(share.transpose(1, 2))


def _centred(x: Tensor, seen: Tensor | None) -> tuple[Tensor, Tensor, Tensor]:
    """Return x minus the mean of the channel, 0 where missing, and mean and spread of each window, (batch, channel)."""
    if seen is None:
        count: Tensor | int = x.shape[1]
        mean = x.mean(1)
        centred = (
            x - mean[:, None]
        )  # centred before squaring, else a small spread around a large mean is lost to rounding
    else:
        count = seen.sum(1).clamp(min=1)
        mean = torch.where(seen, x, 0.0).sum(1) / count
        centred = torch.where(seen, x - mean[:, None], 0.0)
    power = torch.linalg.vector_norm(centred, dim=1).square() / count
    return centred, mean, power.clamp(min=_LEAST_POWER).sqrt()

"""p(y|a,b,x): a linear path per channel, started from the closed-form ridge, plus what a network adds."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.config import DecoderConfig
from divecast.model.blocks import Residual
from divecast.model.likelihood import LocationScale, ScaledLikelihood
from divecast.model.ridge import Pairs, RidgeWeights, forward_fill, label_covariates, n_label_covariates

_MOST_SPREAD = 3.0  # largest change of a window's log scale


class LinearPath(nn.Module):
    """Each channel's own linear map of its window and the labels' covariates; closed form, not trained.

    Args:
        lookback: steps of the window.
        n_covariates: of ``label_covariates`` for the factors.
        horizon: steps ahead.
        n_channels: channels of the window.
    """

    weight: Tensor

    def __init__(self, lookback: int, n_covariates: int, horizon: int, n_channels: int) -> None:
        super().__init__()
        self.register_buffer("weight", torch.zeros(n_channels, lookback + n_covariates, horizon))

    def forward(self, x: Tensor, covariates: Tensor) -> Tensor:
        """Map (batch, channel, time) and (batch, covariate) to (batch, channel, horizon)."""
        time = x.shape[2]
        own = torch.bmm(x.transpose(0, 1), self.weight[:, :time]).transpose(0, 1)
        return own + torch.einsum("bk,ckh->bch", covariates, self.weight[:, time:])


class Forecaster(nn.Module):
    """Forecast every channel from its window, its embedding and the fused code, with weights shared by the channels.

    Args:
        shape: look-back, horizon and channels of the window.
        n_classes: classes of each factor.
        pairs: factors whose joint classes the linear path knows.
        config: sizes and likelihood.
    """

    def __init__(
        self, shape: tuple[int, int, int], n_classes: Sequence[int], pairs: Pairs, config: DecoderConfig
    ) -> None:
        super().__init__()
        (lookback, horizon, n_channels), width = shape, config.width
        self.n_classes, self.pairs = tuple(n_classes), pairs
        self.linear = LinearPath(lookback, n_label_covariates(n_classes, pairs), horizon, n_channels)
        self.embedding = nn.Parameter(0.1 * torch.randn(n_channels, config.channel_features))
        self.enter = nn.Linear(lookback, width)
        self.enter_channel = nn.Linear(config.channel_features, width, bias=False)
        self.conditions = nn.Linear(config.token_width, (config.depth + 1) * width, bias=False)
        self.layers = nn.ModuleList([Residual(width, config.dropout) for _ in range(config.depth)])
        self.leave = nn.Linear(width, horizon)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)
        self.spread = nn.Linear(width, 1)
        nn.init.zeros_(self.spread.weight)
        nn.init.zeros_(self.spread.bias)
        self.likelihood = ScaledLikelihood(config.forecast, (horizon, n_channels))

    def forward(self, x: Tensor, fused: Tensor, classes: tuple[Tensor, ...]) -> LocationScale:
        """Map the window, (batch, time, channel), and the fused code to a distribution of (batch, horizon, channel)."""
        window = forward_fill(x).transpose(1, 2)
        covariates = label_covariates(classes, self.pairs, fused)
        first, *others = self.conditions(fused)[:, None].chunk(len(self.layers) + 1, dim=-1)
        hidden = nn.functional.gelu(self.enter(window) + self.enter_channel(self.embedding) + first)
        for layer, condition in zip(self.layers, others, strict=True):
            hidden = layer(hidden, condition)
        mean = self.linear(window, covariates) + self.leave(hidden)
        # features of the mean are given to the spread, not bent by it
        wider = _MOST_SPREAD * torch.tanh(self.spread(hidden.detach()) / _MOST_SPREAD)
        distribution: LocationScale = self.likelihood(mean.transpose(1, 2), wider.transpose(1, 2))
        return distribution

    @torch.no_grad()
    def start(self, ridge: RidgeWeights) -> None:
        """Start from the closed-form solution: forecasts equal the ridge's until the network has learned more."""
        self.linear.weight.copy_(ridge.weight)
        self.likelihood.start_scale(ridge.residual_scale.T)

"""The encoders q(b|x) and q(a|x,b), with disjoint parameters, one per player."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import EncoderConfig
from divecast.model.blocks import FeatureDropout, NormalHead, Residual
from divecast.model.panel_features import PanelFeatures
from divecast.model.recording_features import RecordingFeatures


def _features(lookback: int, n_channels: int, config: EncoderConfig, levels: bool) -> nn.Module:
    if config.kind == "recording":
        return RecordingFeatures(lookback, n_channels, config)
    return PanelFeatures(lookback, n_channels, config, levels)


class MarginalEncoder(nn.Module):
    """q(b|x) = prod_i q(b_i|x), independent normals (Wong et al. 2025).

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        dims: dimensions of b.
        config: sizes.
    """

    def __init__(self, lookback: int, n_channels: int, dims: int, config: EncoderConfig) -> None:
        super().__init__()
        self.features = _features(lookback, n_channels, config, levels=False)
        self.head = NormalHead(config.width, dims)
        self.from_lent: nn.Module | None = None
        self._lent: tuple[
            nn.Module, ...
        ] = ()  # a tuple hides the module from parameters(), which belong to another player

    def borrow(self, features: nn.Module, config: EncoderConfig) -> None:
        """Also read the features of another encoder, without a gradient to them."""
        self._lent = (features,)
        self.from_lent = nn.Sequential(
            nn.LayerNorm(config.width),
            FeatureDropout(config.dropout),
            nn.Linear(config.width, config.width, bias=False),
        )

    def forward(self, x: Tensor, residual: Tensor | None = None) -> Normal:
        """Map (batch, time, channel) to a normal of (batch, marginal); borrowed features read a given residual."""
        features = self.features(x)
        if self.from_lent is not None:
            with torch.no_grad():
                lent = self._lent[0](x if residual is None else residual)
            features = features + self.from_lent(lent)
        posterior: Normal = self.head(features)
        return posterior


class ClassEncoder(nn.Module):
    """The logits of classes, from the same kind of features as ``MarginalEncoder``.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        n_logits: classes of all factors together.
        config: sizes.
    """

    def __init__(self, lookback: int, n_channels: int, n_logits: int, config: EncoderConfig) -> None:
        super().__init__()
        self.features = _features(lookback, n_channels, config, levels=False)
        self.head = nn.Linear(config.width, n_logits)

    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, channel) to (batch, logit)."""
        return self.head(self.features(x))


class ConditionalEncoder(nn.Module):
    """q(a|x,b), independent normals given the window and b; of a panel, it reads the levels of the window, too.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        marginal_dims: dimensions of b.
        dims: dimensions of a.
        config: sizes.
    """

    def __init__(self, lookback: int, n_channels: int, marginal_dims: int, dims: int, config: EncoderConfig) -> None:
        super().__init__()
        self.features = _features(lookback, n_channels, config, levels=True)
        self.given_b = nn.Linear(marginal_dims, config.width, bias=False) if marginal_dims else None
        self.deep = Residual(config.width, config.dropout)
        self.head = NormalHead(config.width, dims)

    def forward(self, x: Tensor, b: Tensor) -> Normal:
        """Map (batch, time, channel) and (batch, marginal) to a normal of (batch, conditional)."""
        condition = None if self.given_b is None else self.given_b(b)
        features = self.features.with_levels(x) if isinstance(self.features, PanelFeatures) else self.features(x)
        posterior: Normal = self.head(self.deep(features, condition))
        return posterior


def standard_normal(like: Normal) -> Normal:
    """Return p(a|b) = N(0, I), with the shape of q(a|x,b): a is independent of the labels (our choice)."""
    return Normal(torch.zeros_like(like.loc), torch.ones_like(like.scale), validate_args=False)

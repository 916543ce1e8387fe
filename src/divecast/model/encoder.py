"""The encoders q(b|x) and q(a|x,b), with disjoint parameters, one per player."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal

from divecast.config import EncoderConfig
from divecast.model.blocks import NormalHead, Residual
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
            nn.LayerNorm(config.width), nn.Dropout(config.dropout), nn.Linear(config.width, config.width, bias=False)
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
    """q(a|x,b), independent normals given the window and b.

    Of a panel, the first dimensions read the shape of the window alone, and the others its levels as well, for the
    reconstruction. The forecaster reads the first ones: it sees the levels in the window itself, and since they drift
    from year to year, it forecasts later years worse with a code that tells them.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        marginal_dims: dimensions of b.
        dims: dimensions of a.
        config: sizes.
    """

    def __init__(self, lookback: int, n_channels: int, marginal_dims: int, dims: int, config: EncoderConfig) -> None:
        super().__init__()
        self.n_levels = 0 if config.kind == "recording" else dims // 2
        self.features = _features(lookback, n_channels, config, levels=bool(self.n_levels))
        self.given_b = nn.Linear(marginal_dims, config.width, bias=False) if marginal_dims else None
        self.deep = Residual(config.width, config.dropout)
        self.head = NormalHead(config.width, dims - self.n_levels)
        self.level_head = NormalHead(config.width, self.n_levels) if self.n_levels else None

    def forward(self, x: Tensor, b: Tensor) -> Normal:
        """Map (batch, time, channel) and (batch, marginal) to a normal of (batch, conditional)."""
        condition = None if self.given_b is None else self.given_b(b)
        if self.level_head is None or not isinstance(self.features, PanelFeatures):
            posterior: Normal = self.head(self.deep(self.features(x), condition))
            return posterior
        features, with_levels = self.features.with_levels(x)
        if self.training or torch.compiler.is_exporting():  # a graph's batch has no size to halve
            deep = self.deep(features, condition), self.deep(with_levels, condition)
        else:  # quicker as one batch
            twice = None if condition is None else torch.cat([condition, condition])
            deep = self.deep(torch.cat([features, with_levels]), twice).chunk(2)
        shape, levels = self.head(deep[0]), self.level_head(deep[1])
        loc, scale = (torch.cat(pair, dim=1) for pair in ((shape.loc, levels.loc), (shape.scale, levels.scale)))
        return Normal(loc, scale, validate_args=False)

    def of_shape(self, a: Tensor) -> Tensor:
        """Return a with those dimensions that read the levels at the mean of their prior, 0."""
        return nn.functional.pad(a[:, : a.shape[1] - self.n_levels], (0, self.n_levels))


def standard_normal(like: Normal) -> Normal:
    """Return p(a|b) = N(0, I), with the shape of q(a|x,b): a is independent of the labels (our choice)."""
    return Normal(torch.zeros_like(like.loc), torch.ones_like(like.scale), validate_args=False)

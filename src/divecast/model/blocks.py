"""Layers shared by the parts of the network."""

import torch
from torch import Tensor, nn
from torch.distributions import Normal


def keep_some(shape: tuple[int, ...], share: float, like: Tensor) -> Tensor:
    """Return a dropout mask: 0 for a random ``share``, else 1 / (1 - share); type and device as of ``like``."""
    return torch.rand(shape, dtype=like.dtype, device=like.device).ge_(share).div_(1.0 - share)


def for_all(values: Tensor, share: float) -> Tensor:
    """Scale terms of a sum over a share of the channels to an estimate of the sum over all."""
    return values if share == 1.0 else values / share


class FeatureDropout(nn.Module):
    """Drops features of a window in training, the same for all its channels, so that masks stay small.

    Args:
        share: share of the features to drop.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share

    def forward(self, hidden: Tensor) -> Tensor:
        """Map (batch, ..., feature) to the same shape."""
        if not (self.training and self.share):
            return hidden
        shape = (hidden.shape[0], *[1] * (hidden.ndim - 2), hidden.shape[-1])
        return hidden * keep_some(shape, self.share, hidden)


class Residual(nn.Module):
    """A pre-normalised residual layer of two linear maps; a condition is added before the first.

    Args:
        width: features in and out.
        dropout: share of hidden features dropped in training.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width)
        self.rise = nn.Linear(width, width)
        self.fall = nn.Linear(width, width)
        self.dropout = FeatureDropout(dropout)

    def forward(self, hidden: Tensor, condition: Tensor | None = None) -> Tensor:
        """Map (..., feature) to (..., feature)."""
        into = hidden if condition is None else hidden + condition
        return hidden + self.fall(self.dropout(nn.functional.gelu(self.rise(self.norm(into)))))


class NormalHead(nn.Module):
    """Independent normals from features; scales are clamped to exp(-6)..exp(2) for stability.

    Args:
        width: features in.
        dims: dimensions of the normal.
    """

    def __init__(self, width: int, dims: int) -> None:
        super().__init__()
        self.linear = nn.Linear(width, 2 * dims)

    def forward(self, features: Tensor) -> Normal:
        """Map (batch, feature) to a normal of (batch, dims)."""
        mean, log_scale = self.linear(features).chunk(2, dim=-1)
        return Normal(mean, (log_scale - 1.0).clamp(-6.0, 2.0).exp(), validate_args=False)


def observed(x: Tensor) -> Tensor | None:
    """Return which values are observed, or None if all are; an exported graph, which cannot branch, gets a mask."""
    return None if not torch.compiler.is_exporting() and torch.isfinite(x.sum()) else torch.isfinite(x)

"""Likelihoods with a learned scale."""

import math

import torch
from torch import Tensor, nn
from torch.distributions import Distribution, Laplace, Normal, StudentT

from divecast.config import Likelihood

_LEAST_LOG_SCALE = -7.0  # scaled units: a thousandth of a channel's spread
_START_DF, _LEAST_DF = 5.0, 2.1  # above two, so that the variance exists


class ScaledLikelihood(nn.Module):
    """A location family around a mean, its log scale a parameter.

    Args:
        kind: ``normal``, ``student_t`` (degrees of freedom learned, above 2) or ``laplace``.
        shape: shape of the scale; must broadcast against the mean.
    """

    def __init__(self, kind: Likelihood, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.kind = kind
        self.log_scale = nn.Parameter(torch.full(shape, -1.0))
        self.raw_df = nn.Parameter(torch.tensor(math.log(_START_DF - _LEAST_DF))) if kind == "student_t" else None

    def forward(self, mean: Tensor) -> Distribution:
        """Return the distribution around ``mean``, element by element."""
        scale = self.log_scale.clamp(min=_LEAST_LOG_SCALE).exp().expand_as(mean)
        if self.raw_df is not None:
            return StudentT(_LEAST_DF + self.raw_df.exp(), mean, scale, validate_args=False)
        family = Normal if self.kind == "normal" else Laplace
        return family(mean, scale, validate_args=False)

    @torch.no_grad()
    def start_scale(self, scale: Tensor) -> None:
        """Set the scale, shaped as this one's, from residuals measured elsewhere."""
        self.log_scale.copy_(scale.clamp(min=math.exp(_LEAST_LOG_SCALE)).log())

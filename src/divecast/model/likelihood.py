"""Likelihoods with a learned scale."""

import math

import torch
from torch import Tensor, nn

from divecast.config import Likelihood
from divecast.model.distribution import LocationScale

_LEAST_LOG_SCALE = -7.0  # scaled units: about a thousandth of a channel's standard deviation
_START_DF, _LEAST_DF = 5.0, 2.1  # above 2, so that the variance exists


class ScaledLikelihood(nn.Module):
    """A location-scale family around a mean, with the log scale as a parameter.

    Args:
        kind: ``normal``, ``student_t`` (degrees of freedom learned, above 2) or ``laplace``.
        shape: shape of the scale; must broadcast against the mean.
    """

    def __init__(self, kind: Likelihood, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.kind: Likelihood = kind
        self.log_scale = nn.Parameter(torch.full(shape, -1.0))
        self.raw_df = nn.Parameter(torch.tensor(math.log(_START_DF - _LEAST_DF))) if kind == "student_t" else None

    def forward(self, mean: Tensor, wider: Tensor | float = 0.0) -> LocationScale:
        """Return the distribution around ``mean``, element by element; ``wider`` is added to the log scale."""
        df = None if self.raw_df is None else _LEAST_DF + self.raw_df.exp()
        return LocationScale(self.kind, mean, self.log_scale.clamp(min=_LEAST_LOG_SCALE) + wider, df)

    @torch.no_grad()
    def start_scale(self, scale: Tensor, last: slice = slice(None)) -> None:
        """Set the scale, or its part ``last`` of the last axis, to that of given residuals."""
        self.log_scale[..., last] = scale.clamp(min=math.exp(_LEAST_LOG_SCALE)).log()

"""Likelihoods with a learned scale."""

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.distributions import Chi2, Distribution, constraints
from torch.types import _size

from divecast.config import Likelihood

_LEAST_LOG_SCALE = -7.0  # scaled units: a thousandth of a channel's spread
_START_DF, _LEAST_DF = 5.0, 2.1  # above two, so that the variance exists


class LocationScale(Distribution):
    """Independent normal, Student-t or Laplace variables with a scale that many of them share.

    The same as torch's own, whose ``log_prob`` spreads scale and degrees of freedom to the size of the data before it
    takes logarithms and gamma functions of them; here these are taken of the few numbers there are.

    Args:
        kind: the family.
        loc: any shape.
        log_scale: broadcasts against ``loc``.
        df: degrees of freedom, a scalar above 2; Student-t only.
    """

    arg_constraints: dict[str, Any] = {}  # noqa: RUF012  the name and type torch gives it
    support = constraints.real

    def __init__(self, kind: Likelihood, loc: Tensor, log_scale: Tensor, df: Tensor | None = None) -> None:
        self.kind, self.loc, self.log_scale, self.df = kind, loc, log_scale, df
        super().__init__(batch_shape=loc.shape, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The mean, of the shape of ``loc``."""
        return self.loc

    @property
    def scale(self) -> Tensor:
        """The scale, of the shape of ``loc``."""
        return self.log_scale.exp().expand_as(self.loc)

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, element by element."""
        standard = (value - self.loc) * (-self.log_scale).exp()
        if self.kind == "laplace":
            return -standard.abs() - (self.log_scale + math.log(2.0))
        if self.df is None:
            return -0.5 * standard.square() - (self.log_scale + 0.5 * math.log(2.0 * math.pi))
        half = 0.5 * (self.df + 1.0)
        normaliser = 0.5 * (self.df * math.pi).log() + torch.lgamma(0.5 * self.df) - torch.lgamma(half)
        return -half * torch.log1p(standard.square() / self.df) - (self.log_scale + normaliser)

    def sample(self, sample_shape: _size = torch.Size()) -> Tensor:  # noqa: B008  torch's own signature
        """Draw ``sample_shape`` times, without gradients."""
        shape = self._extended_shape(sample_shape)
        with torch.no_grad():
            normal = torch.randn(shape, dtype=self.loc.dtype, device=self.loc.device)
            if self.kind == "laplace":  # a normal whose variance is exponential
                standard = normal * (2.0 * torch.empty_like(normal).exponential_()).sqrt()
            elif self.df is not None:
                chi2 = Chi2(self.df.cpu().expand(shape)).sample().to(normal.device)  # mps draws no gamma
                standard = normal * (self.df / chi2).sqrt()
            else:
                standard = normal
            return self.loc + self.scale * standard


class ScaledLikelihood(nn.Module):
    """A location family around a mean, its log scale a parameter.

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
    def start_scale(self, scale: Tensor) -> None:
        """Set the scale, shaped as this one's, from residuals measured elsewhere."""
        self.log_scale.copy_(scale.clamp(min=math.exp(_LEAST_LOG_SCALE)).log())

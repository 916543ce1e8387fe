"""Location-scale families with shared scales."""

import math
from typing import Any

import torch
from torch import Tensor
from torch.distributions import Chi2, Distribution, constraints
from torch.nn.functional import mse_loss
from torch.types import _size

from divecast.config import Likelihood


class LocationScale(Distribution):
    """Independent normal, Student-t or Laplace variables with shared scales.

    Equal to the distributions of torch, but faster: those expand scale and degrees of freedom to the size of the data
    before they compute logarithms and gamma functions of them.

    Args:
        kind: the family.
        loc: any shape.
        log_scale: broadcasts against ``loc``.
        df: degrees of freedom, a scalar above 2; Student-t only.
        wider: part of ``log_scale`` that is there since something is missing or unusual; broadcasts against ``loc``.
            None for nothing.
    """

    arg_constraints: dict[str, Any] = {}  # noqa: RUF012  the name and type torch gives it
    support = constraints.real

    def __init__(
        self, kind: Likelihood, loc: Tensor, log_scale: Tensor, df: Tensor | None = None, wider: Tensor | None = None
    ) -> None:
        self.kind, self.loc, self.log_scale, self.df, self.wider = kind, loc, log_scale, df, wider
        super().__init__(batch_shape=loc.shape, validate_args=False)

    @property
    def mean(self) -> Tensor:
        """The mean, of the shape of ``loc``."""
        return self.loc

    @property
    def scale(self) -> Tensor:
        """The scale, of the shape of ``loc``."""
        return self.log_scale.exp().expand_as(self.loc)

    def wider_by(self, deviation: Tensor) -> "LocationScale":
        """Return the same family with the squares of the scale and of ``deviation`` (>= 0, as ``loc``) added."""
        log_scale = 0.5 * torch.log((2.0 * self.log_scale).exp() + deviation.square())
        wider = log_scale - self.log_scale
        return LocationScale(
            self.kind, self.loc, log_scale, self.df, wider if self.wider is None else self.wider + wider
        )

    def for_missing(self, wider: Tensor) -> "LocationScale":
        """Return the same family with a log factor on the scale, since something is missing or unusual."""
        return LocationScale(self.kind, self.loc, self.log_scale + wider, self.df, wider)

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

    def log_likelihood(self, value: Tensor) -> Tensor:
        """Return the log density of windows, (batch, time, channel) to (batch,): the sum of ``log_prob``.

        It is fast for a normal whose steps share a scale.
        """
        shares_scale = self.kind == "normal" and self.log_scale.shape[-2:-1] in ((), (1,))
        if not shares_scale:
            return self.log_prob(value).sum(dim=(1, 2))
        n_steps, log_scale = value.shape[1], self.log_scale.expand(len(value), 1, value.shape[2])[:, 0]
        power = mse_loss(self.loc, value, reduction="none").sum(1)
        constant = n_steps * (log_scale + 0.5 * math.log(2.0 * math.pi))
        return -(0.5 * power * (-2.0 * log_scale).exp() + constant).sum(1)

    def sample(self, sample_shape: _size = torch.Size()) -> Tensor:  # noqa: B008  torch's own signature
        """Draw samples of ``sample_shape``, without gradients."""
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

"""The density of a class in the RBF mixture: normal, Laplace or logistic.

All are log-concave, as Wong et al. (2025) require of the components of p(b). The density of a block of b is the product
over its dimensions; only the normal one is isotropic.
"""

import math
from typing import ClassVar

import torch
from torch import Size, Tensor
from torch.distributions import Distribution, Laplace, Normal, constraints, register_kl
from torch.distributions.utils import broadcast_all

from divecast.config import Component


class Logistic(Distribution):
    """The logistic density e^-z / (scale (1 + e^-z)^2) with z = (value - loc) / scale, element by element.

    Args:
        loc: mean.
        scale: scale; the standard deviation is pi / sqrt(3) times it.
        validate_args: as in torch.
    """

    arg_constraints: ClassVar = {"loc": constraints.real, "scale": constraints.positive}
    support: ClassVar = constraints.real
    has_rsample = True

    def __init__(self, loc: Tensor, scale: Tensor, validate_args: bool | None = None) -> None:
        self.loc, self.scale = broadcast_all(loc, scale)
        super().__init__(self.loc.shape, validate_args=validate_args)

    def rsample(self, sample_shape: Size | list[int] | tuple[int, ...] = ()) -> Tensor:
        """Draw with gradients, (*sample_shape, *batch_shape)."""
        u = torch.rand(self._extended_shape(Size(sample_shape)), dtype=self.loc.dtype, device=self.loc.device)
        end = torch.finfo(u.dtype).eps
        return self.loc + self.scale * torch.logit(u.clamp(end, 1.0 - end))

    def log_prob(self, value: Tensor) -> Tensor:
        """Return the log density, of the shape that value and parameters broadcast to."""
        if self._validate_args:
            self._validate_sample(value)
        z = (value - self.loc) / self.scale
        return torch.nn.functional.logsigmoid(z) + torch.nn.functional.logsigmoid(-z) - self.scale.log()


Density = Normal | Laplace | Logistic


def build_density(component: Component, loc: Tensor, scale: Tensor) -> Density:
    """Return the density of that name, element by element."""
    families: dict[Component, type[Normal | Laplace | Logistic]]
    families = {"normal": Normal, "laplace": Laplace, "logistic": Logistic}
    return families[component](loc, scale, validate_args=False)


def _scales() -> tuple[list[float], list[float]]:
    """Return standard deviations and weights of normals around zero whose mixture is the standard logistic density.

    A logistic variable is 2 K Z, with Z standard normal and K of Kolmogorov's distribution (Stefanski 1991), whose
    density is 8 y sum_j (-1)^(j+1) j^2 exp(-2 j^2 y^2). The trapezoid rule in log y makes that a finite mixture.
    """
    n, low, high = 16, 0.25, 3.4
    step = math.log(high / low) / (n - 1)
    nodes = [low * math.exp(i * step) for i in range(n)]
    weights = [
        8.0 * y * y * step * sum((-1) ** (j + 1) * j * j * math.exp(-2.0 * (j * y) ** 2) for j in range(1, 30))
        for y in nodes
    ]
    total = sum(weights)
    return [2.0 * y for y in nodes], [weight / total for weight in weights]


_SCALES, _WEIGHTS = _scales()


def normal_logistic_kl(q: Normal, f: Logistic) -> Tensor:
    """Return KL(q || f), element by element, to 1e-9 for every ratio of the scales.

    -log f is, up to a constant, |z| smoothed by the logistic density itself. With that written as a mixture of normals
    of scale v_j, E_q[-log f] = log(scale) + sum_j w_j E|N(m, t^2 + v_j^2)|, where m and t are the mean and scale of
    z under q; each summand is the mean of a folded normal, a closed form. (Our derivation.) Gauss-Hermite nodes would
    lose their accuracy where q is much wider than f; here the ratio only adds to the variance.
    """
    v, weight = q.loc.new_tensor(_SCALES), q.loc.new_tensor(_WEIGHTS)
    mean = ((q.loc - f.loc) / f.scale)[..., None]
    scale = ((q.scale / f.scale).square()[..., None] + v.square()).sqrt()
    ratio = mean / scale
    folded = math.sqrt(2.0 / math.pi) * scale * torch.exp(-0.5 * ratio.square())
    folded = folded + mean * torch.erf(math.sqrt(0.5) * ratio)
    return (weight * folded).sum(-1) + f.scale.log() - q.entropy()


register_kl(Normal, Logistic)(normal_logistic_kl)  # torch.distributions.kl_divergence finds it

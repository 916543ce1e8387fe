"""What of the code a traversal moves, and which values it takes: one dimension, or the way through a factor's classes.

A dimension is named as in the table of ``encode``: ``a3`` is one of a, ``b_hour0`` one of the block of the hour, and
``b_hour`` without a number the way through the classes of the hour. For a cyclic factor on circles that way is the
circles themselves (``model/centres.py``), which turn once, twice and three times while the class goes round once; else
it is straight from each class's centre to the next.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real

import numpy as np
import torch
from torch import Tensor

from divecast.errors import ConfigError
from divecast.explain.counterfactuals.counterfactual import coded_factors
from divecast.inference.fitted_model import FittedModel
from divecast.model.centres import Circle
from divecast.model.prior import RBFMixture

_POSITIONS = 9
_MOST_POSITIONS = 10_000
_FARTHEST = 1e6  # standard deviations or classes; the network would be far outside what it learned long before
_UNIT_VARIANCE = {"normal": 1.0, "laplace": 2.0, "logistic": math.pi**2 / 3.0}  # of a component of width 1


@dataclass(frozen=True, eq=False, slots=True)
class Dimension:
    """A part of the code to move.

    Attributes:
        name: as given.
        factor: number of the factor whose block it is in; None for a.
        column: number of the dimension in a or in the block; None for the way through the classes.
        mixture: the prior of the block; None for a.
    """

    name: str
    factor: int | None
    column: int | None
    mixture: RBFMixture | None

    @property
    def is_way(self) -> bool:
        """Whether it is the way through the classes."""
        return self.column is None

    @property
    def closes(self) -> bool:
        """Whether the way comes back to where it began."""
        return self.is_way and self.mixture is not None and isinstance(self.mixture.centres, Circle)

    def default_positions(self, n: int | None, span: float) -> list[float]:
        """Return ``n`` positions: within ``span`` standard deviations of the prior, or along the whole way.

        Without ``n`` there are nine, or along the way one a class, and the first again where it closes.

        Raises:
            ConfigError: fewer than two, or no span.
        """
        odd = n is not None and not (isinstance(n, int) and 2 <= n <= _MOST_POSITIONS)
        if odd or not (isinstance(span, Real) and math.isfinite(span) and span > 0.0):
            most = f"at most {_MOST_POSITIONS}"
            raise ConfigError(f"expected n >= 2, {most}, and a span > 0, got n={n!r} and span={span!r}")
        if not self.is_way or self.mixture is None:
            return [float(at) for at in np.linspace(-span, span, n or _POSITIONS)]
        last = self.mixture.n_classes if self.closes else self.mixture.n_classes - 1
        return [float(at) for at in np.linspace(0.0, last, n or last + 1)]

    @torch.no_grad()
    def values(self, positions: Sequence[float]) -> Tensor:
        """Return the values at positions, (position,), or points of the block for the way, (position, dim).

        Raises:
            ConfigError: a position is no number, or beyond the end of the way.
        """
        numbers = isinstance(positions, Sequence | np.ndarray) and all(isinstance(each, Real) for each in positions)
        at = torch.tensor(list(positions) if numbers else [], dtype=torch.float32)
        if not len(at) or not bool((at.abs() <= _FARTHEST).all()):
            raise ConfigError(f"expected finite positions, at least one, none beyond {_FARTHEST:g}, got {positions!r}")
        if self.is_way and self.mixture is not None:
            return _way(self.mixture, at)
        mean, sd = self.spread()
        return mean + sd * at

    @torch.no_grad()
    def spread(self) -> tuple[float, float]:
        """Return mean and standard deviation of the dimension under the prior."""
        if self.mixture is None or self.column is None:
            return 0.0, 1.0
        pi, centre = self.mixture.log_pi.exp(), self.mixture.centres()[:, self.column]
        within = (2.0 * self.mixture.log_width).exp() * _UNIT_VARIANCE[self.mixture.density]
        mean = (pi * centre).sum()
        return float(mean), float(((pi * (within + centre.square())).sum() - mean.square()).sqrt())


def find_dimension(fitted: FittedModel, name: str) -> Dimension:
    """Find a dimension of the code by its name.

    Raises:
        ConfigError: there is none of that name, or b has no dimensions to move.
    """
    factors, n_a = coded_factors(fitted), fitted.network.n_conditional
    if name in (own := [f"a{column}" for column in range(n_a)]):
        return Dimension(name, None, own.index(name), None)
    mixtures = dict(zip(factors, fitted.network.marginal.mixtures, strict=False))
    for i, (factor, mixture) in enumerate(mixtures.items()):
        columns = {f"b_{factor}": None, **{f"b_{factor}{column}": column for column in range(mixture.dims)}}
        if name in columns:
            return Dimension(name, i, columns[name], mixture)
    there = [f"a0 to a{n_a - 1}"] if n_a else []
    there += [f"b_{factor}, b_{factor}0 to b_{factor}{mixture.dims - 1}" for factor, mixture in mixtures.items()]
    why = "" if mixtures or not factors else "; b of this model is the class itself, ask what_if"
    raise ConfigError(f"expected a dimension of the code, one of {'; '.join(there)}, got {name!r}{why}")


def _way(mixture: RBFMixture, at: Tensor) -> Tensor:
    """Return points of the block at positions counted in classes."""
    centres: Tensor = mixture.centres()
    last = mixture.n_classes
    circle = mixture.centres if isinstance(mixture.centres, Circle) else None
    if circle is not None:
        return _on_circles(circle, 2.0 * math.pi * at / last)
    if float(at.min()) < 0.0 or float(at.max()) > last - 1:
        raise ConfigError(f"expected positions from 0, the first class, to {last - 1}, the last, got {at.tolist()}")
    low = at.floor().clamp(max=last - 2).long()
    return centres[low] + (at - low)[:, None] * (centres[low + 1] - centres[low])


def _on_circles(circle: Circle, angle: Tensor) -> Tensor:
    columns, seen = [], set[int]()
    for harmonic in circle.harmonic.tolist():
        wave = torch.sin if harmonic in seen else torch.cos  # the cosine of a circle stands before its sine
        columns.append(circle.log_radius[harmonic].exp() * wave((harmonic + 1) * angle))
        seen.add(harmonic)
    return torch.stack(columns, dim=1)

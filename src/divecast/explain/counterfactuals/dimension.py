"""The part of the code that a traversal moves: one dimension, or the sequence of a factor's classes.

A dimension is named as in the table of ``encode``: ``a3`` is one of a, ``b_hour0`` one of the block of the hour, and
``b_hour`` without a number moves through the classes of the hour. For a cyclic factor on circles this follows the
circles themselves (``model/centres.py``), which turn once, twice and three times while the class turns once; otherwise
it is a straight line from each class's centre to the next.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from divecast.errors import ConfigError
from divecast.explain.counterfactuals.counterfactual import coded_factors
from divecast.inference.fitted_model import FittedModel
from divecast.model.centres import Circle
from divecast.model.prior import RBFMixture

_DEFAULT_POSITIONS = 9
_MOST_POSITIONS = 10_000
_FARTHEST = 1e6  # standard deviations or classes, far outside what the network has learned
_UNIT_VARIANCE = {"normal": 1.0, "laplace": 2.0, "logistic": math.pi**2 / 3.0}  # of a component of width 1


class Moments(NamedTuple):
    """Mean and standard deviation."""

    mean: float
    sd: float


@dataclass(frozen=True, eq=False, slots=True)
class Dimension:
    """A part of the code to move.

    Attributes:
        name: as given.
        factor: number of the factor whose block it is in; None for a.
        column: number of the dimension in a or in the block; None to move through the classes.
        mixture: prior of the block; None for a.
    """

    name: str
    factor: int | None
    column: int | None
    mixture: RBFMixture | None

    @property
    def through_classes(self) -> bool:
        """Whether it moves through the classes of a factor."""
        return self.column is None

    @property
    def closes(self) -> bool:
        """Whether it returns to the first class after the last."""
        return self.through_classes and self.mixture is not None and isinstance(self.mixture.centres, Circle)

    def default_positions(self, n: int | None, span: float) -> list[float]:
        """Return ``n`` positions: within ``span`` standard deviations of the prior, or through all classes.

        Without ``n`` there are nine, or one per class, and the first again where it closes.

        Raises:
            ConfigError: ``n`` or ``span`` is out of range.
        """
        if n is not None and not (isinstance(n, int) and 2 <= n <= _MOST_POSITIONS):
            raise ConfigError(f"n must be 2 to {_MOST_POSITIONS}", found=repr(n), argument="n")
        if not (isinstance(span, Real) and math.isfinite(span) and span > 0.0):
            raise ConfigError("span must be a finite number above 0", found=repr(span), argument="span")
        if not self.through_classes or self.mixture is None:
            return [float(position) for position in np.linspace(-span, span, n or _DEFAULT_POSITIONS)]
        last = self.mixture.n_classes if self.closes else self.mixture.n_classes - 1
        return [float(position) for position in np.linspace(0.0, last, n or last + 1)]

    @torch.no_grad()
    def values(self, positions: Sequence[float]) -> Tensor:
        """Return the values at positions, (position,), or points of the block, (position, dim), through classes.

        Raises:
            ConfigError: a position is no number, or beyond the last class.
        """
        valid = isinstance(positions, Sequence | np.ndarray) and all(isinstance(p, Real) for p in positions)
        numbers = torch.tensor(list(positions) if valid else [], dtype=torch.float32)
        if not len(numbers) or not bool((numbers.abs() <= _FARTHEST).all()):
            raise ConfigError(
                expected=f"one or more finite positions, none beyond {_FARTHEST:g}",
                found=repr(positions),
                argument="positions",
            )
        if self.through_classes and self.mixture is not None:
            return _points_through_classes(self.mixture, numbers)
        prior = self.spread()
        return prior.mean + prior.sd * numbers

    @torch.no_grad()
    def spread(self) -> Moments:
        """Return mean and standard deviation of the dimension under the prior."""
        if self.mixture is None or self.column is None:
            return Moments(0.0, 1.0)
        pi, centre = self.mixture.log_pi.exp(), self.mixture.centres()[:, self.column]
        within = (2.0 * self.mixture.log_width).exp() * _UNIT_VARIANCE[self.mixture.density]
        mean = (pi * centre).sum()
        return Moments(float(mean), float(((pi * (within + centre.square())).sum() - mean.square()).sqrt()))


def find_dimension(fitted: FittedModel, name: str) -> Dimension:
    """Find a dimension of the code by its name.

    Raises:
        ConfigError: there is none of that name, or b has no dimensions.
    """
    factors, n_a = coded_factors(fitted), fitted.network.n_conditional
    if name in (names := [f"a{column}" for column in range(n_a)]):
        return Dimension(name, None, names.index(name), None)
    mixtures = dict(zip(factors, fitted.network.marginal.mixtures, strict=False))
    for i, (factor, mixture) in enumerate(mixtures.items()):
        columns = {f"b_{factor}": None, **{f"b_{factor}{column}": column for column in range(mixture.dims)}}
        if name in columns:
            return Dimension(name, i, columns[name], mixture)
    known = [_numbered("a", n_a)] if n_a else []
    known += [f"b_{factor}, {_numbered(f'b_{factor}', mixture.dims)}" for factor, mixture in mixtures.items()]
    one_hot = factors and not mixtures
    raise ConfigError(
        expected=f"a dimension of the code, {'one of ' + '; '.join(known) if known else 'which has none here'}",
        found=repr(name),
        hint="In this model b is the class itself: use what-if instead" if one_hot else None,
        argument="dimension",
    )


def _numbered(name: str, count: int) -> str:
    """Names of dimensions: "a0 to a3", or "a0" alone."""
    return f"{name}0" if count == 1 else f"{name}0 to {name}{count - 1}"


def _points_through_classes(mixture: RBFMixture, positions: Tensor) -> Tensor:
    """Return points of the block at positions counted in classes."""
    centres: Tensor = mixture.centres()
    n_classes = mixture.n_classes
    if isinstance(mixture.centres, Circle):
        return _on_circles(mixture.centres, 2.0 * math.pi * positions / n_classes)
    if float(positions.min()) < 0.0 or float(positions.max()) > n_classes - 1:
        raise ConfigError(
            expected=f"positions from 0, the first class, to {n_classes - 1}, the last",
            found=str(positions.tolist()),
            argument="positions",
        )
    low = positions.floor().clamp(max=n_classes - 2).long()
    return centres[low] + (positions - low)[:, None] * (centres[low + 1] - centres[low])


def _on_circles(circle: Circle, angle: Tensor) -> Tensor:
    columns, seen = [], set[int]()
    for harmonic in circle.harmonic.tolist():
        wave = torch.sin if harmonic in seen else torch.cos  # the cosine of a circle comes before its sine
        columns.append(circle.log_radius[harmonic].exp() * wave((harmonic + 1) * angle))
        seen.add(harmonic)
    return torch.stack(columns, dim=1)

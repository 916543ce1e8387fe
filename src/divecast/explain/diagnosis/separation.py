"""Distances between the classes of a factor under the prior."""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from divecast.explain.diagnosis.divergence import Values
from divecast.model.prior import RBFMixture

MERGED = 1.0
"""Distance of two centres in standard deviations below which their classes count as merged (our choice): of two normal
classes of equal width and frequency, 31 % or more would be confused."""

_VARIANCE = {"normal": 1.0, "laplace": 2.0, "logistic": math.pi**2 / 3.0}  # of a component of scale 1


class ClassPair(NamedTuple):
    """Two classes of a factor and the distance of their centres in standard deviations."""

    factor: str
    first: str
    second: str
    distance: float


@dataclass(frozen=True, eq=False, slots=True)
class Separation:
    """The classes of one factor under the prior.

    Attributes:
        factor: name.
        classes: names.
        distance: (class, class) between centres, in root-mean-square standard deviations of the two components; for
            Laplace and logistic components in the same unit.
    """

    factor: str
    classes: tuple[str, ...]
    distance: Values

    @classmethod
    @torch.inference_mode()
    def of(cls, factor: str, classes: tuple[str, ...], mixture: RBFMixture) -> "Separation":
        """Measure the components of a mixture."""
        centres, width = mixture.centres().double(), mixture.log_width.exp().double()
        variance = _VARIANCE[mixture.density] * width.square()
        apart = (centres[:, None] - centres[None]).square().sum(2)
        return cls(factor, classes, (apart / (0.5 * (variance[:, None] + variance))).sqrt().cpu().numpy())

    def pairs(self) -> tuple[ClassPair, ...]:
        """Return all pairs of classes, nearest first."""
        first, second = np.triu_indices(len(self.classes), 1)
        apart = self.distance[first, second]
        return tuple(
            ClassPair(self.factor, self.classes[first[at]], self.classes[second[at]], float(apart[at]))
            for at in np.argsort(apart, kind="stable")
        )

    @property
    def merged(self) -> tuple[ClassPair, ...]:
        """Pairs of classes with (nearly) the same centre."""
        return tuple(pair for pair in self.pairs() if pair.distance < MERGED)

"""Usage of the dimensions of a code: KL, activity and duplicates."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast.explain.diagnosis.divergence import Values

ACTIVE = 0.01
"""Variance of the posterior mean over windows above which a dimension is active (Burda, Grosse and Salakhutdinov
2016)."""

COLLAPSED = 0.01
"""Mean KL from the prior, nats, below which a dimension or block carries no information on the window (our choice)."""

DUPLICATED = 0.95
"""Absolute correlation of posterior means above which two dimensions carry the same information (our choice)."""


class Duplicate(NamedTuple):
    """Two dimensions that carry the same information, and the correlation of their posterior means."""

    first: str
    second: str
    correlation: float


@dataclass(frozen=True, eq=False, slots=True)
class Usage:
    """Usage of the dimensions of a code over some windows.

    Attributes:
        names: ``a0, ..., b_hour0, ...``.
        owners: factor whose block each is in, None for those of a.
        kl: (dim,) nats from the prior, mean over windows; for b from its marginal under the mixture.
        variance: (dim,) of the posterior mean over windows.
        correlation: (dim, dim) of the posterior means; NaN where one is constant.
    """

    names: tuple[str, ...]
    owners: tuple[str | None, ...]
    kl: Values
    variance: Values
    correlation: Values

    @classmethod
    def of(cls, names: tuple[str, ...], owners: tuple[str | None, ...], kl: Values, means: Values) -> "Usage":
        """Measure dimensions by their KL, (dim,), and posterior means, (window, dim)."""
        centred = means - means.mean(axis=0)
        covariance = centred.T @ centred / len(means)
        variance = np.diag(covariance).copy()
        size = np.sqrt(np.outer(variance, variance))
        correlation = np.divide(covariance, size, out=np.full_like(covariance, np.nan), where=size > 0)
        return cls(names, owners, kl, variance, correlation)

    @property
    def active(self) -> NDArray[np.bool_]:
        """(dim,) whether the posterior mean varies with the window."""
        return np.asarray(self.variance > ACTIVE)

    @property
    def collapsed(self) -> NDArray[np.bool_]:
        """(dim,) whether the posterior equals the prior for every window."""
        return np.asarray(self.kl < COLLAPSED)

    @property
    def unlabelled(self) -> NDArray[np.bool_]:
        """(dim,) whether it is one of a."""
        return np.array([owner is None for owner in self.owners], dtype=np.bool_)

    @property
    def duplicates(self) -> tuple[Duplicate, ...]:
        """Active dimensions that carry the same information, highest correlation first."""
        first, second = np.triu_indices(len(self.names), 1)
        strength = np.abs(self.correlation[first, second])
        active = self.active[first] & self.active[second]
        order = np.argsort(-np.nan_to_num(strength), kind="stable")
        return tuple(
            Duplicate(self.names[first[at]], self.names[second[at]], float(self.correlation[first[at], second[at]]))
            for at in order
            if active[at] and strength[at] > DUPLICATED
        )

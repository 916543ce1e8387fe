"""Modularity (Ridgeway and Mozer 2018)."""

import numpy as np

from divecast.metrics.latents.units import Floats


def modularities(information: Floats) -> Floats:
    """Return how nearly each unit has information of a single factor (Ridgeway and Mozer 2018, section 3).

    With theta the largest of m informations, it is 1 - sum of the other squares / (theta^2 (m - 1)); a unit without
    information has 0, as in Locatello et al. (2019).

    Args:
        information: (..., unit, factor) nats.

    Returns:
        (..., unit) between 0 and 1; NaN with a single factor.
    """
    squares = information**2
    best, others = squares.max(axis=-1), information.shape[-1] - 1
    if others == 0:
        return np.full(best.shape, np.nan)
    rest = np.divide(squares.sum(axis=-1) - best, best * others, out=np.ones_like(best), where=best > 0)
    score: Floats = 1.0 - rest
    return score


def weighted_modularity(information: Floats) -> Floats:
    """Return the mean of ``modularities``, weighted by the largest information of each unit (our choice).

    Without weights, units of little information, whose modularity is noise, count as much as the others.

    Args:
        information: (..., unit, factor) nats.

    Returns:
        (...,) between 0 and 1; 0 if no unit has information, NaN with a single factor.
    """
    weights = information.max(axis=-1)
    total = weights.sum(axis=-1)
    score = (modularities(information) * weights).sum(axis=-1)
    mean: Floats = np.divide(score, total, out=np.zeros_like(score), where=total > 0)
    return mean

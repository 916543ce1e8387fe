"""Modularity."""

import numpy as np

from divecast.metrics.latents.units import Floats


def modularities(information: Floats) -> Floats:
    """How near each unit is to knowing one factor only (Ridgeway and Mozer 2018, section 3).

    With theta the largest of m informations, 1 - sum of the other squares / (theta^2 (m - 1)); a unit that knows
    nothing counts as 0, as in Locatello et al. (2019).

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
    """Mean of ``modularities`` where a unit weighs as much as its largest information [ours].

    The plain mean gives a unit that knows next to nothing, and whose modularity is noise, the same say as the others.

    Args:
        information: (..., unit, factor) nats.

    Returns:
        (...,) between 0 and 1; 0 where no unit knows anything, NaN with a single factor.
    """
    weights = information.max(axis=-1)
    total = weights.sum(axis=-1)
    score = (modularities(information) * weights).sum(axis=-1)
    mean: Floats = np.divide(score, total, out=np.zeros_like(score), where=total > 0)
    return mean

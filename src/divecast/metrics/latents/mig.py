"""Mutual information gap (Chen, Li, Grosse and Duvenaud 2018)."""

import numpy as np

from divecast.metrics.latents.gap import best_two_gaps
from divecast.metrics.latents.units import Floats


def gaps(information: Floats, entropies: Floats) -> Floats:
    """Return the MIG of each factor, (I_1 - I_2) / H of the two best units (Chen et al. 2018, section 4).

    Args:
        information: (draw, unit, factor) nats, the data in the first row.
        entropies: (draw, factor) nats.

    Returns:
        (draw, factor); the first row is between 0 and 1.
    """
    return _over(best_two_gaps(information, np.zeros_like(entropies)), entropies)


def own_gaps(information: Floats, entropies: Floats, owned: list[tuple[int, int]]) -> Floats:
    """Return the gap between a factor's own unit and the best other unit, over H; below 0 if that one is better.

    Args:
        information: (draw, unit, factor) nats, the data in the first row.
        entropies: (draw, factor) nats.
        owned: (unit, factor) of each unit that a factor owns.

    Returns:
        (draw, pair of ``owned``) between -1 and 1.
    """
    own = np.empty((len(information), len(owned)))
    for i, (unit, factor) in enumerate(owned):
        others = np.delete(information[..., factor], unit, axis=1)
        best = others[:, others[0].argmax()] if others.shape[1] else 0.0
        own[:, i] = _over(information[:, unit, factor] - best, entropies[:, factor])
    return own


def _over(gap: Floats, entropies: Floats) -> Floats:
    return np.divide(gap, entropies, out=np.full_like(gap, np.nan), where=entropies > 0)

"""The gap between the scores of the best and the second best unit."""

import numpy as np

from divecast.metrics.latents.units import Floats


def best_two_gaps(scores: Floats, silent: Floats) -> Floats:
    """Return the score of the best unit minus that of the second best.

    The two units are chosen on the data, not on each resample: else the random order of nearly equal units would widen
    every gap, and the interval could exclude the estimate. So the lower end of an interval can be below 0, which means
    that the order of the two is uncertain.

    Args:
        scores: (draw, unit, factor), the data in the first row.
        silent: (draw, factor) score of an uninformative unit, which is added so that there are two units at least.

    Returns:
        (draw, factor), the first row not below 0.
    """
    all_scores = np.concatenate([scores, silent[:, None]], axis=1)
    order = all_scores[0].argsort(axis=0)
    best, second = (np.take_along_axis(all_scores, order[None, [at]], axis=1)[:, 0] for at in (-1, -2))
    gap: Floats = best - second
    return gap

"""How far the best unit is ahead of the second best."""

import numpy as np

from divecast.metrics.latents.units import Floats


def best_two_gaps(scores: Floats, silent: Floats) -> Floats:
    """The best unit's score less that of the second best.

    Which two these are is settled on the data. Were each resample ranked anew, the chance order of nearly equal units
    would widen every gap, and the interval could miss the estimate. So the lower end of an interval may be below 0: the
    order of the two is then not sure.

    Args:
        scores: (draw, unit, factor), the data in the first row.
        silent: (draw, factor) score of a unit that says nothing, counted along so that a code of one has a second.

    Returns:
        (draw, factor), the first row not below 0.
    """
    all_scores = np.concatenate([scores, silent[:, None]], axis=1)
    order = all_scores[0].argsort(axis=0)
    best, second = (np.take_along_axis(all_scores, order[None, [at]], axis=1)[:, 0] for at in (-1, -2))
    gap: Floats = best - second
    return gap

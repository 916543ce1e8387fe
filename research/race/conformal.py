"""Quantiles for entries without a distribution, from how far off they were on the validation part."""

import numpy as np

from research.race.contract import LEVELS
from research.race.heats import Floats, Heat


def spread_points(points: Floats, valid: Floats, heat: Heat, past: Floats) -> Floats:
    """Add the quantiles of the validation errors of the same step and series to each point.

    That is split conformal prediction (Lei et al. 2018) with signed errors, and gives every rival an interval that
    holds; it sees what the entry's own fit could see.

    Args:
        points: (origin, horizon, series) to spread.
        valid: (origin, horizon, series) forecasts from ``heat.valid_origins``.
        heat: whose origins these are.
        past: (row, series) truth of the training and validation part.

    Returns:
        (level, origin, horizon, series).
    """
    truth = past[heat.valid_origins[:, None] + np.arange(heat.horizon)]
    errors = np.quantile(truth - valid, LEVELS, axis=0)
    return (points[None] + errors[:, None]).astype(np.float32)

"""The structural models that are averaged: level, slope, season and noise of one series, by a grid of sizes.

A value is level + season + noise; from step to step the level moves by the slope and by chance, the slope is damped and
moves by chance, and so does the season (Harvey 1989, "Forecasting, structural time series models and the Kalman
filter"). A level that returns gives back some of each move by chance: an autoregression of the first order around a
constant, which here is a slope against the move. The grid is our choice; sizes are variances in units of that of the
noise and the steps of the level together.
"""

from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class StructuralModel:
    """A model of one series, up to the size of its noise.

    Attributes:
        of_logs: whether it is one of the logarithms of the values.
        level: variance of the steps of the level, over that of the noise.
        damping: factor on the slope at each step; 0 for no slope.
        slope: variance of the steps of the slope.
        returns: whether the level returns, by this damping.
        seasonal: whether there is a season.
        season: variance of the steps of the season.
    """

    of_logs: bool
    level: float
    damping: float
    slope: float
    returns: bool
    seasonal: bool
    season: float


_LEVELS = (0.0, 0.01, 0.05, 0.2, 1.0, 10.0)
_SLOPES = (
    (0.0, 0.0, False),
    (1.0, 0.0, False),
    (1.0, 1e-4, False),
    (0.97, 1e-3, False),
    (0.9, 0.01, False),
    (0.9, 0.0, True),
    (0.7, 0.0, True),
)
_SEASONS = ((False, 0.0), (True, 0.0), (True, 0.003), (True, 0.03))

MODELS: tuple[StructuralModel, ...] = tuple(
    StructuralModel(of_logs, level, *slope, *season)
    for of_logs, level, slope, season in product((False, True), _LEVELS, _SLOPES, _SEASONS)
    if level or not slope[2]
)
"""All models. Their order is that of the weights in the files of models."""

"""Metrics: scores of forecasts, at once or from a stream of batches, and measures of disentanglement of a code."""

from divecast.metrics.forecast import (
    corr,
    coverage,
    crps_quantiles,
    interval_width,
    mae,
    mase,
    mse,
    rrse,
    seasonal_scale,
)
from divecast.metrics.latents import (
    Disentanglement,
    Estimate,
    FactorLabels,
    MeasureConfig,
    Measured,
    Units,
    disentanglement,
    entropy,
    mutual_information,
)
from divecast.metrics.paths import crps_paths, energy_score, variogram_score
from divecast.metrics.scores import ForecastScores, ScoreSums

__all__ = [
    "Disentanglement",
    "Estimate",
    "FactorLabels",
    "ForecastScores",
    "MeasureConfig",
    "Measured",
    "ScoreSums",
    "Units",
    "corr",
    "coverage",
    "crps_paths",
    "crps_quantiles",
    "disentanglement",
    "energy_score",
    "entropy",
    "interval_width",
    "mae",
    "mase",
    "mse",
    "mutual_information",
    "rrse",
    "seasonal_scale",
    "variogram_score",
]

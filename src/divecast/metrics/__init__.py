"""Scores of forecasts: RRSE, CORR, MAE, MSE, MASE, CRPS and interval coverage, at once or from a stream of batches."""

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
from divecast.metrics.scores import ForecastScores, ScoreSums

__all__ = [
    "ForecastScores",
    "ScoreSums",
    "corr",
    "coverage",
    "crps_quantiles",
    "interval_width",
    "mae",
    "mase",
    "mse",
    "rrse",
    "seasonal_scale",
]

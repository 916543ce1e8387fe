"""The tasks: drawn daily counts of known make-up, and hourly riders of hired bikes."""

from pathlib import Path

import numpy as np

from divecast import Panel
from research.counts.task import Floats, Task

N_DAYS, N_SERIES = 840, 100
DRAWN = ("smooth", "lumpy", "growing")
TASKS = (*DRAWN, "bike")

_BIKE = ("temp", "atemp", "hum", "windspeed", "holiday", "workingday", "weathersit")


def task_of(name: str, seed: int, data: Path | None) -> Task:
    """Return a task.

    Args:
        name: ``smooth`` low counts with effects of weekday and promotion, ``lumpy`` demand that is 0 on most days,
            ``growing`` counts, which end several times as high as they began, or ``bike``.
        seed: of the draws.
        data: folder with the bike data.
    """
    if name == "bike":
        if data is None:
            raise ValueError("the bike data need --data")
        return _bike(data / "covariates/bike_sharing_hourly.parquet")
    counts, promotion = _drawn(name, seed)
    return Task(counts, promotion[..., None], "2021-01-04", 24, 7, 56, 28, 28, 4, 112)


def _drawn(kind: str, seed: int) -> tuple[Floats, Floats]:
    """Draw counts and whether there is a promotion, (day, series) each."""
    draw, shape = np.random.default_rng([seed, *kind.encode()]), (N_DAYS, N_SERIES)
    day = np.arange(N_DAYS)[:, None]
    weekday = np.exp(draw.normal(0, 0.35, (7, 1)) + draw.normal(0, 0.15, (7, N_SERIES)))[day[:, 0] % 7]
    promotion = np.repeat(draw.random((N_DAYS // 7, N_SERIES)) < 0.12, 7, axis=0).astype(np.float64)
    uplift = np.exp(promotion * draw.uniform(0.2, 1.2, N_SERIES))
    year = draw.normal(0, 0.15, N_SERIES) * np.sin(2 * np.pi * (day / 365.25 + draw.random(N_SERIES)))
    known, level = weekday * uplift, np.exp(year + _wander(draw, shape))
    if kind == "lumpy":
        odds = np.exp(draw.normal(-1.8, 0.6, N_SERIES)) * known * level
        mean, size = np.exp(draw.normal(0.9, 0.7, N_SERIES)) * uplift, draw.uniform(0.5, 4, N_SERIES)
        extra = _negative_binomial(draw, mean, size)
        return np.where(draw.random(shape) < odds / (1 + odds), 1 + extra, 0.0), promotion
    grown = draw.normal(1.8, 0.4, N_SERIES) * day / N_DAYS if kind == "growing" else 0.0
    mean = np.exp(draw.normal(0.5, 0.8, N_SERIES) + grown) * known * level
    return _negative_binomial(draw, mean, np.exp(draw.normal(1.8, 0.8, N_SERIES))), promotion


def _wander(draw: np.random.Generator, shape: tuple[int, int]) -> Floats:
    """Draw the log of slowly moving levels, (day, series)."""
    found = draw.normal(0, 1, shape) * draw.uniform(0.01, 0.05, shape[1])
    for day in range(1, shape[0]):
        found[day] += 0.98 * found[day - 1]
    return found


def _negative_binomial(draw: np.random.Generator, mean: Floats, size: Floats) -> Floats:
    """Draw counts of a mean, (day, series), and of variance mean + mean^2 / size."""
    return draw.poisson(draw.gamma(np.broadcast_to(size, mean.shape)) * mean / size).astype(np.float64)


def _bike(path: Path) -> Task:
    """Read casual and registered riders by hour, with weather and holidays; gaps are interpolated for all entries."""
    panel = Panel.read(path, covariates=_BIKE)
    told = np.stack([_interpolated(panel.covariate(name)) for name in _BIKE], axis=1)
    counts = np.stack([np.rint(_interpolated(each)) for each in panel.values.T], axis=1)
    told = np.repeat(told[:, None], counts.shape[1], axis=1)
    start = str(np.datetime64(panel.clock.at(np.array([0]))[0], "s"))
    return Task(counts, told, start, 1, 24, 168, 24, 73, 48, 3509)


def _interpolated(column: Floats) -> Floats:
    at, seen = np.arange(len(column)), ~np.isnan(column)
    return np.interp(at, at[seen], column[seen])

"""Monthly and quarterly series: drawn ones of known make-up, and real ones of the package statsmodels.

It imports numpy alone (and statsmodels for the real ones), so that the rivals' environment can draw the same series.
"""

import json
import sys
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kind:
    """A frequency.

    Attributes:
        season: steps of a year.
        horizon: steps to forecast.
        shortest: fewest values of a drawn series, the test part included.
        longest: most values.
        step: step of time stamps, as numpy has it.
        frequency: as pandas has it.
    """

    season: int
    horizon: int
    shortest: int
    longest: int
    step: str
    frequency: str


KINDS = {
    "monthly": Kind(12, 12, 24 + 12, 300, "M", "MS"),
    "quarterly": Kind(4, 8, 20 + 8, 100, "M", "QS"),
}
LEVELS = tuple(round(0.1 * number, 1) for number in range(1, 10))
"""Probabilities of the quantiles that are scored."""
QUANTILES = (0.05, *LEVELS, 0.95)
"""These, and the ends of the 90 % interval."""


def drawn(kind: Kind, n: int, seed: int) -> list[Floats]:
    """Draw series of level, trend, season, level shifts and noise, in a mix of each that differs by series."""
    draw = np.random.default_rng(seed)
    return [_one(kind, draw) for _ in range(n)]


def _one(kind: Kind, draw: np.random.Generator) -> Floats:
    length = int(np.exp(draw.uniform(np.log(kind.shortest), np.log(kind.longest))))
    step = np.arange(length)
    years = step / kind.season
    wander = np.cumsum(draw.normal(0, draw.choice([0.0, 0.01, 0.03]), length))
    slope = draw.choice([0.0, 1.0]) * draw.normal(0.03, 0.05)
    bend = np.where(step > draw.uniform(0.3, 1.0) * length, draw.choice([0.0, -1.0]) * slope, 0.0)
    trend = np.cumsum((slope + bend) / kind.season)
    waves = draw.normal(0, 1, (2, 2)) / np.array([[1.0], [2.0]])
    turn = 2 * np.pi * years
    shape = sum(
        waves[number, 0] * np.sin((number + 1) * turn) + waves[number, 1] * np.cos((number + 1) * turn)
        for number in range(2)
    )
    size = draw.choice([0.0, 1.0], p=[0.2, 0.8]) * draw.gamma(2, 0.06)
    growth = 1 + draw.choice([0.0, 1.0]) * draw.normal(0, 0.03) * years
    shifts = np.cumsum((draw.random(length) < 0.5 / length * draw.integers(0, 4)) * draw.normal(0, 0.15, length))
    noise = draw.normal(0, draw.gamma(2, 0.02), length)
    log = wander + trend + size * growth * np.asarray(shape) + shifts + noise
    values: Floats = np.exp(np.clip(log, -3, 3) + draw.normal(5, 2))
    return values


def real(kind: Kind) -> list[Floats]:
    """Return the series of statsmodels: US macroeconomic ones by quarter, sea surface temperature and CO2 by month."""
    from statsmodels import datasets

    if kind.season == 4:
        table = datasets.macrodata.load_pandas().data.drop(columns=["year", "quarter"])
        return [table[name].to_numpy(np.float64) for name in table]
    temperature = datasets.elnino.load_pandas().data.drop(columns="YEAR").to_numpy(np.float64).reshape(-1)
    carbon: Any = datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    return [temperature[-300:], carbon.to_numpy(np.float64)[-300:]]


def series_of(name: str, kind: Kind, n: int) -> list[Floats]:
    """Return the series of a data set: ``real``, or ``drawn`` with a seed, such as ``drawn 0``."""
    if name == "real":
        return real(kind)
    return drawn(kind, n, int(name.split()[1]))


if __name__ == "__main__":  # the real series, for an environment without statsmodels
    print(json.dumps([values.tolist() for values in real(KINDS[sys.argv[1]])]))

"""A shop whose effects are known: promotion +5, holiday -6, and 2 per degree above 18."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from divecast import Panel

PROMOTION, HOLIDAY, DEGREE, BEND = 5.0, -6.0, 2.0, 18.0
_NOISE, _SERIES = 0.5, 3
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, slots=True)
class Shop:
    """Hourly series with planted effects.

    Attributes:
        panel: the series, with labels ``promo`` and ``holiday`` and the covariate ``temp``.
        promo: (row,) whether there is a promotion.
        holiday: (row,) whether it is a holiday.
        temp: (row,) temperature.
    """

    panel: Panel
    promo: NDArray[np.bool_]
    holiday: NDArray[np.bool_]
    temp: Floats

    @classmethod
    def of(cls, seed: int, days: int = 730) -> "Shop":
        """Draw promotions on one day in eight, holidays on one in thirty, and weather that lasts days."""
        draw, hours = np.random.default_rng(seed), np.arange(24 * days)
        promo, holiday = (np.repeat(draw.random(days) < share, 24) for share in (1 / 8, 1 / 30))
        weather = np.repeat(np.convolve(draw.normal(0, 2.5, days + 4), np.ones(5) / 5**0.5, "valid"), 24)
        temp = 15 + 8 * _wave(hours, 8766, 0.3) + 4 * _wave(hours, 24, 0.375) + weather
        level = 20 + 6 * _wave(hours, 24, 0.29)
        effects = PROMOTION * promo + HOLIDAY * holiday + DEGREE * np.maximum(temp - BEND, 0.0)
        values = (level + effects)[:, None] + draw.normal(0, _NOISE, (len(hours), _SERIES))
        table = pd.DataFrame(values, columns=[f"shop {number}" for number in range(_SERIES)])
        table["ds"] = pd.date_range("2014-01-01", periods=len(hours), freq="h")
        table["promo"], table["holiday"] = np.where(promo, "on", "off"), np.where(holiday, "yes", "no")
        table["temp"] = temp
        panel = Panel.from_wide(table, labels=["promo", "holiday"], covariates=["temp"])
        return cls(panel, promo, holiday, temp)


def _wave(hours: NDArray[np.int64], period: float, phase: float) -> Floats:
    wave: Floats = np.sin(2 * np.pi * (hours / period - phase))
    return wave

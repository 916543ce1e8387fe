"""Forecasts that repeat what was last seen."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from research.race.contract import Forecasts, Known, Origins
from research.race.heats import Floats, Heat

PERIODS = {"last-value": 1, "seasonal-day": 24, "seasonal-week": 168}


@dataclass(frozen=True, slots=True)
class Repeat:
    """Repeats the last ``period`` rows; entry and fitted forecaster alike, as nothing is learned."""

    period: int
    horizon: int = 0

    weights = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The period."""
        return {"period": self.period, "lookback": self.period}

    def fit(self, heat: Heat, past: Floats, known: Known) -> "Repeat":
        """Note the horizon."""
        del past, known
        return Repeat(self.period, heat.horizon)

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Look up the rows."""
        del levels
        back = np.arange(self.horizon) % self.period - self.period
        return Forecasts(rows[origins[:, None] + back])


def enter(name: str) -> Repeat:
    """Return the entry of a name of ``PERIODS``."""
    return Repeat(PERIODS[name])

"""What an entry has to do. Needs numpy alone, as entries run in other environments."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from research.race.heats import Floats, Heat

LEVELS = (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)  # as ``DeepDIVE.evaluate``
INTERVAL = (0.05, 0.95)

Origins = NDArray[np.int64]
Calendar = NDArray[np.int16]


@dataclass(frozen=True, eq=False, slots=True)
class Known:
    """What is known of all rows, those to forecast too.

    Attributes:
        calendar: (row, column) class of each column of the calendar.
        columns: (row, column) float32, the covariates and then the labels of the heat, as numbers.
    """

    calendar: Calendar
    columns: Floats


@dataclass(frozen=True, eq=False, slots=True)
class Forecasts:
    """Forecasts from some origins.

    Attributes:
        points: (origin, horizon, series), original units.
        quantiles: (level, origin, horizon, series), or None from an entry without a distribution.
    """

    points: Floats
    quantiles: Floats | None = None


class Forecaster(Protocol):
    """A fitted entry."""

    @property
    def weights(self) -> int:
        """Numbers it has learned; 0 if none."""
        ...

    @property
    def settings(self) -> dict[str, Any]:
        """What it was fitted with, as JSON values."""
        ...

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Forecast from each origin, from rows before it alone.

        Args:
            rows: (row, series), at least up to the row before the last origin.
            origins: (origin,) rising without a gap, or far apart.
            levels: of the quantiles.
        """
        ...


class Entry(Protocol):
    """Something that can be fitted."""

    def fit(self, heat: Heat, past: Floats, known: Known) -> Forecaster:
        """Fit.

        Args:
            heat: the task.
            past: (row, series) of the training and validation part, all there is.
            known: of all rows, those to forecast too.
        """
        ...

"""The earlier place of the window that its last rows look most alike, and what followed there.

A forecast of what repeats itself, such as a stride: the time from that place to the end is taken for the length of a
cycle, and repeated over the horizon. Nothing is learned but how many rows are compared, which the validation part
chooses.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from research.race.contract import Forecasts, Known, Origins
from research.race.heats import Floats, Heat
from research.race.windows import moments, pasts

_SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)  # of the look-back, that are compared
_AT_ONCE = 64


@dataclass(frozen=True, eq=False, slots=True)
class NearestCycle:
    """Repeats the last cycle.

    Attributes:
        heat: the task.
        spread: (series,) by which values are divided before they are compared, all series together.
        length: rows that are compared; a cycle is as long at least, so that rows are not compared with themselves.
    """

    heat: Heat
    spread: NDArray[np.float32]
    length: int

    weights = 0

    @property
    def settings(self) -> dict[str, Any]:
        """The rows that are compared."""
        return {"compared": self.length, "lookback": self.heat.lookback}

    def roll(self, rows: Floats, origins: Origins, levels: tuple[float, ...]) -> Forecasts:
        """Look up the cycles."""
        del levels
        ahead = np.arange(self.heat.horizon)
        parts = []
        for at in range(0, len(origins), _AT_ONCE):
            windows = pasts(rows, origins[at : at + _AT_ONCE], self.heat.lookback)
            period = periods(windows / self.spread, self.length)[:, None]
            places = self.heat.lookback - period + ahead % period
            parts.append(windows[np.arange(len(windows))[:, None], places])
        return Forecasts(np.concatenate(parts))


def periods(windows: Floats, length: int) -> NDArray[np.int64]:
    """Return how many rows ago the rows were that look most like the last ones, (window,).

    Args:
        windows: (window, time, series), in units in which the series weigh alike.
        length: rows that are compared, and rows ago at least.
    """
    views = np.lib.stride_tricks.sliding_window_view(windows, length, axis=1)[:, : windows.shape[1] - 2 * length + 1]
    products = np.einsum("ntcl,nlc->nt", views, windows[:, -length:])
    powers = np.square(windows, dtype=np.float64).sum(axis=2).cumsum(axis=1)
    sums = np.pad(powers, ((0, 0), (1, 0)))
    distance = (sums[:, length:] - sums[:, :-length])[:, : views.shape[1]] - 2 * products
    return windows.shape[1] - length - distance.argmin(axis=1)


@dataclass(frozen=True, slots=True)
class Entry:
    """The entry."""

    def fit(self, heat: Heat, past: Floats, known: Known) -> NearestCycle:
        """Choose the rows that are compared by the squared error of the validation part."""
        del known
        _, spread = moments(heat, past)
        first = NearestCycle(heat, spread, 1)
        origins = heat.valid_origins
        truth = past[origins[:, None] + np.arange(heat.horizon)]

        def error(fitted: NearestCycle) -> float:
            return float(np.square((fitted.roll(past, origins, ()).points - truth) / spread).mean())

        lengths = [max(1, round(share * heat.lookback)) for share in _SHARES]
        return min((replace(first, length=length) for length in lengths), key=error)


def enter(name: str) -> Entry:
    """Return the one entry there is."""
    del name
    return Entry()

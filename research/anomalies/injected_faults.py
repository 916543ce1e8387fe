"""Faults put into the last rows of windows, and the windows they are put into."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float32]
Sized = Callable[["Spot", float], Values]


@dataclass(frozen=True, eq=False)
class Spot:
    """A window that gets a fault.

    Attributes:
        block: (row, channel) the window and one row more for every hour a clock may be late by, original units.
        late: how many rows more.
        day: how many rows at its end are the day at fault.
        spread: (channel,) standard deviation in the training part.
        draw: where chance comes from.
    """

    block: Values
    late: int
    day: int
    spread: Values
    draw: np.random.Generator

    @property
    def channel(self) -> int:
        """A channel by chance."""
        return int(self.draw.integers(self.block.shape[1]))


def spike(spot: Spot, size: float) -> Values:
    """Raise or lower one value of one channel by ``size`` standard deviations."""
    found, row, sign = spot.block.copy(), spot.draw.integers(spot.day), spot.draw.choice([-1.0, 1.0])
    channel = spot.channel
    found[-1 - row, channel] += sign * size * spot.spread[channel]
    return found


def flat_line(spot: Spot, size: float) -> Values:
    """Hold the last value before for the last ``size`` rows of one channel."""
    found, channel = spot.block.copy(), spot.channel
    found[-int(size) :, channel] = found[-int(size) - 1, channel]
    return found


def drift(spot: Spot, size: float) -> Values:
    """Let one channel run away evenly over the day, up or down, by ``size`` standard deviations at the end."""
    found, sign, channel = spot.block.copy(), spot.draw.choice([-1.0, 1.0]), spot.channel
    found[-spot.day :, channel] += sign * size * spot.spread[channel] * np.linspace(0, 1, spot.day + 1)[1:]
    return found


def swap(spot: Spot, size: float) -> Values:
    """Swap two channels for the last ``size`` rows; the second is the one of the nearest mean in the window."""
    found, first = spot.block.copy(), spot.channel
    away = np.abs(np.nanmean(found, axis=0) - np.nanmean(found[:, first]))
    away[first] = np.inf
    pair = [first, int(away.argmin())]
    found[-int(size) :, pair] = found[-int(size) :, pair[::-1]]
    return found


def late_clock(spot: Spot, size: float) -> Values:
    """Give all channels ``size`` rows late, the whole window long."""
    found, late = spot.block.copy(), int(size)
    found[spot.late :] = spot.block[spot.late - late : -late]
    return found


FAULTS: dict[str, tuple[Sized, str, tuple[float, ...]]] = {
    "spike": (spike, "sd", (0.25, 0.5, 1.0, 2.0)),
    "flat line": (flat_line, "hours", (3, 6, 12, 24)),
    "drift": (drift, "sd", (0.25, 0.5, 1.0, 2.0)),
    "swapped channels": (swap, "hours", (1, 3, 6, 24)),
    "late clock": (late_clock, "hours", (1, 2, 3)),
}
"""By name: the fault, the unit of its size, and the sizes tried."""


@dataclass(frozen=True)
class Site:
    """Where windows may lie.

    Attributes:
        start: row before which no window ends.
        stop: row after which none ends.
        rows: of a window, lookback and horizon together.
        day: rows at its end that may be at fault.
    """

    start: int
    stop: int
    rows: int
    day: int

    def passes(self, n_passes: int) -> Iterator[NDArray[np.int64]]:
        """Yield the ends of windows that do not overlap, pass by pass; the passes are a day and an hour apart."""
        late = max(FAULTS["late clock"][2])
        for at in range(n_passes):
            first = max(self.start + 1, self.rows + int(late)) + at * (self.day + 1)
            yield np.arange(first, self.stop + 1, self.rows + int(late))


def with_fault(values: Values, ends: NDArray[np.int64], site: Site, sized: tuple[str, float], spread: Values) -> Values:
    """Return a copy of all values, (row, channel), with a fault of a size in each window that ends at one of ``ends``.

    What chance decides depends on the end of the window alone, so that every size hits the same channel and row.
    """
    (fault, size), found = sized, values.copy()
    inject = FAULTS[fault][0]
    late = int(max(FAULTS["late clock"][2]))
    for end in ends:
        rows = slice(end - site.rows - late, end)
        found[rows] = inject(Spot(values[rows], late, site.day, spread, np.random.default_rng(int(end))), size)
    return found

"""Some of many windows, evenly spaced in time and at all phases of a season."""

from math import gcd

import numpy as np
from numpy.typing import NDArray

from divecast.data import Clock, Windows, seasons
from divecast.data.sources.series_rows import SeriesRows


def spread_windows(windows: Windows, most: int) -> Windows:
    """Return the windows of up to ``most`` times; windows of independent series of one time count once."""
    times = times_of(windows)
    there = np.unique(times)
    source = windows.source
    clock = source.panel.clock if isinstance(source, SeriesRows) else source.clock
    every = spread_step(len(there), most, clock)
    return windows.subset(np.flatnonzero(np.isin(times, there[::every])))


def spread_step(n: int, most: int, clock: Clock | None) -> int:
    """Return the step between windows that leaves ``most`` of ``n``, without a common divisor with a season.

    Example:
        >>> spread_step(1000, 100, panel.clock)
        11
    """
    every, season = -(-n // most), max(seasons(clock), default=1)
    while every > 1 and gcd(every, season) > 1:
        every += 1
    return every


def times_of(windows: Windows) -> NDArray[np.int64]:
    """Return the first row after each window, of independent series that of the panel."""
    source = windows.source
    return source.blocks.panel_rows(windows.origins) if isinstance(source, SeriesRows) else windows.origins

"""Bounds of forecasts: what a series cannot exceed, such as 0 of a demand or of a count.

Means, quantiles and paths lie within. At a time of the day, week or year at which a series always was at its lower
bound in the training part, as a solar plant at midnight, the forecast is the bound itself.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.config import AskedBounds
from divecast.data import Part, Source
from divecast.data.names import listed
from divecast.data.sources.arrays import row_chunks
from divecast.data.sources.series_rows import SeriesRows, series_names
from divecast.data.time.phase import n_phases, phases
from divecast.errors import warn_data
from divecast.inference.results import Floats
from divecast.persistence.page_cache import drop_pages

_LEAST_ROWS = 20  # of a phase at which a series always was at its bound


@dataclass(frozen=True, eq=False, slots=True)
class Bounds:
    """Bounds of each channel.

    Attributes:
        low: (channel,) in original units, NaN where there is none.
        high: (channel,) the same above.
        at_low: (phase, channel) whether all values at a phase were ``low``.
    """

    low: Floats
    high: Floats
    at_low: NDArray[np.bool_]

    @classmethod
    def of(cls, source: Source, train: Part, asked: AskedBounds, valid: Part | None = None) -> "Bounds":
        """Return the bounds that are asked for, or those that the training part tells.

        Args:
            source: the data.
            train: the training part.
            asked: see ``AskedBounds``.
            valid: the validation part, which may contradict a bound that the training part tells.
        """
        n_channels, n = len(source.channels), n_phases(source.clock)
        if asked is None:
            nan = np.full(n_channels, np.nan, np.float32)
            return cls(nan, nan, np.zeros((n, n_channels), np.bool_))
        least, most = np.full((2, n, n_channels), np.nan, np.float32)
        count = np.zeros((n, n_channels), np.int64)
        for rows in train.ranges():
            for part in row_chunks(rows.stop - rows.start, n_channels):
                at = np.arange(rows.start + part.start, rows.start + part.stop)
                chunk, place = source.values[at[0] : at[-1] + 1], phases(source.clock, at)
                for phase in np.unique(place):
                    there = chunk[place == phase]
                    least[phase] = np.fmin(least[phase], np.fmin.reduce(there))
                    most[phase] = np.fmax(most[phase], np.fmax.reduce(there))
                    count[phase] += (~np.isnan(there)).sum(0)
                drop_pages(source.values)
        low, high = (np.full(n_channels, np.nan, np.float32) for _ in range(2))
        if asked == "auto":
            later = [np.fmin.reduce(source.values[rows]) for rows in ([] if valid is None else valid.ranges())]
            low[np.fmin.reduce([*least, *later]) >= 0.0] = 0.0
        else:
            low[:], high[:] = (np.nan if each is None else each for each in asked)
            _warn_beyond(source, train, low, high)
        return cls(low, high, (most <= low) & (count >= _LEAST_ROWS))

    @property
    def there_are(self) -> bool:
        """Whether a channel has one."""
        return not bool(np.isnan(self.low).all() and np.isnan(self.high).all())

    def clip(self, values: Floats, at: NDArray[np.int64] | None = None) -> Floats:
        """Return values within the bounds.

        Args:
            values: (..., window, horizon, channel).
            at: (window, horizon) phase of each step; None if it is not known.
        """
        if not self.there_are:
            return values
        low, high = np.fmax(self.low, -np.inf), np.fmin(self.high, np.inf)
        clipped: Floats = np.clip(values, low, high)  # what is missing stays so
        if at is not None and self.at_low.any():
            closed = np.broadcast_to(self.at_low[at] & ~np.isnan(values), values.shape)
            np.copyto(clipped, self.low, where=closed)
        return clipped

    def of_new(self, n_channels: int) -> "Bounds":
        """Return bounds of series that the model does not know: those that all known ones share."""

        def shared(bound: Floats) -> float:
            return float(bound[0]) if (bound == bound[0]).all() else np.nan

        low, high = (np.full(n_channels, shared(each), np.float32) for each in (self.low, self.high))
        return Bounds(low, high, np.zeros((len(self.at_low), n_channels), np.bool_))


def _warn_beyond(source: Source, train: Part, low: Floats, high: Floats) -> None:
    """Name the series whose training values lie beyond bounds that were asked for."""
    lowest, highest = np.full((2, len(train.start), len(source.channels)), np.nan, np.float32)
    for segment, (start, stop) in enumerate(zip(train.start, train.stop, strict=True)):
        if stop > start:
            lowest[segment] = np.fmin.reduce(source.values[start:stop])
            highest[segment] = np.fmax.reduce(source.values[start:stop])
    beyond = (lowest < low) | (highest > high)  # (segment, channel)
    names, axis = series_names(source), 1 if isinstance(source, SeriesRows) else 0
    if named := [names[at] for at in np.flatnonzero(beyond.any(axis=axis)).tolist()]:
        warn_data(
            f"The training part has values beyond the bounds of {listed(named)}, and forecasts stay within: they go "
            f"from {np.nanmin(lowest):g} to {np.nanmax(highest):g}",
            hint="Pass other {bounds}, or None for none",
        )

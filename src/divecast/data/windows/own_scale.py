"""A scale for each segment: of independent series, or of recordings.

A segment that the model knows has the scale of its training rows. Any other, and one that has too few values there or
does not vary, has in each window the scale of all its values before the forecast origin; where these do not vary
either, it has none (NaN), and is forecast by a plain rule.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.data.parts import Part
from divecast.data.source import Source, Values
from divecast.data.windows.scale import Scale

Rows = NDArray[np.int64]
Doubles = NDArray[np.float64]

LEAST_VALUES = 8
"""Training values from which a series has a scale of its own (our choice)."""


@dataclass(frozen=True, eq=False)
class OwnScale(Scale):
    """Centre and spread of every segment of a source.

    Attributes:
        center: (segment, channel) float32, original units; NaN where those of the past count.
        spread: (segment, channel) float32, original units, above 0; NaN where the center is.
        past: values of the source, of which the scale of a past is computed.
    """

    past: "PastMoments"

    @property
    def learned(self) -> NDArray[np.bool_]:
        """(channel,) True: all channels have a scale in some segment."""
        return np.ones(self.center.shape[1], dtype=np.bool_)

    def kept(self) -> Scale:
        """The scale as a fitted model keeps it, (segment, channel)."""
        return Scale(self.center, self.spread)

    def at(self, origins: Rows, segments: Rows) -> Scale:
        """The scale of each window, (window, channel)."""
        center, spread = self.center[segments], self.spread[segments]
        unknown = np.isnan(center).any(axis=1)
        if unknown.any():
            center[unknown], spread[unknown] = self.past.before(origins[unknown], segments[unknown])
        return Scale(center, spread)

    def of_rows(self, rows: Rows) -> Scale:
        """The scale of each row, (row, channel); NaN where the segment has none of its own."""
        segments = self.past.segments_of(rows)
        return Scale(self.center[segments], self.spread[segments])


@dataclass(eq=False)
class PastMoments:
    """Mean and spread of the values of a segment before a row.

    Attributes:
        source: the data.
    """

    source: Source

    def segments_of(self, rows: Rows) -> Rows:
        """Segments of rows."""
        found = np.searchsorted(self.source.offsets, rows, side="right") - 1
        return found.clip(0, len(self.source.offsets) - 2)

    def before(self, origins: Rows, segments: Rows) -> tuple[Values, Values]:
        """Return center and spread, (window, channel), of the values before the origins in their segments."""
        center = np.full((len(origins), len(self.source.channels)), np.nan, dtype=np.float32)
        spread = center.copy()
        order = np.lexsort((origins, segments))
        for some in np.split(order, np.flatnonzero(np.diff(segments[order])) + 1):
            first, stop = int(self.source.offsets[segments[some[0]]]), int(origins[some[-1]])
            values = np.asarray(self.source.values[first:stop], dtype=np.float64)
            center[some], spread[some] = _running(values, origins[some] - first)
        return center, spread


def fit_own_scale(source: Source, train: Part) -> OwnScale:
    """Mean and standard deviation of the observed training values of every segment.

    Args:
        source: independent series or recordings.
        train: the training part.
    """
    shape = (len(source.offsets) - 1, len(source.channels))
    center, spread = np.full(shape, np.nan, dtype=np.float32), np.full(shape, np.nan, dtype=np.float32)
    for segment, (start, stop) in enumerate(zip(train.start, train.stop, strict=True)):
        values = source.values[start:stop]
        if len(values) >= LEAST_VALUES:
            last = np.array([len(values)])
            mean, deviation = _running(np.asarray(values, dtype=np.float64), last, LEAST_VALUES)
            if not np.isnan(mean).any():
                center[segment], spread[segment] = mean[0], deviation[0]
    return OwnScale(center, spread, PastMoments(source))


def _running(values: Doubles, ends: Rows, least: int = 2) -> tuple[Values, Values]:
    """Mean and standard deviation of the known of the first ``ends`` values, (end, channel); NaN if they do not vary.

    Args:
        values: (row, channel).
        ends: (end,) numbers of rows.
        least: number of values that there must be.
    """
    known = ~np.isnan(values)
    if not known.any():
        none = np.full((len(ends), values.shape[1]), np.nan, dtype=np.float32)
        return none, none
    first = np.array([column[seen][0] if seen.any() else 0.0 for column, seen in zip(values.T, known.T, strict=True)])
    about = np.where(known, values - first, 0.0)  # about a value of the series, so that a high level costs no digits
    zero = np.zeros((1, values.shape[1]))
    count, total, square = (
        np.concatenate([zero, np.cumsum(each, axis=0)])[ends] for each in (known.astype(np.float64), about, about**2)
    )
    mean = total / np.maximum(count, 1)
    spread = np.sqrt(np.maximum(square / np.maximum(count, 1) - mean**2, 0.0)).astype(np.float32)
    center = (first + mean).astype(np.float32)
    # Below, the difference is that of rounding; float32 cannot hold it beside the center either.
    varies = (count >= least) & (spread > np.spacing(np.abs(center))) & (spread >= np.finfo(np.float32).tiny)
    nan = np.float32(np.nan)
    return np.where(varies, center, nan), np.where(varies, spread, nan)


def at_names(scale: Scale, names: tuple[str, ...], source: Source) -> OwnScale:
    """Bring the scale of named segments to those of a source; one of another name has that of its past.

    Args:
        scale: scale of a fit.
        names: names of its segments.
        source: the data.
    """
    place = {name: number for number, name in enumerate(names)}
    places = np.array([place.get(name, -1) for name in source.names], dtype=np.int64)
    nan = np.full((1, scale.center.shape[1]), np.nan, dtype=np.float32)
    center, spread = (np.concatenate([each, nan])[places] for each in (scale.center, scale.spread))
    return OwnScale(center, spread, PastMoments(source))

"""A scale for each segment: of independent series, or of recordings.

A segment that the model knows has the scale of its training rows. Any other, and one that has too few values there or
does not vary, has in each window the scale of all its values before the forecast origin; where these do not vary
either, it has none (NaN), and is forecast by a plain rule.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from divecast.data.parts import Part
from divecast.data.source import Source, Values
from divecast.data.windows.powers import Powers
from divecast.data.windows.scale import Scale

Rows = NDArray[np.int64]
Doubles = NDArray[np.float64]

_MOST_KEPT = 5_000_000  # values of a source, sums of which are kept

LEAST_VALUES = 8
"""Training values from which a series has a scale of its own (our choice)."""


@dataclass(frozen=True, eq=False)
class OwnScale(Scale):
    """Centre and spread of every segment of a source.

    Attributes:
        center: (segment, channel) float32, original units; NaN where those of the past count.
        spread: (segment, channel) float32, original units, above 0; NaN where the center is.
        past: values of the source, of which the scale of a past is computed.
        otherwise: scale where those of the past do not vary; None for none.
    """

    past: "PastMoments"
    otherwise: Scale | None = None

    @classmethod
    def of_past(cls, source: Source, otherwise: Scale) -> "OwnScale":
        """The scale of the past for every window of a source."""
        nan = np.full((len(source.offsets) - 1, len(source.channels)), np.nan, dtype=np.float32)
        return cls(nan, nan, PastMoments(source), otherwise)

    @property
    def learned(self) -> NDArray[np.bool_]:
        """(channel,) True: all channels have a scale in some segment."""
        return np.ones(self.center.shape[1], dtype=np.bool_)

    def kept(self) -> Scale:
        """The scale as a fitted model keeps it: (segment, channel), or that of all where those of the past count."""
        return Scale(self.center, self.spread, powers=self.powers) if self.otherwise is None else self.otherwise

    def at(self, origins: Rows, segments: Rows) -> Scale:
        """The scale of each window, (window, channel)."""
        center, spread = self.center[segments], self.spread[segments]
        unknown = np.isnan(center).any(axis=1)
        if unknown.any():
            center[unknown], spread[unknown] = self.past.before(origins[unknown], segments[unknown])
        if self.otherwise is not None:
            flat = np.isnan(center)
            center, spread = (
                np.where(flat, self.otherwise.center, center),
                np.where(flat, self.otherwise.spread, spread),
            )
        return Scale(center, spread, powers=None if self.powers is None else self.powers[segments])

    def of_rows(self, rows: Rows) -> Scale:
        """The scale of each row, (row, channel); NaN where the segment has none of its own."""
        segments = self.past.segments_of(rows)
        powers = None if self.powers is None else self.powers[segments]
        return Scale(self.center[segments], self.spread[segments], powers=powers)


@dataclass(eq=False)
class PastMoments:
    """Mean and spread of the values of a segment before a row.

    Attributes:
        source: the data.
        powers: maps of the segments before, (segment, channel); None for none.
    """

    source: Source
    powers: Powers | None = None
    _sums: dict[int, "_Sums"] = field(default_factory=dict, init=False)

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
            segment = int(segments[some[0]])
            first = int(self.source.offsets[segment])
            sums = self._sums.get(segment)
            if sums is None:
                values = self.source.values[first : int(self.source.offsets[segment + 1])]
                sums = _Sums.of(values if self.powers is None else self.powers[segment].forward(values))
                if self.source.values.size <= _MOST_KEPT:
                    self._sums[segment] = sums
            center[some], spread[some] = sums.at(origins[some] - first)
        return center, spread


def fit_own_scale(source: Source, train: Part, powers: Powers | None = None) -> OwnScale:
    """Mean and standard deviation of the observed training values of every segment.

    Args:
        source: independent series or recordings.
        train: the training part.
        powers: maps of the segments before, (segment, channel); None for none.
    """
    shape = (len(source.offsets) - 1, len(source.channels))
    center, spread = np.full(shape, np.nan, dtype=np.float32), np.full(shape, np.nan, dtype=np.float32)
    for segment, (start, stop) in enumerate(zip(train.start, train.stop, strict=True)):
        values = source.values[start:stop]
        if len(values) >= LEAST_VALUES:
            values = values if powers is None else powers[segment].forward(values)
            mean, deviation = _Sums.of(values).at(np.array([len(values)]), LEAST_VALUES)
            if not np.isnan(mean).any():
                center[segment], spread[segment] = mean[0], deviation[0]
    return OwnScale(center, spread, PastMoments(source, powers), powers=powers)


@dataclass(frozen=True, eq=False, slots=True)
class _Sums:
    """Running sums over the rows of a segment, (row + 1, channel).

    Attributes:
        count: number of known values.
        total: their sum, minus ``first`` each, so that a high level costs no digits.
        square: sum of the squares of these differences.
        first: (channel,) a value of each channel.
    """

    count: Doubles
    total: Doubles
    square: Doubles
    first: Doubles

    @classmethod
    def of(cls, values: Values) -> "_Sums":
        """Sum the known values of a segment, (row, channel)."""
        wide = np.asarray(values, dtype=np.float64)
        known = ~np.isnan(wide)
        at = known.argmax(axis=0) if len(wide) else np.zeros(wide.shape[1], dtype=np.int64)
        first = np.nan_to_num(wide[at, np.arange(wide.shape[1])]) if len(wide) else np.zeros(wide.shape[1])
        about, zero = np.where(known, wide - first, 0.0), np.zeros((1, wide.shape[1]))
        count, total, square = (
            np.concatenate([zero, np.cumsum(each, axis=0)]) for each in (known.astype(np.float64), about, about**2)
        )
        return cls(count, total, square, first)

    def at(self, ends: Rows, least: int = 2) -> tuple[Values, Values]:
        """Mean and standard deviation of the first ``ends`` rows, (end, channel); NaN if they do not vary.

        Args:
            ends: (end,) numbers of rows; all count where there are fewer.
            least: number of values that there must be.
        """
        inside = ends.clip(max=len(self.count) - 1)
        count, total, square = (each[inside] for each in (self.count, self.total, self.square))
        mean = total / np.maximum(count, 1)
        spread = np.sqrt(np.maximum(square / np.maximum(count, 1) - mean**2, 0.0)).astype(np.float32)
        center = (self.first + mean).astype(np.float32)
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
    powers = None if scale.powers is None else scale.powers.beside(scale.powers.usual())[places]
    return OwnScale(center, spread, PastMoments(source, powers), powers=powers)

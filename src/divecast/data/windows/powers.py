"""Powers and logarithms of series that grow in proportion, before they are centred and divided by their spread."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.parts import Part
from divecast.data.source import Source, Values
from divecast.data.sources.series_rows import SeriesRows

POWERS = (0.0, 0.25, 0.5, 0.75, 1.0)
"""0 for the logarithm."""

_LARGEST = 80.0  # of a logarithm, below the overflow of float32
_MOST_ROWS = 20_000  # of a series, to choose its power


@dataclass(frozen=True, eq=False, slots=True)
class Powers:
    """A monotone map of each series: the power of its values plus an offset, or the logarithm.

    Attributes:
        power: (channel,) 1 leaves values as they are, 0 is for the logarithm; or (segment, channel).
        offset: (channel,) added before, above 0 only for logarithms of series that have zeros.
        least: (channel,) above 0; smaller values, with the offset, count as this one.
    """

    power: Values
    offset: Values
    least: Values

    def __getitem__(self, index: Any) -> "Powers":
        """Return those of some channels or segments, by a numpy index."""
        return Powers(self.power[index], self.offset[index], self.least[index])

    @property
    def changed(self) -> NDArray[np.bool_]:
        """(channel,) whether a series is not left as it is."""
        changed: NDArray[np.bool_] = np.asarray(self.power != 1.0)
        return changed

    def forward(self, values: Values) -> Values:
        """Map (..., channel) from original units."""
        raised = np.maximum(values + self.offset, self.least)
        power = np.where(self.power > 0.0, self.power, 1.0)
        mapped = np.where(self.power > 0.0, raised**power, np.log(raised))
        return np.where(self.changed, mapped, values).astype(np.float32)

    def backward(self, mapped: Values) -> Values:
        """Map (..., channel) back to original units."""
        is_power, exponential = self.power > 0.0, np.exp(np.minimum(mapped, _LARGEST))
        root = np.maximum(mapped, 0.0) ** (1.0 / np.where(is_power, self.power, 1.0))
        return np.where(self.changed, np.where(is_power, root, exponential) - self.offset, mapped).astype(np.float32)

    def usual(self) -> "Powers":
        """Return the map of one that is not among them, (1, channel): the same if all are alike, else none."""
        alike = (self.power == self.power[:1]).all() and not self.offset.any()
        shape = (1, *self.power.shape[1:])
        power = np.broadcast_to(self.power[:1], shape) if alike else np.ones(shape, np.float32)
        return Powers(power, np.zeros(shape, np.float32), np.broadcast_to(self.least.min(0, keepdims=True), shape))

    def beside(self, other: "Powers") -> "Powers":
        """Return these, and then others."""
        pairs = ((self.power, other.power), (self.offset, other.offset), (self.least, other.least))
        return Powers(*(np.concatenate(pair) for pair in pairs))

    @classmethod
    def fit(cls, source: Source, train: Part, kind: str, season: int) -> "Powers":
        """Return the powers of the series of a source, (channel,), or (segment, channel) of independent ones.

        A series with a value below 0 in the training part, or with few values above 0, is left as it is.

        Args:
            source: the data.
            train: the training part.
            kind: ``log``, or ``power`` for the most likely of ``POWERS``: with it, changes from season to season are
                nearest to normal ones of the same variance (Box and Cox 1964).
            season: rows of a season; 1 for none.
        """
        if isinstance(source, SeriesRows):
            ranges = zip(train.start.tolist(), train.stop.tolist(), strict=True)
            found = [_of(source.values[a:b, 0][-_MOST_ROWS:], kind, season) for a, b in ranges]
            return cls(*np.array(found, np.float32).T[..., None])
        rows = train.rows()[-_MOST_ROWS:]
        found = [_of(source.values[rows, channel], kind, season) for channel in range(len(source.channels))]
        return cls(*np.array(found, np.float32).T)


def _of(values: Values, kind: str, season: int) -> tuple[float, float, float]:
    """Return power, offset and least value of a series."""
    known = values[~np.isnan(values)].astype(np.float64)
    above = known[known > 0.0]
    unchanged = 1.0, 0.0, 1.0
    if len(known) < 3 * season or (known < 0.0).any() or 2 * len(above) < len(known) or known.min() == known.max():
        return unchanged
    offset = 0.0 if len(above) == len(known) else 0.5 * float(above.min())
    least = 0.1 * float(above.min())
    if kind == "log":
        return 0.0, offset, least
    best, most = unchanged, -np.inf
    for power in POWERS:
        if power == 0.0 and offset > 0.0:
            continue  # a series with zeros is no series that grows in proportion
        raised = np.maximum(values.astype(np.float64), least)
        mapped = np.log(raised) if power == 0.0 else raised**power / power
        change = mapped[season:] - mapped[:-season]
        deviation = float(np.nanstd(change))
        if deviation > 0.0:
            likelihood = -np.log(deviation) + (power - 1.0) * float(np.nanmean(np.log(raised)))
            if likelihood > most:
                best, most = (power, 0.0, least), likelihood
    return best if best[0] < 1.0 else unchanged

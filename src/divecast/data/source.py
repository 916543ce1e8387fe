"""The protocol that panels and recordings share."""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from divecast.data.as_read import AsRead, Backend
from divecast.data.time.clock import Clock

Values = NDArray[np.float32]
Column = NDArray[Any]


class Source(Protocol):
    """Rows of channels in one or more segments; no window crosses from one segment into another."""

    @property
    def values(self) -> Values:
        """(row, channel) float32 in original units, NaN where missing."""

    @property
    def offsets(self) -> NDArray[np.int64]:
        """(segment + 1,) first row of every segment, and the number of rows at the end."""

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the segments."""

    @property
    def channels(self) -> tuple[str, ...]:
        """Names of the channels."""

    @property
    def backend(self) -> Backend:
        """Kind of table the data came from."""

    @property
    def as_read(self) -> AsRead:
        """How that table was read, and its ids and time stamps as they were there."""

    @property
    def clock(self) -> Clock | None:
        """Time of every row; None for recordings."""

    @property
    def rate(self) -> float | None:
        """Sampling rate, Hz; None for a panel."""

    def has_label(self, name: str) -> bool:
        """Whether there is a label column of this name."""

    def label_column(self, name: str) -> Column:
        """(row,) labels, or (row, channel) where every series has its own.

        Objects of text (None where missing) or float64 (NaN where missing).
        """

    def has_covariate(self, name: str) -> bool:
        """Whether there is a covariate of this name."""

    def covariate(self, name: str) -> Values:
        """(row,) float32 numbers, or (row, channel) where every series has its own; NaN where missing."""

    def static_column(self, name: str) -> Column:
        """(channel,) facts of the series: objects of text (None where missing) or float64 (NaN where missing)."""

    def select(self, channels: Sequence[str]) -> "Source":
        """The same rows with these channels, in this order."""

    def fingerprint(self) -> str:
        """Hash of channels, clock, values, covariates and facts of the series."""


def own_rows(source: Source) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First row of every segment, and the row after its last one, without rows beside those of independent series."""
    blocks = getattr(source, "blocks", None)
    return (source.offsets[:-1], source.offsets[1:]) if blocks is None else (blocks.start, blocks.stop)


def row_text(source: Source, row: int) -> str:
    """Name a row in a message: by its time in a panel, by recording and row in recordings."""
    of_series = getattr(source, "row_text", None)
    if of_series is not None:
        return str(of_series(row))
    if source.clock is not None:
        return f"row {row} ({source.clock.time_text(row)})"
    segment = int(np.searchsorted(source.offsets, row, side="right")) - 1
    return f"row {row - source.offsets[segment]} of recording {source.names[segment]!r}"

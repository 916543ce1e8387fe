"""What a panel and a set of recordings offer alike."""

from collections.abc import Sequence
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from divecast.data.time.clock import Clock

Backend = Literal["pandas", "polars", "pyarrow", "numpy"]
Values = NDArray[np.float32]
Column = NDArray[Any]


class Source(Protocol):
    """Rows of channels in one or more segments that no window may cross."""

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
    def clock(self) -> Clock | None:
        """Time of every row; None for recordings."""

    @property
    def rate(self) -> float | None:
        """Rows a second, Hz; None for a panel."""

    def has_label(self, name: str) -> bool:
        """Whether there are labels called ``name``."""

    def label_column(self, name: str) -> Column:
        """(row,) labels, text as objects (None where missing) or float64 (NaN where missing)."""

    def select(self, channels: Sequence[str]) -> "Source":
        """The same rows with these channels, in this order."""

    def fingerprint(self) -> str:
        """Hash of channels, clock and values."""

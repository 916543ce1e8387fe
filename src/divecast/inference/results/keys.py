"""Which windows a result is of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, Source
from divecast.inference.results.columns import Columns


@dataclass(frozen=True, eq=False, slots=True)
class Keys:
    """Which windows a result is of.

    Attributes:
        origins: (window,) row of the first step after the window.
        recordings: (window,) name of the recording, or None for a panel.
        stamps: (window, step) time of each step: wall time of the clock's zone, datetime64 without a zone, or seconds
            since a recording's start.
        backend: kind of table to give back.
    """

    origins: NDArray[np.int64]
    recordings: NDArray[Any] | None
    stamps: NDArray[Any]
    backend: Backend

    @classmethod
    def of(cls, source: Source, origins: NDArray[np.int64], segments: NDArray[np.int64], steps: range) -> "Keys":
        """Return the keys of windows; ``steps`` counts from the origin, so -1 is the last observed row."""
        rows = origins[:, None] + np.asarray(steps)
        if source.clock is not None:
            return cls(origins, None, source.clock.local(rows), source.backend)
        seconds = (rows - source.offsets[segments][:, None]) / (source.rate or 1.0)
        return cls(origins, np.array(source.names, dtype=object)[segments], seconds, source.backend)

    @classmethod
    def joined(cls, parts: Sequence["Keys"]) -> "Keys":
        """Return the keys of windows of the same data, part after part."""
        first = parts[0]
        names = None if first.recordings is None else np.concatenate([part.recordings for part in parts])
        origins, stamps = (np.concatenate([getattr(part, name) for part in parts]) for name in ("origins", "stamps"))
        return cls(origins, names, stamps, first.backend)

    def columns(self, name: str, step: int) -> Columns:
        """Return the key columns: the recording, if any, and the time of one step as ``name``."""
        head: Columns = {} if self.recordings is None else {"recording": self.recordings}
        return {**head, name: self.stamps[:, step]}

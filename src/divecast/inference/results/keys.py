"""Keys of the windows of a result."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, Source
from divecast.inference.results.columns import Columns


@dataclass(frozen=True, eq=False, slots=True)
class Keys:
    """Keys of the windows of a result: their rows, recordings and times.

    Attributes:
        origins: (window,) forecast origin: row of the first step after the window.
        recordings: (window,) name of the recording, or None for a panel.
        stamps: (window, step) time of each step: wall time in the clock's zone as datetime64, or seconds since the
            start of the recording.
        backend: kind of the tables that ``frame`` returns by default.
    """

    origins: NDArray[np.int64]
    recordings: NDArray[Any] | None
    stamps: NDArray[Any]
    backend: Backend

    @classmethod
    def of(cls, source: Source, origins: NDArray[np.int64], segments: NDArray[np.int64], steps: range) -> "Keys":
        """Return the keys of windows of a source.

        Args:
            source: the data.
            origins: (window,) forecast origins.
            segments: (window,) index of the recording; 0 for a panel.
            steps: steps whose times are kept, counted from the origin: -1 is the last row of the window.
        """
        rows = origins[:, None] + np.asarray(steps)
        if source.clock is not None:
            return cls(origins, None, source.clock.local(rows), source.backend)
        seconds = (rows - source.offsets[segments][:, None]) / (source.rate or 1.0)
        return cls(origins, np.array(source.names, dtype=object)[segments], seconds, source.backend)

    @classmethod
    def joined(cls, batches: Sequence["Keys"]) -> "Keys":
        """Concatenate keys of windows of the same data."""
        first = batches[0]
        return cls(
            np.concatenate([keys.origins for keys in batches]),
            None if first.recordings is None else np.concatenate([keys.recordings for keys in batches]),
            np.concatenate([keys.stamps for keys in batches]),
            first.backend,
        )

    def columns(self, name: str, step: int) -> Columns:
        """Return the key columns of a table.

        Args:
            name: name of the column of times.
            step: index of the step whose time it has.

        Returns:
            ``recording``, unless the data are a panel, and the times.
        """
        recording: Columns = {} if self.recordings is None else {"recording": self.recordings}
        return {**recording, name: self.stamps[:, step]}

"""Keys of the windows of a result."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, Source, to_frame
from divecast.data.as_read import NO_TABLE, AsRead
from divecast.data.sources.series_rows import SeriesRows
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
        as_read: ids and time stamps as they were in the data, in which tables have them.
        utc: (window, step) time of each step in UTC, of data whose time stamps name their zone.
        of_series: whether the recordings are series of a panel, each of which has windows of its own.
        own: origins and times of series that start at rows of their own; None where those of a window are of all.
        ends: whether a time is the end of its step, not the start.
    """

    origins: NDArray[np.int64]
    recordings: NDArray[Any] | None
    stamps: NDArray[Any]
    backend: Backend
    as_read: AsRead = NO_TABLE
    utc: NDArray[Any] | None = None
    of_series: bool = False
    own: "OwnKeys | None" = None
    ends: bool = False

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
            utc = source.clock.at(rows) if source.as_read.stamps.zone is not None else None
            of_series = isinstance(source, SeriesRows)
            names = np.array(source.names, dtype=object)[segments] if of_series else None
            stamps, ends = source.clock.local(rows), source.clock.ends
            return cls(origins, names, stamps, source.backend, source.as_read, utc, of_series, ends=ends)
        seconds = (rows - source.offsets[segments][:, None]) / (source.rate or 1.0)
        names = np.array(source.names, dtype=object)[segments]
        return cls(origins, names, seconds, source.backend, source.as_read)

    @classmethod
    def joined(cls, batches: Sequence["Keys"]) -> "Keys":
        """Concatenate keys of windows of the same data."""
        first = batches[0]
        return cls(
            np.concatenate([keys.origins for keys in batches]),
            None if first.recordings is None else np.concatenate([keys.recordings for keys in batches]),
            np.concatenate([keys.stamps for keys in batches]),
            first.backend,
            first.as_read,
            None if first.utc is None else np.concatenate([keys.utc for keys in batches if keys.utc is not None]),
            first.of_series,
            None if first.own is None else OwnKeys.joined([keys.own for keys in batches if keys.own is not None]),
            ends=first.ends,
        )

    @property
    def times(self) -> NDArray[Any]:
        """(window, step) the times as tables have them: UTC if the data name a zone, else as ``stamps``."""
        return self.stamps if self.utc is None else self.utc

    def at(self, windows: NDArray[np.int64]) -> "Keys":
        """Return the keys of some windows."""
        recordings = None if self.recordings is None else self.recordings[windows]
        utc = None if self.utc is None else self.utc[windows]
        own = None if self.own is None else OwnKeys(self.own.origins[windows], self.own.times[windows])
        origins, stamps = self.origins[windows], self.stamps[windows]
        return replace(self, origins=origins, recordings=recordings, stamps=stamps, utc=utc, own=own)

    def columns(self, name: str, step: int) -> Columns:
        """Return the key columns of a table.

        Args:
            name: name of the column of times.
            step: index of the step whose time it has.

        Returns:
            ``recording``, unless the data are a panel, and the column that the data have for it; and the times. Of
            windows of one series each, ``unique_id`` in its place.
        """
        times: Columns = {name: self.times[:, step]}
        if self.recordings is None:
            return times
        names, title = self.recordings.tolist(), "unique_id" if self.of_series else "recording"
        return {**{title: ids.values for title, ids in self.as_read.ids_of(names, title).items()}, **times}

    def series(self, channels: Sequence[str], places: NDArray[np.int64]) -> Columns:
        """Return the columns that name the series of the rows of a table.

        Args:
            channels: the series.
            places: (row,) index of the series.

        Returns:
            ``unique_id``, and the columns that name the series in the data.
        """
        if self.of_series:
            return {}  # the keys of the windows name them
        if self.recordings is not None:
            return {"unique_id": np.array(channels, dtype=object)[places]}
        return {title: ids.values[places] for title, ids in self.as_read.ids_of(channels, "unique_id").items()}

    def frame(self, columns: Columns, backend: Backend | None) -> Any:
        """Return a table of columns, with ids and time stamps of the types that they have in the data.

        Args:
            columns: (row,) arrays by name; those of the data's ids and all of datetime64 come from these keys.
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Raises:
            ConfigError: there is no such backend, or its package is not installed.
        """
        title = "unique_id" if self.recordings is None or self.of_series else "recording"
        ids = self.as_read.ids_of(self.as_read.names[:1], title)
        types = {name: column for name, column in ids.items() if name in columns}
        return to_frame(columns, backend or self.backend, self.as_read.stamps, types)


@dataclass(frozen=True, eq=False, slots=True)
class OwnKeys:
    """Keys of series that start at rows of their own.

    Attributes:
        origins: (window, channel) forecast origins.
        times: (window, step, channel) time of each step, as tables have it.
    """

    origins: NDArray[np.int64]
    times: NDArray[Any]

    @classmethod
    def joined(cls, batches: Sequence["OwnKeys"]) -> "OwnKeys":
        """Concatenate keys along the windows."""
        origins, times = zip(*((keys.origins, keys.times) for keys in batches), strict=True)
        return cls(np.concatenate(origins), np.concatenate(times))

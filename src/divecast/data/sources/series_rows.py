"""The series of a panel one after another, as segments of a single channel: what an independent model reads.

Each series has a block of rows: some before its first value, so that a look-back may reach before it; its own rows,
from the first value to the last one; and some after them, of which the calendar is known, and labels and covariates if
the panel has them. Blocks follow one another, so that a window of a series, and the days beside it, lie within its
block.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast.data.source import Source
from divecast.data.sources.panel import Panel
from divecast.data.tables.places import empty_like
from divecast.data.time.clock import Clock
from divecast.data.time.stamps import Stamps
from divecast.errors import DataError

Rows = NDArray[np.int64]

VALUE = "value"
"""Name of the only channel."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Where the series of a panel lie.

    Attributes:
        bounds: (series + 1,) first row of every block, and the number of rows at the end.
        start: (series,) first own row of every series.
        stop: (series,) row after the last own one; equal to start where a series has no value.
        shift: (series,) row of the panel minus row here.
    """

    bounds: Rows
    start: Rows
    stop: Rows
    shift: Rows

    @classmethod
    def of(cls, first: Rows, last: Rows, before: int, after: int) -> "Blocks":
        """Lay out series.

        Args:
            first: (series,) first row of each in the panel.
            last: (series,) row after the last one.
            before: rows of a block before its own.
            after: rows of a block after its own.
        """
        lengths = np.maximum(0, last - first) + before + after
        bounds = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        start = bounds[:-1] + before
        return cls(bounds, start, start + np.maximum(0, last - first), first - start)

    def series_of(self, rows: Rows) -> Rows:
        """Series of rows; those outside all blocks are of the nearest one."""
        found = np.searchsorted(self.bounds, rows, side="right") - 1
        return found.clip(0, len(self.start) - 1)

    def panel_rows(self, rows: Rows) -> Rows:
        """Rows of the panel, which may lie before its start or past its end."""
        return rows + self.shift[self.series_of(rows)]


@dataclass(frozen=True, eq=False)
class SeriesClock(Clock):
    """The clock of series one after another.

    Attributes:
        blocks: where they lie in the panel whose clock this is.
    """

    blocks: Blocks = field(kw_only=True)

    def at(self, rows: Rows) -> Stamps:
        """UTC stamps of rows, of the same shape."""
        return self.read(rows, Clock.at)

    def local(self, rows: Rows, tz: str | None = None) -> Stamps:
        """Local time of rows, of the same shape."""
        zone = self.tz if tz is None else tz
        return self.read(rows, lambda clock, of_panel: clock.local(of_panel, zone))

    def read(self, rows: Rows, of: Callable[[Clock, Rows], NDArray[Any]]) -> NDArray[Any]:
        """What a function reads from the clock of the panel, once for each of its rows."""
        plain = Clock(self.start, self.step, self.unit, self.length, self.tz, self.ends, self.slots, self.late)
        at = self.blocks.panel_rows(np.asarray(rows))
        if not at.size:
            return of(plain, at)
        first = int(at.min())
        return of(plain, np.arange(first, int(at.max()) + 1))[at - first]


@dataclass(frozen=True, eq=False, repr=False)
class SeriesRows(Panel):
    """The series of a panel as segments of one channel, with the labels and covariates of each row.

    Attributes:
        panel: the panel.
        blocks: where its series lie.
    """

    panel: Panel = field(kw_only=True)
    blocks: Blocks = field(kw_only=True)

    @property
    def offsets(self) -> Rows:
        """(series + 1,) bounds of the blocks."""
        return self.blocks.bounds

    @property
    def names(self) -> Any:
        """Names of the series."""
        return self.panel.channels

    def row_text(self, row: int) -> str:
        """Name a row in a message."""
        series = int(self.blocks.series_of(np.array([row]))[0])
        return f"{self.clock.time_text(row)} of series {self.panel.channels[series]!r}"

    @classmethod
    def of(
        cls,
        panel: Panel,
        lookback: int,
        horizon: int,
        ends: Literal["own", "common"] = "own",
        n_rows: int | None = None,
    ) -> "SeriesRows":
        """Lay out the series of a panel.

        Args:
            panel: the panel.
            lookback: rows that a look-back may reach before the first value of a series.
            horizon: rows after the last one of which something may be known.
            ends: whether a series ends at its own last value, or at the last row of the panel.
            n_rows: rows of the panel without those of the future; None for all.
        """
        n_rows, beside = len(panel.values) if n_rows is None else n_rows, panel.clock.rows_a_day
        known = ~np.isnan(panel.values[:n_rows])
        there = known.any(axis=0)
        first = np.where(there, known.argmax(axis=0), 0)
        last = np.where(there, n_rows - known[::-1].argmax(axis=0), 0)
        if ends == "common":
            last = np.where(there, n_rows, 0)
        blocks = Blocks.of(first, last, lookback + beside + 1, horizon + beside + 1)
        values = np.full(int(blocks.bounds[-1]), np.nan, dtype=np.float32)
        for series in range(len(panel.channels)):
            values[blocks.start[series] : blocks.stop[series]] = panel.values[first[series] : last[series], series]
        place = _Placed(blocks, len(panel.values), len(values))
        clock = panel.clock
        return cls(
            values[:, None],
            (VALUE,),
            SeriesClock(
                *(clock.start, clock.step, clock.unit, len(values), clock.tz, clock.ends, clock.slots, clock.late),
                blocks=blocks,
            ),
            {name: place.column(column) for name, column in panel.labels.items()},
            panel.backend,
            {name: place.column(column) for name, column in panel.covariates.items()},
            as_read=panel.as_read,
            panel=panel,
            blocks=blocks,
        )

    def select(self, channels: Sequence[str]) -> Panel:
        """Independent series have a single channel."""
        if tuple(channels) == self.channels:
            return self
        raise DataError(f"Independent series have the channel {VALUE!r} alone", found=f"{channels!r:.80}")


def series_names(source: Source) -> tuple[str, ...]:
    """Return the names of the series of a source: of its channels, or of series one after another."""
    names: tuple[str, ...] = source.names if isinstance(source, SeriesRows) else source.channels
    return names


@dataclass(frozen=True, eq=False)
class _Placed:
    """Looks up the columns of a panel for the rows of its series."""

    blocks: Blocks
    n_rows: int
    length: int

    def column(self, column: NDArray[Any]) -> NDArray[Any]:
        """The column of a panel, of all rows or of all rows and series, as one of the rows of the series."""
        placed = empty_like(column, (self.length,))
        for series, (first, stop) in enumerate(zip(self.blocks.bounds[:-1], self.blocks.bounds[1:], strict=True)):
            shift = int(self.blocks.shift[series])
            inside = slice(max(int(first), -shift), min(int(stop), self.n_rows - shift))
            if inside.start < inside.stop:
                rows = slice(inside.start + shift, inside.stop + shift)
                placed[inside] = column[rows] if column.ndim == 1 else column[rows, series]
        return placed

"""Channels on a common clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.source import Backend, Column, Values
from divecast.data.sources.arrays import as_table, check_array, hash_values, take_channels
from divecast.data.tables.grid import Grid
from divecast.data.tables.long import LongNames, is_long, read_long
from divecast.data.tables.read import read_table
from divecast.data.tables.wide import read_wide
from divecast.data.time.clock import Clock
from divecast.data.time.stamps import zoned_stamp
from divecast.data.time.step import parse_step
from divecast.errors import DataError


def regular_clock(start: str | datetime | np.datetime64, step: str, length: int, tz: str | None = None) -> Clock:
    """The clock that starts at ``start`` and ticks every ``step``; whole days follow the wall clock of ``tz``.

    The zone is that of ``start``, else UTC, when left out.

    Raises:
        DataError: Start or step cannot be read.
    """
    every, unit = parse_step(step)
    first, zone = zoned_stamp(start, tz)
    if unit == "s" and every % 86400 == 0 and zone != "UTC":
        every, unit = every // 86400, "D"
    return Clock(first, every, unit, length, zone)


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """Channels on a common clock.

    Attributes:
        values: (row, channel) float32 in original units, NaN where missing; may be memory-mapped.
        channels: Names of the channels.
        clock: Time of every row.
        labels: Label columns, each (row,): objects of text (None missing) or float64 (NaN missing).
        backend: Kind of table the data came from, and in which results are given back.
    """

    values: Values
    channels: tuple[str, ...]
    clock: Clock
    labels: Mapping[str, Column] = field(default_factory=dict)
    backend: Backend = "numpy"

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(row, channel) True where a value was observed."""
        return ~np.isnan(self.values)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """(2,) the panel is one segment: 0 and the number of rows."""
        return np.array([0, len(self.values)], dtype=np.int64)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the one segment."""
        return ("panel",)

    @property
    def rate(self) -> None:
        """A panel has a clock and no rate."""
        return None

    def has_label(self, name: str) -> bool:
        """Whether there are labels called ``name``."""
        return name in self.labels

    def label_column(self, name: str) -> Column:
        """(row,) labels called ``name``.

        Raises:
            DataError: The panel has no such labels.
        """
        if name in self.labels:
            return self.labels[name]
        raise DataError(
            f"expected a label column {name!r}, the panel has {sorted(self.labels) or 'none'}; "
            f"read the data with labels=[{name!r}]"
        )

    def select(self, channels: Sequence[str]) -> "Panel":
        """The same rows with these channels, in this order.

        A view where they lie side by side in the panel, else a copy in memory (also of a store).

        Raises:
            DataError: A channel is unknown or named twice, or none is given.
        """
        wanted = tuple(channels)
        if wanted == self.channels:
            return self
        return replace(self, values=take_channels(self.values, wanted, self.channels), channels=wanted)

    def rows(self, first: int, last: int) -> "Panel":
        """Rows ``first`` to ``last`` (half open) as a view.

        Raises:
            DataError: The range is empty or leaves the panel.
        """
        if not 0 <= first < last <= len(self.values):
            raise DataError(f"expected rows within 0 to {len(self.values)}, got {first} to {last}")
        labels = {name: column[first:last] for name, column in self.labels.items()}
        return replace(self, values=self.values[first:last], clock=self.clock.rows(first, last), labels=labels)

    def fingerprint(self) -> str:
        """Sha256 of channels, clock and values, as hex."""
        return hash_values([list(self.channels), self.clock.to_dict()], self.values)

    def __repr__(self) -> str:
        """Size and range in one line."""
        return f"Panel({plural(len(self.channels), 'channel')}, {self.clock}, labels {sorted(self.labels)})"

    @classmethod
    def from_wide(
        cls, frame: Any, time: str | None = None, labels: Sequence[str] = (), tz: str | None = None
    ) -> "Panel":
        """Read a table with one column a channel.

        Args:
            frame: A pandas, polars or pyarrow table.
            time: The column of time stamps; found by itself when it is the only one, or a pandas DatetimeIndex.
            labels: Columns that are labels of the row and no channels.
            tz: Zone of stamps that name none, and of calendar factors; when left out, that of the stamps, else UTC.

        Returns:
            The panel; gaps in time are rows of NaN.

        Raises:
            DataError: Time stamps are irregular or repeated with other values, a cell is no finite number, or
                there is no channel or row.
        """
        return cls._of(*read_wide(frame, time, labels, tz))

    @classmethod
    def from_long(
        cls,
        frame: Any,
        id: str = "unique_id",  # noqa: A002 (the name that tables of this layout use)
        time: str = "ds",
        value: str = "y",
        labels: Sequence[str] = (),
        tz: str | None = None,
    ) -> "Panel":
        """Read a table with one row a series and time; channels are in order of appearance.

        Args:
            frame: A pandas, polars or pyarrow table.
            id: The column that names the series.
            time: The column of time stamps.
            value: The column of values.
            labels: Columns that are labels of the time, the same in all series.
            tz: Zone of stamps that name none, and of calendar factors; when left out, that of the stamps, else UTC.

        Returns:
            The panel; times that a series lacks are NaN.

        Raises:
            DataError: As :meth:`from_wide`, or two series give a time different labels.
        """
        return cls._of(*read_long(frame, LongNames(id, time, value), labels, tz))

    @classmethod
    def from_array(
        cls,
        values: NDArray[Any],
        start: str | datetime | np.datetime64,
        step: str,
        channels: Sequence[str] | None = None,
        tz: str | None = None,
    ) -> "Panel":
        """Take an array whose rows are regular in time.

        Args:
            values: (row, channel) or (row,) numbers, NaN where missing. Used as it is, without a copy, when it is
                float32.
            start: Time of the first row: text or datetime (wall time in ``tz`` unless it names its zone) or a
                UTC datetime64.
            step: Time from row to row, such as "15min", "1h", "1D" or "1MS".
            channels: Names; c0, c1, ... when left out.
            tz: Zone of ``start`` if it names none, and of calendar factors; when left out, that of ``start``, else UTC.

        Returns:
            The panel.

        Raises:
            DataError: The array is empty, of another shape or holds infinities, or names do not fit.
        """
        table = as_table(values)
        names = tuple(channels) if channels is not None else tuple(f"c{at}" for at in range(table.shape[-1]))
        clock = regular_clock(start, step, len(table), tz)
        return cls(
            check_array(table, names, lambda row: f"row {row}, {clock.at(np.array([row]))[0]} UTC"), names, clock
        )

    @classmethod
    def read(
        cls,
        path: str | Path,
        layout: Literal["auto", "wide", "long"] = "auto",
        time: str | None = None,
        labels: Sequence[str] = (),
        tz: str | None = None,
    ) -> "Panel":
        """Read a CSV, CSV.gz or Parquet file.

        Args:
            path: The file, or the address of Parquet that fsspec knows, such as ``s3://bucket/*.parquet``.
            layout: "long" with columns unique_id, ds, y; "wide"; "auto" tells them apart by those names.
            time: The column of time stamps; found by itself when left out.
            labels: Columns that are labels and no channels.
            tz: Zone of stamps that name none, and of calendar factors; when left out, that of the stamps, else UTC.

        Returns:
            The panel; results for it are given back as pyarrow tables.

        Raises:
            DataError: The file is absent or no table, or as :meth:`from_wide` and :meth:`from_long`.
        """
        table = read_table(path)
        if layout == "long" or (layout == "auto" and is_long(table.column_names)):
            return cls.from_long(table, time=time or "ds", labels=labels, tz=tz)
        return cls.from_wide(table, time, labels, tz)

    @classmethod
    def _of(cls, grid: Grid, backend: Backend) -> "Panel":
        return cls(grid.values, grid.channels, grid.clock, grid.labels, backend)

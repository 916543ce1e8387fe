"""Channels on a common clock."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.as_read import NO_TABLE, AsRead, Backend
from divecast.data.covariates import Covariate
from divecast.data.factors import Label
from divecast.data.names import check_known, one_form
from divecast.data.source import Column, Values
from divecast.data.sources.arrays import as_table, check_array, hash_values, take_channels
from divecast.data.tables.as_written import AsWritten
from divecast.data.tables.columns import open_frame
from divecast.data.tables.grid import Grid
from divecast.data.tables.label_columns import present
from divecast.data.tables.long import read_long
from divecast.data.tables.long_names import IDS, LongNames, Names, as_names, long_names
from divecast.data.tables.places import empty_like
from divecast.data.tables.roles import Roles
from divecast.data.tables.static import read_static
from divecast.data.tables.wide import read_wide
from divecast.data.text_format import TextFormat
from divecast.data.time.business_days import BusinessDays, Opening
from divecast.data.time.clock import Clock
from divecast.data.time.open_slots import OpenSlots
from divecast.data.time.regular import regular_clock
from divecast.data.time.stamp_options import StampEdge, StampOptions, stamp_form
from divecast.errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """Channels on a common clock.

    Attributes:
        values: (row, channel) float32 in original units, NaN where missing; may be memory-mapped.
        channels: names of the channels.
        clock: time of every row.
        labels: Label columns, each (row,), or (row, channel) where every series has its own: objects of text (None
            missing) or float64 (NaN missing).
        backend: kind of table the data came from, in which results are returned.
        covariates: numbers known beside the values, each (row,), or (row, channel) where every series has its own:
            float32, NaN where missing; may be memory-mapped.
        static: facts of the series, each (channel,): objects of text (None missing) or float64 (NaN missing).
        as_read: how the table was read that it came from, and its ids and time stamps as they were there.

    Example:
        >>> hours = Panel.from_array(np.ones((48, 2)), start="2024-01-01", step="1h", channels=["north", "south"])
        >>> hours
        Panel(2 channels, 48 rows every 1h from 2024-01-01T00:00:00 to 2024-01-02T23:00:00 UTC, labels [])
        >>> hours.values.shape
        (48, 2)
    """

    values: Values
    channels: tuple[str, ...]
    clock: Clock
    labels: Mapping[str, Column] = field(default_factory=dict)
    backend: Backend = "numpy"
    covariates: Mapping[str, Values] = field(default_factory=dict)
    static: Mapping[str, Column] = field(default_factory=dict)
    as_read: AsRead = NO_TABLE

    @property
    def mask(self) -> NDArray[np.bool_]:
        """(row, channel) True where a value was observed.

        Example:
            >>> Panel.from_array([1, np.nan, 3], start="2024-01-01", step="1D").mask[:, 0].tolist()
            [True, False, True]
        """
        return ~np.isnan(self.values)

    @property
    def offsets(self) -> NDArray[np.int64]:
        """(2,) bounds of the only segment: 0 and the number of rows."""
        return np.array([0, len(self.values)], dtype=np.int64)

    @property
    def names(self) -> tuple[str, ...]:
        """Name of the only segment."""
        return ("panel",)

    @property
    def rate(self) -> None:
        """None: a panel has a clock, not a rate."""
        return None

    def has_label(self, name: str) -> bool:
        """Whether there is a label column of this name.

        Example:
            >>> panel.has_label("weather")
            False
        """
        return name in self.labels

    def label_column(self, name: str) -> Column:
        """(row,) labels of this name, or (row, channel) where every series has its own.

        Raises:
            DataError: the panel has no such labels.

        Example:
            >>> import pandas as pd
            >>> days = pd.date_range("2024-01-01", periods=3)
            >>> table = pd.DataFrame({"ds": days, "load": [1.0, 2.0, 3.0], "mode": ["on", "on", "off"]})
            >>> Panel.from_wide(table, labels=["mode"]).label_column("mode").tolist()
            ['on', 'on', 'off']
        """
        check_known(
            [name],
            sorted(self.labels),
            "label column",
            hint="Name the columns of labels in {labels}",
        )
        return self.labels[name]

    def has_covariate(self, name: str) -> bool:
        """Whether there is a covariate of this name.

        Example:
            >>> panel.has_covariate("temperature")
            False
        """
        return name in self.covariates

    def covariate(self, name: str) -> Values:
        """(row,) float32 numbers of this name, or (row, channel) where every series has its own; NaN where missing.

        Raises:
            DataError: the panel has no such covariate.

        Example:
            >>> days = Panel.from_array([1, 2, 3], start="2024-01-01", step="1D")
            >>> replace(days, covariates={"price": np.float32([5, 5, 6])}).covariate("price").tolist()
            [5.0, 5.0, 6.0]
        """
        check_known(
            [name],
            sorted(self.covariates),
            "covariate",
            hint="Name the columns of numbers that are not forecast in {covariates}",
        )
        return self.covariates[name]

    def static_column(self, name: str) -> Column:
        """(channel,) facts of the series of this name.

        Raises:
            DataError: the panel has no such facts.

        Example:
            >>> days = Panel.from_array(np.ones((3, 2)), start="2024-01-01", step="1D")
            >>> replace(days, static={"area": np.array([40.0, 55.0])}).static_column("area").tolist()
            [40.0, 55.0]
        """
        check_known([name], sorted(self.static), "fact of the series", hint="Name a table of them in {static}")
        return self.static[name]

    def select(self, channels: Sequence[str]) -> "Panel":
        """The same rows with these channels, in this order, with what is known of each.

        The values are a view where the channels are adjacent in the panel, else a copy in memory (also of a store).

        Raises:
            DataError: a channel is unknown or named twice, or there is none.

        Example:
            >>> panel.select(panel.channels[:2]).values.shape[1]
            2
        """
        wanted = tuple(map(one_form, channels))
        if wanted == self.channels:
            return self

        def take(column: NDArray[Any]) -> NDArray[Any]:
            return take_channels(column, wanted, self.channels) if column.ndim == 2 else column

        return replace(
            self,
            values=take(self.values),
            channels=wanted,
            labels={name: take(column) for name, column in self.labels.items()},
            covariates={name: take(column) for name, column in self.covariates.items()},
            static={name: take(column[None])[0] for name, column in self.static.items()},
        )

    def with_missing(self, channels: Sequence[str]) -> "Panel":
        """The panel with these channels, in this order; those that it lacks have no value and nothing known of them.

        Example:
            >>> Panel.from_array([1, 2], "2024-01-01", "1D", ["north"]).with_missing(["south", "north"]).values.tolist()
            [[nan, 1.0], [nan, 2.0]]
        """
        place = {name: number for number, name in enumerate(self.channels)}
        places = np.array([place.get(name, len(place)) for name in channels], dtype=np.int64)

        def take(column: NDArray[Any]) -> NDArray[Any]:
            return column if column.ndim == 1 else np.hstack([column, empty_like(column, (len(column), 1))])[:, places]

        return replace(
            self,
            values=take(self.values),
            channels=tuple(channels),
            labels={name: take(column) for name, column in self.labels.items()},
            covariates={name: take(column) for name, column in self.covariates.items()},
            static={name: take(column[None])[0] for name, column in self.static.items()},
        )

    def rows(self, first: int, last: int) -> "Panel":
        """Rows ``first`` to ``last``, half-open, as a view.

        Raises:
            DataError: the range is empty or exceeds the panel.

        Example:
            >>> len(panel.rows(24, 48).values)
            24
        """
        if not 0 <= first < last <= len(self.values):
            raise DataError(expected=f"rows within 0 to {len(self.values)}", found=f"{first} to {last}")
        return replace(
            self,
            values=self.values[first:last],
            clock=self.clock.rows(first, last),
            labels={name: column[first:last] for name, column in self.labels.items()},
            covariates={name: column[first:last] for name, column in self.covariates.items()},
        )

    def with_static(self, table: Any, id: Names = None) -> "Panel":  # noqa: A002  as in from_long
        """The same panel with the facts of a table added to those of its series.

        Args:
            table: a table of series, or the path of one, as in :meth:`from_wide`; None for none.
            id: columns that name the series, if the table has them; by default those of the panel.

        Raises:
            DataError: the table cannot be read, has no facts, names a series twice, or names none of the panel.

        Example:
            >>> import pandas as pd
            >>> days = Panel.from_array(np.ones((3, 2)), "2024-01-01", "1D", ["north", "south"])
            >>> facts = pd.DataFrame({"site": ["south", "north"], "area": [55, 40]})
            >>> days.with_static(facts).static_column("area").tolist()
            [40.0, 55.0]
        """
        if table is None:
            return self
        return replace(self, static={**self.static, **read_static(table, self.channels, id or self.as_read.id)})

    def fingerprint(self) -> str:
        """SHA-256 of channels, clock, values, covariates and facts of the series, as hex.

        Example:
            >>> panel.fingerprint() == panel.rows(0, 24).fingerprint()
            False
        """
        values = hash_values([list(self.channels), self.clock.to_dict()], self.values)
        if not self.covariates and not self.static:
            return values
        columns = {name: column[:, None] if column.ndim == 1 else column for name, column in self.covariates.items()}
        known = [[name, columns[name].shape, hash_values(name, columns[name])] for name in sorted(columns)]
        static = [[name, present(self.static[name])] for name in sorted(self.static)]
        return hashlib.sha256(json.dumps([values, known, static]).encode()).hexdigest()

    def __repr__(self) -> str:
        """Size and range in one line."""
        size = f"{plural(len(self.channels), 'channel')}, {self.clock}, labels {sorted(self.labels)}"
        more = {"covariates": self.covariates, "static": self.static}
        return f"Panel({size}{''.join(f', {title} {sorted(names)}' for title, names in more.items() if names)})"

    @classmethod
    def from_wide(  # noqa: PLR0913  one argument for each thing a table may not say itself
        cls,
        frame: Any,
        time: str | None = None,
        labels: Sequence[str | Label] = (),
        tz: str | None = None,
        covariates: Sequence[str | Covariate] = (),
        static: Any = None,
        time_format: str | None = None,
        stamps: StampEdge = "start",
        calendar: Opening = "auto",
        channels: Sequence[str] = (),
    ) -> "Panel":
        """Read a table with one column per channel; gaps in time become rows of NaN.

        A column that counts the rows or repeats the clock is no channel, unless ``channels`` names it. A pandas index
        of times is the time; several levels of columns name the channels together, such as "north/load".

        Args:
            frame: a pandas, polars or pyarrow table.
            time: column of time stamps; by default the only one, or a pandas DatetimeIndex.
            labels: columns that hold labels, not channels.
            tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.
            covariates: columns of numbers that are not forecast, the same for all series.
            static: facts of the series: a table, or the path of one, with one row per series. Its column
                ``unique_id``, else its first, names the series; the others are numbers or text.
            time_format: how time stamps are written as text, such as ``"%d/%m/%Y %H:%M"``, or "unix" for seconds since
                1970; by default found from the texts.
            stamps: whether a stamp is the "start" or the "end" of the time that its row is about.
            calendar: opening times, outside which there are no rows, as :class:`BusinessDays`. By default those that
                the table tells: times of the week at which it never has a row, such as weekends or nights, are closed,
                which a DataWarning says. None if no time is closed.
            channels: columns to read as channels, whatever they look like; by default all that look like series.

        Raises:
            DataError: time stamps are irregular or repeated with different values, a cell is not a finite number, or
                there is no channel or row; or it is a long table.

        Example:
            >>> import pandas as pd
            >>> days = pd.date_range("2024-01-01", periods=2)
            >>> table = pd.DataFrame({"ds": days, "north": [1, 2], "south": [3, None]})
            >>> Panel.from_wide(table).channels
            ('north', 'south')
        """
        form = stamp_form(tz, time_format, stamps)
        grid = read_wide(frame, time, Roles.of(labels, covariates), form, calendar, channels)
        return cls._of(*grid).with_static(static)

    @classmethod
    def from_long(  # noqa: PLR0913  one argument for each thing a table may not say itself
        cls,
        frame: Any,
        id: Names = None,  # noqa: A002 (the name that tables of this layout use)
        time: str | None = None,
        value: str | None = None,
        labels: Sequence[str | Label] = (),
        tz: str | None = None,
        covariates: Sequence[str | Covariate] = (),
        static: Any = None,
        time_format: str | None = None,
        stamps: StampEdge = "start",
        calendar: Opening = "auto",
    ) -> "Panel":
        """Read a table with one row per series and time; channels are in order of appearance.

        Args:
            frame: a pandas, polars or pyarrow table, or a pandas series whose index has series and times.
            id: column that names the series, or columns that do so together, such as ``["store", "item"]``; by default
                one of a usual name, such as ``unique_id``, ``item_id`` or ``series_id``. Results carry them as they
                are here.
            time: column of time stamps; by default ``ds``, or the only one.
            value: column of values; by default one of a usual name, such as ``y``, ``target`` or ``value``, or the only
                one of numbers.
            labels: columns that hold labels of the time, the same in all series; pass
                ``Label(..., per_series=True)`` for one of which every series has its own.
            tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.
            covariates: columns of numbers that are not forecast, the same in all series at a time; pass
                ``Covariate(..., per_series=True)`` for one of which every series has its own.
            static: facts of the series, as in :meth:`from_wide`; the column ``id`` names the series if there is one.
            time_format: how time stamps are written as text, as in :meth:`from_wide`.
            stamps: whether a stamp is the "start" or the "end" of the time that its row is about.
            calendar: opening times, as in :meth:`from_wide`.

        Returns:
            The panel; times that a series lacks are NaN. Columns that are not used are named in a DataWarning.

        Raises:
            DataError: as in :meth:`from_wide`, or two series differ at the same time in what all should share.

        Example:
            >>> import pandas as pd
            >>> days = ["2024-01-01", "2024-01-02", "2024-01-01"]
            >>> table = pd.DataFrame({"unique_id": ["a", "a", "b"], "ds": days, "y": [1.0, 2.0, 3.0]})
            >>> Panel.from_long(table).values.tolist()
            [[1.0, 3.0], [2.0, nan]]
        """
        roles, table = Roles.of(labels, covariates), open_frame(frame)[0]
        names = long_names(table, id, time, value, roles.names)
        if names is None:
            names = long_names(table, LongNames().ids, time, value, roles.names) or LongNames()
        form = stamp_form(tz, time_format, stamps)
        return cls._of(*read_long(table, names, roles, form, calendar)).with_static(static, names.ids)

    @classmethod
    def from_array(
        cls,
        values: Any,
        start: str | datetime | np.datetime64,
        step: str,
        channels: Sequence[str] | None = None,
        tz: str | None = None,
        calendar: BusinessDays | OpenSlots | None = None,
    ) -> "Panel":
        """Take an array whose rows are regular in time.

        Args:
            values: (row, channel) or (row,) numbers, NaN where missing; float32 is used without a copy.
            start: time of the first row: text or datetime (local time in ``tz`` unless it names its zone) or a UTC
                datetime64.
            step: time from row to row, such as "15min", "1h", "1D" or "1MS".
            channels: names of the channels; by default c0, c1, ...
            tz: time zone of ``start`` if it names none, and of calendar factors; by default that of ``start`` or UTC.
            calendar: opening times, in which the rows follow one another, as :class:`BusinessDays`.

        Raises:
            DataError: the array is empty, of another shape or holds infinities, or names do not fit.

        Example:
            >>> Panel.from_array(np.zeros((3, 2)), start="2024-01-01", step="1MS", tz="Europe/Berlin").clock.frequency
            '1MS'
            >>> days = Panel.from_array(np.zeros(6), start="2024-01-01", step="1D", calendar=BusinessDays())
            >>> days
            Panel(1 channel, 6 rows every 1D on Mon-Fri from 2024-01-01T00:00:00 to 2024-01-08T00:00:00 UTC, labels [])
        """
        table = as_table(values)
        names = (
            tuple(map(one_form, channels))
            if channels is not None
            else tuple(f"c{column}" for column in range(table.shape[1]))
        )
        clock = regular_clock(start, step, len(table), tz, calendar)
        return cls(check_array(table, names, lambda row: f"row {row} ({clock.time_text(row)})"), names, clock)

    @classmethod
    def read(  # noqa: PLR0913  as from_wide
        cls,
        path: str | Path,
        layout: Literal["auto", "wide", "long"] = "auto",
        time: str | None = None,
        labels: Sequence[str | Label] = (),
        tz: str | None = None,
        covariates: Sequence[str | Covariate] = (),
        static: Any = None,
        id: Names = None,  # noqa: A002  as in from_long
        value: str | None = None,
        text: TextFormat | None = None,
        time_format: str | None = None,
        stamps: StampEdge = "start",
        calendar: Opening = "auto",
    ) -> "Panel":
        """Read a text, Parquet or Excel file.

        Args:
            path: the file, or an address of Parquet that fsspec can open, such as ``s3://bucket/*.parquet``.
            layout: "long", one row per series and time, or "wide"; "auto" takes "long" if ``id`` or ``value`` is given
                or the columns have the usual names of a long table, such as unique_id, ds and y.
            time: column of time stamps; detected automatically if omitted.
            labels: columns that hold labels, not channels.
            tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.
            covariates: columns of numbers that are not forecast.
            static: facts of the series: a table, or the path of one, as in :meth:`from_wide`.
            id: column of a long table that names the series, or columns that do so together, as in :meth:`from_long`.
            value: column of a long table that holds the values, as in :meth:`from_long`.
            text: how a text file is written, where it does not tell itself.
            time_format: how time stamps are written as text, as in :meth:`from_wide`.
            stamps: whether a stamp is the "start" or the "end" of the time that its row is about.
            calendar: opening times, as in :meth:`from_wide`.

        Returns:
            The panel; its results are returned as pyarrow tables.

        Raises:
            DataError: the file does not exist or is not a table, or as in :meth:`from_wide` and :meth:`from_long`.

        Example:
            >>> import pandas as pd
            >>> table = pd.DataFrame({"time": pd.date_range("2024-01-01", periods=3, freq="h"), "north": [1, 2, 3]})
            >>> table.to_csv("loads.csv", index=False)
            >>> Panel.read("loads.csv").values.shape
            (3, 1)
        """
        roles = Roles.of(labels, covariates)
        as_written = AsWritten(as_names(id), (*(label.name for label in roles.labels), *([] if id else IDS)))
        table = open_frame(as_written.read(path, text))[0]
        written: StampOptions = {"time_format": time_format, "stamps": stamps, "calendar": calendar}
        names = None if layout == "wide" else long_names(table, id, time, value, roles.names)
        if names is not None or layout == "long":
            return cls.from_long(table, *(names or (id, time, value)), labels, tz, covariates, static, **written)
        return cls.from_wide(table, time, labels, tz, covariates, static, **written)

    @classmethod
    def _of(cls, grid: Grid, backend: Backend) -> "Panel":
        return cls(grid.values, grid.channels, grid.clock, grid.labels, backend, grid.covariates, as_read=grid.as_read)

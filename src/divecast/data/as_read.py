"""How a table was read: its layout, and keys and time stamps as they came in, in which results are returned."""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from divecast.data.text_format import UNTOLD, TextFormat

Backend = Literal["pandas", "polars", "pyarrow", "numpy"]

_UNITS = ("D", "s", "ms", "us", "ns")
_ZONE = re.compile(r"(:\d\d|\d[T _]\d{2,6})([.,]\d+)?( ?[AP]M)? ?(Z|UTC|GMT|[+-]\d\d(:?\d\d)?)\s*$", re.IGNORECASE)
"""A zone at the end of a text, after a time of day."""


@dataclass(frozen=True, slots=True)
class StampKind:
    """Type of the time stamps of a table.

    Attributes:
        unit: "s", "ms", "us" or "ns"; "D" for dates.
        zone: time zone of stamps that name one.
        period: frequency of the periods of pandas, such as "M".
    """

    unit: str = "us"
    zone: str | None = None
    period: str | None = None

    @staticmethod
    def of(stamps: Any) -> "StampKind":
        """The type of a column or index: narwhals, pandas, polars or Arrow, or anything else that holds times."""
        native = stamps.to_native() if hasattr(stamps, "to_native") else stamps
        dtype = getattr(native, "dtype", getattr(native, "type", None))
        text = str(dtype)
        if text.startswith("period["):
            return StampKind(period=text[len("period[") : -1])
        if text.lower().startswith(("date32", "date64", "date")) and "time" not in text.lower():
            return StampKind("D")
        zone = getattr(dtype, "time_zone", None) or getattr(dtype, "tz", None)
        unit = getattr(dtype, "time_unit", None) or getattr(dtype, "unit", None)
        if unit is None and text.startswith("datetime64["):
            unit = text[len("datetime64[") : -1].split(",", maxsplit=1)[0]
        if unit is None:
            return _of_cells(native)
        return StampKind(unit if unit in _UNITS else "us", None if zone is None else str(zone))

    def to_dict(self) -> dict[str, str | None]:
        """Values that JSON can hold."""
        return {"unit": self.unit, "zone": self.zone, "period": self.period}

    @staticmethod
    def from_dict(plain: Mapping[str, Any]) -> "StampKind":
        """Read what :meth:`to_dict` wrote.

        Raises:
            ValueError, LookupError, TypeError: it is malformed.
        """
        zone, period = (None if plain[name] is None else str(plain[name]) for name in ("zone", "period"))
        if plain["unit"] not in _UNITS:
            raise ValueError(f"expected a unit of {_UNITS}, got {plain['unit']!r:.80}")
        return StampKind(plain["unit"], zone, period)


@dataclass(frozen=True, eq=False, slots=True)
class IdColumn:
    """A column that names series, as it came in.

    Attributes:
        values: (series,) its cells: numbers of their own type, or objects of text.
        kind: the table package it came from, if any.
        dtype: its type there.
    """

    values: NDArray[Any]
    kind: Backend | None = None
    dtype: Any = None

    def at(self, places: NDArray[np.int64]) -> "IdColumn":
        """The cells at some places."""
        return replace(self, values=self.values[places])


@dataclass(frozen=True, slots=True)
class ReadNames:
    """Names of the columns of a table, and how they are written, as a model remembers them.

    Attributes:
        layout: "long", "wide" or "recordings"; empty for data that were no table.
        ids: columns that name the series of a long table, or the recordings.
        time: column of time stamps.
        value: column of the values of a long table.
        rate: sampling rate of recordings, Hz; None if it was not told.
        channels: the channels; empty for all columns that look like some.
        left_out: columns that were left out, of which no one need be told again.
        text: how the text file was written, as far as that was told.
        time_format: how its time stamps were written, if that was told.
    """

    layout: str = ""
    ids: tuple[str, ...] = ()
    time: str | None = None
    value: str | None = None
    rate: float | None = None
    channels: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    text: TextFormat = UNTOLD
    time_format: str | None = None

    def or_as(self, other: "ReadNames") -> "ReadNames":
        """These names, and for what they do not say those of another table; how they are written is as in these."""
        time, channels = self.time or other.time, self.channels or other.channels
        if self.layout == "recordings":
            return replace(self, time=time, channels=channels)
        if self.ids or self.value is not None:
            ids, value = self.ids or other.ids, self.value or other.value
            return replace(self, ids=ids, time=time, value=value, channels=channels)
        rate = other.rate if self.rate is None else self.rate
        named = replace(other, time=time, rate=rate, channels=channels)
        return replace(named, text=self.text, time_format=self.time_format)

    def known(self, columns: Collection[str]) -> "ReadNames":
        """These names if a table has all of its keys, else none."""
        if self.layout in ("long", "recordings"):
            return self if {*self.ids, *([self.value] if self.value else [])} <= {*columns} else ReadNames()
        time = self.time if self.time in columns else None
        return replace(self, time=time, ids=(), value=None)


@dataclass(frozen=True, eq=False, slots=True)
class AsRead:
    """How a table was read.

    Attributes:
        layout: "long", "wide" or "recordings"; empty for data that were no table.
        time: column of time stamps.
        value: column of the values of a long table.
        stamps: type of the time stamps.
        names: names of the series, or recordings, of which ``ids`` has a cell each.
        ids: columns that name the series of a long table, or the recordings, each (series,).
        left_out: columns that were not read.
        text: how the text file was written, as far as that was told.
        time_format: how its time stamps were written, if that was told.
    """

    layout: str = ""
    time: str | None = None
    value: str | None = None
    stamps: StampKind = StampKind()
    names: tuple[str, ...] = ()
    ids: Mapping[str, IdColumn] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()
    text: TextFormat = UNTOLD
    time_format: str | None = None

    @property
    def id(self) -> str | tuple[str, ...] | None:
        """The column, or columns, that name the series."""
        return None if not self.ids else next(iter(self.ids)) if len(self.ids) == 1 else tuple(self.ids)

    def named(self, rate: float | None = None) -> ReadNames:
        """The names of the columns, and what was told of how they are written."""
        ids = tuple(self.ids) if self.layout in ("long", "recordings") else ()
        names = ReadNames(self.layout, ids, self.time, self.value, rate, left_out=self.left_out)
        return replace(names, text=self.text, time_format=self.time_format)

    def ids_of(self, names: Sequence[str], title: str) -> dict[str, IdColumn]:
        """Columns that name series of a result.

        Args:
            names: the series, each in ``names`` if there are columns of ids.
            title: name of the column with the whole name of a series.

        Returns:
            The column ``title``, as the table had it if one column names the series, else text; and those of the table.
        """
        text = np.empty(len(names), dtype=object)
        text[:] = list(names)
        place_of = {name: place for place, name in enumerate(self.names)} if self.ids else {}
        if not self.ids or any(name not in place_of for name in names):
            return {title: IdColumn(text)}
        places = np.array([place_of[name] for name in names], dtype=np.int64)
        columns = {name: column.at(places) for name, column in self.ids.items()}
        whole = next(iter(columns.values())) if len(columns) == 1 else IdColumn(text)
        return {title: whole, **columns}

    def to_dict(self) -> dict[str, Any]:
        """Values that JSON can hold; the names are those of the series."""
        columns = [
            {"name": name, "type": column.values.dtype.str if _is_number(column) else "text", "cells": _plain(column)}
            for name, column in self.ids.items()
        ]
        return {
            "layout": self.layout,
            "time": self.time,
            "value": self.value,
            "stamps": self.stamps.to_dict(),
            "ids": columns,
        }

    @staticmethod
    def from_dict(plain: Mapping[str, Any], names: tuple[str, ...]) -> "AsRead":
        """Read what :meth:`to_dict` wrote.

        Raises:
            ValueError, LookupError, TypeError: it is malformed.
        """
        time, value = (None if plain[name] is None else str(plain[name]) for name in ("time", "value"))
        if plain["layout"] not in ("long", "wide"):
            raise ValueError(f"expected a long or wide table, got {plain['layout']!r:.80}")
        ids = {}
        for column in plain["ids"]:
            cells = _cells(column["type"], column["cells"])
            if len(cells) != len(names):
                raise ValueError(f"expected {len(names)} cells of {column['name']!r:.80}, got {len(cells)}")
            ids[str(column["name"])] = IdColumn(cells)
        return AsRead(plain["layout"], time, value, StampKind.from_dict(plain["stamps"]), names, ids)

    def sentence(self) -> str:
        """How the columns were read, such as "long table, series by 'meter', time 'ds', values 'kwh'"."""
        parts = [f"{self.layout} table"] if self.layout in ("long", "wide") else []
        if self.ids:
            title = "recordings" if self.layout == "recordings" else "series"
            parts.append(f"{title} by {' and '.join(map(repr, self.ids))}")
        if self.time is not None:
            parts.append(f"time {self.time!r}")
        if self.value is not None:
            parts.append(f"values {self.value!r}")
        return ", ".join(parts)


def _is_number(column: IdColumn) -> bool:
    return column.values.dtype.kind in "iubf"


def _plain(column: IdColumn) -> list[Any]:
    cells: list[Any] = column.values.tolist()
    return cells if _is_number(column) else [str(cell) for cell in cells]


def _cells(kind: str, cells: Sequence[Any]) -> NDArray[Any]:
    if kind != "text":
        dtype = np.dtype(kind)
        if dtype.kind not in "iubf" or any(isinstance(cell, str) for cell in cells):
            raise ValueError(f"expected numbers, got {kind!r:.80}")
        return np.array(cells, dtype=dtype)
    texts = np.empty(len(cells), dtype=object)
    texts[:] = [str(cell) for cell in cells]
    return texts


NO_TABLE = AsRead()
"""Of data that were no table."""


def _of_cells(native: Any) -> StampKind:
    """The type of stamps that are objects or text, by the first one."""
    cells = native[:1]
    cells = cells.to_pylist() if hasattr(cells, "to_pylist") else list(cells)
    first = cells[0] if cells else None
    if isinstance(first, str):
        return StampKind(zone="UTC" if _ZONE.search(first) else None)
    if first is not None and hasattr(first, "year") and not hasattr(first, "hour"):
        return StampKind("D")
    own = getattr(first, "tzinfo", None)
    return StampKind(zone=None if own is None else str(own))

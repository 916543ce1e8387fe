"""The regular clock of a panel: the time of every row."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal, cast, get_args

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.time.open_slots import OpenSlots
from divecast.data.time.stamps import Stamps, local_stamps, localise_shifting, one_stamp
from divecast.data.time.step import Unit, format_step
from divecast.errors import DataError
from divecast.persistence.adapters import adapter_of
from divecast.persistence.strict import as_json

_DAY = 86400
_LEAST_SECONDS = {"s": 1, "D": _DAY - 3 * 3600, "M": 28 * _DAY, "ME": 28 * _DAY}
_DAYS_PER_UNIT = {"s": 1 / _DAY, "D": 1, "M": 31, "ME": 31}
_MOST_DAYS = 365 * 8000  # later years have five digits, which not every table package can show


@dataclass(frozen=True, slots=True)
class Clock:
    """Regular time stamps, one per row.

    Attributes:
        start: first stamp, UTC, datetime64[s].
        step: units from one row to the next.
        unit: "s" seconds of UTC; "D" days, "M" months and "ME" month ends of the local calendar in ``tz``, whose
            length in seconds varies.
        length: number of rows.
        tz: time zone of the results, and of calendar factors unless they name another.
        ends: whether a stamp is the end of the time that its row is about, not the start.
        slots: the local times that have rows, if some are closed; then ``step`` is that between neighbouring ones.
        late: seconds from the local time of the first row to ``start``, where summer time skips that time.
    """

    start: np.datetime64
    step: int
    unit: Unit
    length: int
    tz: str = "UTC"
    ends: bool = False
    slots: OpenSlots | None = None
    late: int = 0

    def ending(self) -> "Clock":
        """The clock of stamps that are the ends of steps; dates at the end of a month are of that month already."""
        return self if self.unit == "ME" else replace(self, ends=True)

    def local_begin(self, rows: NDArray[np.int64], tz: str | None = None) -> Stamps:
        """Local time, as in :meth:`local`, at which the times that ``rows`` are about begin: what calendars read."""
        if self.ends and self.slots is not None:
            return self.local(rows, tz) - np.timedelta64(self.slots.step, "s")
        return self.local(rows - 1 if self.ends else rows, tz)

    def read(self, rows: NDArray[np.int64], of: "Callable[[Clock, NDArray[np.int64]], NDArray[Any]]") -> NDArray[Any]:
        """What a function reads from the clock for rows, such as the weekday of each."""
        return of(self, rows)

    def stamps(self, first: int = 0, last: int | None = None) -> Stamps:
        """UTC stamps of rows ``first`` to ``last``, half-open; they may lie past the end.

        Args:
            first: first row.
            last: row after the last one; by default the length.

        Returns:
            (row,) datetime64[s].
        """
        return self.at(np.arange(first, self.length if last is None else last))

    def at(self, rows: NDArray[np.int64]) -> Stamps:
        """UTC stamps of ``rows``, which may lie past the end: datetime64[s] of the same shape."""
        if self.unit == "s" and self.slots is None:
            return self.start + rows * np.timedelta64(self.step, "s")
        return localise_shifting(self._wall(rows), self.tz)

    def _wall(self, rows: NDArray[np.int64]) -> Stamps:
        """Local time of rows of a clock of days, months or slots, also where summer time skips it."""
        wall = local_stamps(np.array([self.start]), self.tz) - np.timedelta64(self.late, "s")
        if self.slots is not None:
            return self.slots.walls(self.slots.numbers(wall)[0] + rows)
        return _advance(wall[0], rows * self.step, self.unit)

    def time_text(self, row: int | np.integer[Any]) -> str:
        """UTC time of a row, for messages."""
        return f"{self.at(np.array([row]))[0]} UTC"

    def local(self, rows: NDArray[np.int64], tz: str | None = None) -> Stamps:
        """Local time of ``rows`` in ``tz``, by default the clock's own zone: datetime64[s] of the same shape."""
        return local_stamps(self.at(rows), self.tz if tz is None else tz)

    def row_of(self, stamp: str | datetime | np.datetime64, after_end: bool = False) -> int:
        """Row at the time ``stamp``.

        Args:
            stamp: text or datetime (local time in the clock's zone unless it names one), or a UTC datetime64.
            after_end: whether the row after the last one is allowed too, as for the start of a forecast.

        Raises:
            DataError: no row has this time.
        """
        moment = one_stamp(stamp, self.tz)
        (row,), (exact,) = self.rows_at(np.array([moment]))
        if exact and 0 <= row < self.length + after_end:
            return int(row)
        end = " or the step after its end" if after_end else ""
        closed = "" if self.slots is None or exact else ", which is closed"
        raise DataError(f"No row is at {stamp} ({moment} UTC){closed}", expected=f"a time among {self}{end}")

    def is_open(self, stamp: np.datetime64) -> bool:
        """Whether the clock would have a row at a UTC stamp, however long it were."""
        return bool(self.rows_at(np.array([stamp], dtype="datetime64[s]"))[1][0])

    def rows_at(self, stamps: Stamps) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Rows at UTC stamps, which may lie before the start or past the end.

        Args:
            stamps: (stamp,) datetime64[s].

        Returns:
            (stamp,) the row of each, that before it where it lies between two; and whether it is exactly at its row.
        """
        if self.slots is not None:
            wall = local_stamps(np.concatenate([np.array([self.start]), stamps]), self.tz)
            numbers = self.slots.numbers(wall)[0]
            rows = numbers[1:] - numbers[0]
            return rows, self.at(rows) == stamps
        since = (stamps - self.start).astype(np.int64)
        if self.unit == "s":
            return since // self.step, since % self.step == 0
        least = self.step * _LEAST_SECONDS[self.unit]
        first, last = (int(edge) // least for edge in (min(since.min(), 0), max(since.max(), 0)))
        grid = self.at(np.arange(first - 1, last + 2))
        places = np.searchsorted(grid, stamps, side="right") - 1
        return places + first - 1, grid[places] == stamps

    def on(self, slots: OpenSlots | None) -> "Clock":
        """A clock of one row with other closed times: at the start, or at the next open time after it."""
        plain = replace(self, slots=None, length=1)
        if slots is None:
            return plain
        wall = local_stamps(np.array([self.start]), self.tz)
        numbers, exact = slots.numbers(wall)
        first = slots.walls(numbers + ~exact)
        return replace(plain, start=localise_shifting(first, self.tz)[0], slots=slots)

    def rows(self, first: int, last: int) -> "Clock":
        """The clock of rows ``first`` to ``last``, half-open."""
        row = np.array([first])
        start, late = self.at(row), 0
        if self.unit != "s" or self.slots is not None:
            late = int((local_stamps(start, self.tz) - self._wall(row))[0].astype(int))
        return replace(self, start=start[0], length=last - first, late=late)

    def steps_per(self, period: Literal["day", "week", "year"]) -> int | None:
        """Rows per period; None where the step does not divide it. Only a clock of months has rows per year.

        Of a clock with closed times these are open rows, and there are rows per day if every open day has as many.
        """
        if self.slots is not None:
            per_day = {*self.slots.per_day}
            return {"day": per_day.pop() if len(per_day) == 1 else None, "week": self.slots.per_week}.get(period)
        if self.unit in ("M", "ME"):
            return _whole(12, self.step) if period == "year" else None
        if period == "year":
            return None
        seconds = self.step * (_DAY if self.unit == "D" else 1)
        return _whole(_DAY if period == "day" else 7 * _DAY, seconds)

    @property
    def rows_a_day(self) -> int:
        """Rows of an ordinary day: the most frequent number of an open day; 1 for longer steps."""
        if self.slots is None:
            return self.steps_per("day") or 1
        return int(np.bincount(self.slots.per_day).argmax())

    @property
    def frequency(self) -> str:
        """The step as short text, such as "1h"."""
        return format_step(self.step, self.unit)

    def to_dict(self) -> dict[str, Any]:
        """Values that JSON can hold."""
        plain: dict[str, Any] = {"start": str(self.start), "step": self.step, "unit": self.unit}
        plain |= {"length": self.length, "tz": self.tz}
        plain |= {"ends": True} if self.ends else {}
        plain |= {"late": self.late} if self.late else {}
        plain |= {} if self.slots is None else {"slots": as_json(asdict(self.slots))}
        return plain

    @staticmethod
    def from_dict(plain: dict[str, Any]) -> "Clock":
        """Read what :meth:`to_dict` wrote.

        Raises:
            ValueError, LookupError, TypeError, DataError: it is malformed.
        """
        start, zone, unit = np.datetime64(plain["start"], "s"), plain["tz"], plain["unit"]
        positive = all(type(plain[name]) is int and plain[name] >= 1 for name in ("step", "length"))
        if np.isnat(start) or unit not in get_args(Unit) or not positive:
            raise ValueError(f"expected a start, a unit of {get_args(Unit)}, a positive step and length, got {plain}")
        slots = adapter_of(OpenSlots).validate_python(plain["slots"]) if plain.get("slots") is not None else None
        per_row = plain["step"] * _DAYS_PER_UNIT[unit] if slots is None else 7 / slots.per_week
        days = abs(int(start.astype(int))) // _DAY + plain["length"] * per_row
        if days > _MOST_DAYS:
            raise ValueError(f"expected a clock within {_MOST_DAYS // 365} years of 1970, got {plain}")
        local_stamps(np.array([start]), zone)
        late = plain.get("late", 0)
        if type(late) is not int or not 0 <= late < _DAY:
            raise ValueError(f"expected a time of day that is skipped by less than a day, got {plain}")
        clock = Clock(start, plain["step"], unit, plain["length"], zone, plain.get("ends") is True, slots, late)
        if slots is not None and not clock.is_open(start):
            raise ValueError(f"expected a start that is open, got {start}")
        return clock

    def __str__(self) -> str:
        """Number of rows, step and range."""
        end = self.time_text(self.length - 1)
        slots = "" if self.slots is None else f" on {self.slots}"
        return f"{plural(self.length, 'row')} every {self.frequency}{slots} from {self.start} to {end}"


def seasons(clock: Clock | None) -> list[int]:
    """Rows per day, week and year, of those periods that have more than one row; empty without a clock."""
    if clock is None:
        return []
    periods = [clock.steps_per(name) for name in ("day", "week", "year")]
    return [period for period in periods if period is not None and period > 1]


def _advance(wall: np.datetime64, units: NDArray[np.int64], unit: Unit) -> Stamps:
    if unit == "D":
        return wall + units * np.timedelta64(1, "D")
    month = wall.astype("datetime64[M]")
    months = month + units
    if unit == "M":
        return cast(Stamps, months.astype("datetime64[s]") + (wall - month))
    to_end = (month + np.timedelta64(1, "M")).astype("datetime64[s]") - wall
    return cast(Stamps, (months + np.timedelta64(1, "M")).astype("datetime64[s]") - to_end)


def _whole(total: int, part: int) -> int | None:
    return total // part if total % part == 0 else None

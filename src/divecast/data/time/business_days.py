"""Opening times as a user writes them: weekdays, hours and holidays."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, Literal, Union

import numpy as np
from numpy.typing import NDArray

from divecast.data.time.calendar import holiday_dates
from divecast.data.time.closed_times import find_slots, step_of
from divecast.data.time.open_slots import DAY, WEEK, OpenSlots, runs_of, second_of_week
from divecast.data.time.opening_text import AUTO, Hours, days_and_hours, hours_of, second_of_day
from divecast.data.time.stamps import Stamps
from divecast.data.time.step import parse_step
from divecast.errors import ConfigError

Opening = Union["BusinessDays", OpenSlots, Literal["auto"], None]
"""Opening times: given; ``auto`` for those that the data tell; None if no time is closed."""

_YEARS_AHEAD = 10  # years after the data for which the holidays of a country are known
_YEARS_WITHOUT_TABLE = 60  # the same, after a start alone


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """Opening times: rows lie in them, and no other time is missing or forecast.

    Attributes:
        weekmask: open weekdays: seven digits from Monday, as in numpy and pandas, or names, with hours of their own if
            some are given: "Mon-Fri 08:00-18:00, Sat 09:00-13:00". Several hours follow one another, and may pass
            midnight: "Tue-Sat 11:00-14:00 18:00-01:00". "auto" for the days and times that the table tells.
        holidays: dates that are closed, or a country whose public holidays are ("DE", "US-NY"; needs the package
            holidays).
        start: time of day from which all these days are open, where ``weekmask`` has no hours.
        end: time of day until which they are. A row at this very time is open only if the table has such rows. Without
            hours, the times of day are those that the table has.

    Example:
        >>> str(BusinessDays().slots("1D"))
        'Mon-Fri'
        >>> shop = BusinessDays("1111110", holidays=["2024-12-25"], start="08:00", end="18:00")
        >>> str(shop.slots("1h"))
        'Mon-Sat 08:00-18:00'
        >>> str(BusinessDays("Mon-Fri 09:00-11:30 12:30-15:00").slots("30min"))
        'Mon-Fri 09:00-11:30 12:30-15:00'
    """

    weekmask: str | Sequence[Any] = "Mon-Fri"
    holidays: str | Sequence[str | date | np.datetime64] = ()
    start: str | time | None = None
    end: str | time | None = None

    def __post_init__(self) -> None:
        """Check that all can be read (ConfigError)."""
        self._hours()
        self.dates(1970, 1970)

    def slots(self, step: str) -> OpenSlots:
        """The open times of a clock with this step, open all day where there are no hours.

        Args:
            step: time from row to row, such as "1h"; a divisor of a day.

        Raises:
            ConfigError: the step does not divide a day, or nothing is open.

        Example:
            >>> BusinessDays("Mon-Tue", start="09:00", end="17:00").slots("1h").per_week
            16
        """
        every, unit = parse_step(step)
        return self.slots_from(every * DAY if unit == "D" else every, np.datetime64("1970-01-01T00:00:00"))

    def slots_from(self, step: int, start: np.datetime64) -> OpenSlots:
        """The open times of a clock that starts at a local time.

        Args:
            step: seconds from row to row.
            start: local time of the first row.

        Raises:
            ConfigError: the step does not divide a day, or nothing is open.

        Example:
            >>> str(BusinessDays("Mon-Fri").slots_from(86400, np.datetime64("2024-01-01T00:00:00")))
            'Mon-Fri'
        """
        return self._of_step(step, np.array([start]), _YEARS_WITHOUT_TABLE)

    def slots_of(self, wall: Stamps) -> OpenSlots:
        """The open times of a table.

        Args:
            wall: (stamp,) different local times in order.

        Raises:
            ConfigError: the step does not divide a day, or nothing is open.

        Example:
            >>> wall = np.array(["2024-01-01T08:00:00", "2024-01-01T09:00:00"], dtype="datetime64[s]")
            >>> str(BusinessDays("Mon-Sat", start="08:00", end="10:00").slots_of(wall))
            'Mon-Sat 08:00-10:00'
        """
        seconds = wall.astype(np.int64)
        steps = seconds[1:] - seconds[:-1]
        return self._of_step(step_of(steps)[0] if len(steps) else DAY, wall, _YEARS_AHEAD)

    def _of_step(self, step: int, wall: Stamps, years_ahead: int) -> OpenSlots:
        if step % DAY == 0 and step % WEEK:
            step = DAY
        if step < 1 or DAY % step:
            raise ConfigError(
                "A clock with closed times needs a step that divides a day",
                found=f"{step} s",
                hint="Leave out {calendar}",
                argument="calendar",
            )
        phase = int(wall[0].astype(np.int64)) % step
        seconds = np.arange(phase, WEEK, step)
        has_row = np.isin(seconds, second_of_week(wall)) & (len(wall) > 1)
        found = find_slots(wall)
        own = seconds if found is None else found.seconds
        times = np.isin(seconds % DAY, own % DAY)
        is_open = np.isin(seconds, own) if self.weekmask == AUTO else np.zeros(len(seconds), dtype=np.bool_)
        for weekday, hours in self._hours().items():
            for first, stop in ((0, DAY),) if hours is None else hours:
                since = (seconds - weekday * DAY - first) % WEEK
                inside = (since < stop - first) & (times if hours is None else True)
                is_open |= inside | ((since == stop - first) & has_row & (hours is not None))
        if not is_open.any():
            raise ConfigError(f"No row every {step} s lies in the opening times", found=repr(self), argument="calendar")
        first, last = (wall[[0, -1]].astype("datetime64[Y]").astype(int) + 1970).tolist()
        dates = self.dates(first - 1, last + years_ahead)
        return OpenSlots(step, runs_of(seconds[is_open], step), tuple(np.datetime_as_string(dates).tolist()))

    def dates(self, first: int, last: int) -> NDArray[np.datetime64]:
        """(holiday,) closed dates in order; of a country, those of the years from ``first`` to ``last``.

        Raises:
            ConfigError: they cannot be read.

        Example:
            >>> BusinessDays(holidays=["2024-12-26", "2024-12-25"]).dates(2024, 2024).astype(str).tolist()
            ['2024-12-25', '2024-12-26']
        """
        if isinstance(self.holidays, str):
            return holiday_dates(self.holidays, first, last)
        try:
            return np.unique(np.array([np.datetime64(str(day)[:10]) for day in self.holidays], dtype="datetime64[D]"))
        except (TypeError, ValueError) as error:
            raise ConfigError(
                expected='dates such as "2024-12-25", or a country such as "DE"',
                found=f"{self.holidays!r:.80}",
                argument="holidays",
            ) from error

    def _hours(self) -> dict[int, Hours | None]:
        """Open hours of each open weekday, seconds of the day; None where it is open at all times of the table."""
        by_day = days_and_hours(self.weekmask)
        if self.start is None and self.end is None:
            return by_day
        if not by_day or any(hours is not None for hours in by_day.values()):
            raise ConfigError(
                "Hours are given twice, or without weekdays", hint="Leave out {start} and {end}", argument="calendar"
            )
        hours = hours_of(second_of_day(self.start, 0), second_of_day(self.end, DAY))
        return dict.fromkeys(by_day, (hours,))


def calendar_from_text(text: str | None, holidays: Sequence[str]) -> Opening:
    """Opening times as written on the command line.

    Args:
        text: "auto" or None for the times that the data tell, "none" for no closed times, else as in
            :class:`BusinessDays`.
        holidays: dates, or one country.

    Raises:
        ConfigError: a text has another form.
    """
    if text in (None, "auto") and not holidays:
        return "auto"
    if text == "none":
        return None
    return BusinessDays(text or AUTO, _dates_or_country(holidays))


def read_holidays(holidays: Sequence[str], first: int, last: int) -> tuple[str, ...]:
    """Dates as ISO text, from dates or a country as written on the command line, and years of the country's holidays.

    Raises:
        ConfigError: a text has another form.
    """
    dates = BusinessDays(AUTO, _dates_or_country(holidays)).dates(first, last)
    return tuple(np.datetime_as_string(dates).tolist())


def _dates_or_country(holidays: Sequence[str]) -> str | list[str]:
    dates = [text.strip() for given in holidays for text in given.split(",")]
    return dates[0] if len(dates) == 1 and not dates[0][:1].isdigit() else dates

"""Weekdays and hours as text: "Mon-Fri 08:00-18:00, Sat 09:00-13:00"."""

import re
from collections.abc import Sequence
from datetime import time
from typing import Any, NoReturn

from divecast.data.time.open_slots import DAY, WEEKDAYS
from divecast.errors import ConfigError

Hours = tuple[tuple[int, int], ...]

AUTO = "auto"
"""In place of weekdays: those that the table tells."""

_DAY = r"[A-Za-z]{3,9}\.?"
_DAYS = re.compile(rf"({_DAY})(?:-({_DAY}))?")
_INTERVAL = re.compile(r"(\d\d?)(?::(\d\d))?-(\d\d?)(?::(\d\d))?")
_MASK = re.compile(r"[01]{7}")
_EXPECTED = (
    'weekdays, with hours if they are not open all day, such as "Mon-Fri", "1111100" or "Mon-Fri 08:00-18:00, Sat '
    '09:00-13:00"'
)


def days_and_hours(weekmask: str | Sequence[Any]) -> dict[int, Hours | None]:
    """Read weekdays and their hours.

    Args:
        weekmask: as in :class:`divecast.data.time.business_days.BusinessDays`.

    Returns:
        Hours of each open weekday, Monday 0, in seconds of the day; None where there are none. Empty for "auto".

    Raises:
        ConfigError: it has another form.
    """
    if not isinstance(weekmask, str):
        marks = "".join("1" if mark in (True, 1, "1") else "0" for mark in weekmask)
        weekmask = marks if len(marks) == len(WEEKDAYS) else repr(weekmask)
    if weekmask == AUTO:
        return {}
    if _MASK.fullmatch(weekmask.strip()):
        return {day: None for day, mark in enumerate(weekmask.strip()) if mark == "1"} or _refuse(weekmask)
    by_day: dict[int, Hours | None] = {}
    for clause in re.split(r"[,;]", weekmask):
        days, hours = _clause(clause, weekmask)
        for day in days or range(7):
            by_day[day] = (*(by_day.get(day) or ()), *hours) or None
    if len({hours is None for hours in by_day.values()}) != 1:
        raise ConfigError(
            f"Some days of {weekmask!r} have hours and others have none",
            hint='Write "00:00-24:00" for a day that is open all day',
            argument="calendar",
        )
    return by_day


def _clause(clause: str, text: str) -> tuple[list[int], Hours]:
    """Weekdays and hours of a part of a text."""
    days: list[int] = []
    hours: Hours = ()
    for word in clause.split():
        if match := _INTERVAL.fullmatch(word):
            first, first_minute, stop, stop_minute = (int(part or 0) for part in match.groups())
            hours = (*hours, hours_of(first * 3600 + first_minute * 60, stop * 3600 + stop_minute * 60))
        elif (match := _DAYS.fullmatch(word)) and not hours:
            days += _range_of_days(match[1], match[2] or match[1], text)
        else:
            _refuse(text)
    return (days, hours) if days or hours else _refuse(text)


def _range_of_days(first: str, last: str, text: str) -> list[int]:
    places = [next((at for at, day in enumerate(WEEKDAYS) if name[:3].title() == day), -1) for name in (first, last)]
    if -1 in places:
        _refuse(text)
    return [(places[0] + day) % 7 for day in range((places[1] - places[0]) % 7 + 1)]


def hours_of(first: int, stop: int) -> tuple[int, int]:
    """Start and end in seconds of the day; an end that is not later is on the next day (ConfigError)."""
    if not (0 <= first < DAY and 0 <= stop <= DAY):
        raise ConfigError(
            expected="times of day from 00:00 to 24:00", found=f"{first} s to {stop} s", argument="calendar"
        )
    return first, stop if stop > first else stop + DAY


def second_of_day(moment: str | time | None, default: int) -> int:
    """Seconds of a time of day such as "08:00" after midnight; ``default`` for None (ConfigError)."""
    if moment is None:
        return default
    if isinstance(moment, time):
        return moment.hour * 3600 + moment.minute * 60 + moment.second
    match = re.fullmatch(r"(\d\d?):(\d\d)", moment) if isinstance(moment, str) else None
    if match is None:
        raise ConfigError(expected='a time of day such as "08:00"', found=repr(moment), argument="calendar")
    return int(match[1]) * 3600 + int(match[2]) * 60


def _refuse(weekmask: str) -> NoReturn:
    raise ConfigError(expected=_EXPECTED, found=repr(weekmask), argument="calendar")

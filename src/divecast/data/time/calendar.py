"""Classes of the calendar factors, computed from local time."""

import numpy as np
from numpy.typing import NDArray

from divecast._optional import need
from divecast.data.factors import Calendar
from divecast.data.time.stamps import Stamps
from divecast.errors import ConfigError

CALENDAR_CLASSES: dict[str, tuple[str, ...]] = {
    "hour": tuple(f"{hour:02}" for hour in range(24)),
    "half_hour": tuple(f"{half // 2:02}:{half % 2 * 30:02}" for half in range(48)),
    "weekday": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "weekend": ("no", "yes"),
    "month": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "season": ("winter", "spring", "summer", "autumn"),
    "holiday": ("no", "yes"),
}
Dates = NDArray[np.datetime64]

# 1970-01-01, day 0 of numpy, was a Thursday.
_EPOCH_WEEKDAY = 3


def calendar_codes(local: Stamps, factor: Calendar) -> NDArray[np.int16]:
    """Class index of each local time.

    Args:
        local: (row,) local time, datetime64[s].
        factor: the factor.

    Returns:
        (row,) int16 indices into ``CALENDAR_CLASSES[factor.name]``.

    Raises:
        ConfigError: holidays are asked for without the ``holidays`` package, or of an unknown country.
    """
    days = local.astype("datetime64[D]")
    day = days.astype(np.int64)
    seconds = local.astype(np.int64) - 86400 * day
    month = local.astype("datetime64[M]").astype(np.int64) % 12
    weekday = (day + _EPOCH_WEEKDAY) % 7
    match factor.name:
        case "hour":
            codes = seconds // 3600
        case "half_hour":
            codes = seconds // 1800
        case "weekday":
            codes = weekday
        case "weekend":
            codes = weekday // 5
        case "month":
            codes = month
        case "season":
            codes = (month + 1) % 12 // 3
        case "holiday":
            codes = _is_holiday(days, factor.country or "")
    return codes.astype(np.int16)


def holiday_dates(country: str, first: int, last: int) -> Dates:
    """Public holidays.

    Args:
        country: country such as "DE", or part of one such as "US-NY".
        first: first year.
        last: last year.

    Returns:
        (holiday,) datetime64[D] in order.

    Raises:
        ConfigError: the ``holidays`` package is missing or does not know the country.
    """
    holidays = need("holidays")
    code, _, subdivision = country.partition("-")
    try:
        dates = holidays.country_holidays(code, subdiv=subdivision or None, years=range(first, last + 1))
    except NotImplementedError as error:
        raise ConfigError(f"The package holidays does not know the country {country!r} ({error})") from error
    return np.array(sorted(dates), dtype="datetime64[D]")


def _is_holiday(days: Dates, country: str) -> NDArray[np.int64]:
    dates = holiday_dates(country, int(str(days.min())[:4]), int(str(days.max())[:4]))
    return np.isin(days, dates).astype(np.int64)

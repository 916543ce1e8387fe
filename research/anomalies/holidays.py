"""Days by what their weekday is read as, beside the calendar of holidays.

Of a day the six windows count that end with its hours 18 to 23. ``surprise`` is the mean of -log p(weekday of the
calendar | window), nats; ``sunday`` the mean of log p(Sunday | window) - log p(weekday of the calendar | window). No
holiday was told in the fit, and no window reaches beyond its day.
"""

from typing import Any, Literal

import holidays
import numpy as np
from numpy.typing import NDArray

from divecast import Calendar
from research.anomalies.fits import Judge

STATES = ("BB", "BE", "BW", "BY", "HB", "HE", "HH", "MV", "NI", "NW", "RP", "SH", "SL", "SN", "ST", "TH")
N_WINDOWS = 6
Part = Literal["valid", "test", "all"]
NAMES = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def days_of_test(judge: Judge, part: Part) -> dict[str, Any]:
    """Return the days of a part of eia, with US federal holidays."""
    dates, columns = _days(judge, part)
    return _told(dates, columns, _us_holidays(dates))


def days_of_halves(halves: tuple[Judge, Judge]) -> dict[str, Any]:
    """Return all days of the loads, each judged by the model of the other half, with German holidays."""
    found = []
    for judge in halves:
        dates, columns = _days(judge, "all")
        seen = judge.fitted_on.clock.local(np.arange(len(judge.fitted_on.values))).astype("datetime64[D]")
        unseen = ~np.isin(dates, seen)
        found.append((dates[unseen], columns[:, unseen]))
    dates, columns = (np.concatenate(each, axis=-1) for each in zip(*found, strict=True))
    order = np.argsort(dates)
    return _told(dates[order], columns[:, order], _german_holidays(dates[order]))


def _days(judge: Judge, part: Part) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return the whole days, and (surprise, sunday, given, read) by day."""
    found = judge.model.anomalies(judge.panel, part)
    place = found.factors.index("weekday")
    stamps = judge.panel.clock.local(found.keys.origins - 1, _zone(judge))
    evening = (stamps - stamps.astype("datetime64[D]")).astype("timedelta64[h]").astype(int) >= 24 - N_WINDOWS
    dates, member, count = np.unique(stamps[evening].astype("datetime64[D]"), return_inverse=True, return_counts=True)
    scores = found.raw_scores
    each = np.column_stack([scores.surprise[:, place], found.log_odds("weekday", "Sun"), scores.log_posteriors[place]])
    mean = np.zeros((len(dates), each.shape[1]))
    np.add.at(mean, member, each[evening])
    surprise, sunday, *log_p = mean.T / count
    given = (dates.astype(np.int64) + 3) % 7  # 1970-01-01 was a Thursday
    columns = np.stack([surprise, sunday, given, np.argmax(log_p, axis=0)])
    return dates[count == N_WINDOWS], columns[:, count == N_WINDOWS]


def _zone(judge: Judge) -> str | None:
    factors = judge.model.fitted_model.factors
    return next(factor.tz for factor in factors if isinstance(factor, Calendar) and factor.name == "weekday")


def _told(dates: NDArray[Any], columns: NDArray[np.float64], names: list[str]) -> dict[str, Any]:
    surprise, sunday, given, read = columns
    return {
        "dates": dates.astype(str).tolist(),
        "surprise": surprise.round(3).tolist(),
        "sunday": sunday.round(3).tolist(),
        "given": [NAMES[int(at)] for at in given],
        "read": [NAMES[int(at)] for at in read],
        "holiday": names,
    }


def _us_holidays(dates: NDArray[Any]) -> list[str]:
    known = holidays.country_holidays("US", years=_years(dates))
    return [known.get(str(date), "") for date in dates]


def _german_holidays(dates: NDArray[Any]) -> list[str]:
    """Return the name, with how many of the 16 states have it unless all do; "" on other days."""
    states = [holidays.country_holidays("DE", subdiv=state, years=_years(dates), language="en_US") for state in STATES]
    found = []
    for date in map(str, dates):
        names = [state[date] for state in states if date in state]
        told = f" ({len(names)} of {len(states)} states)" if 0 < len(names) < len(states) else ""
        found.append(f"{names[0]}{told}" if names else "")
    return found


def _years(dates: NDArray[Any]) -> range:
    return range(int(str(dates.min())[:4]), int(str(dates.max())[:4]) + 1)

"""The six big holidays of the US and the days after them, as rows of a panel."""

from datetime import date

import numpy as np
from numpy.typing import NDArray

from divecast import Panel

ZONE = "America/New_York"


def big_holidays(year: int) -> tuple[date, ...]:
    """Return New Year's Day, Memorial Day, Independence Day, Labor Day, Thanksgiving and Christmas."""
    last_of_may = date(year, 5, 31)
    return (
        date(year, 1, 1),
        date(year, 5, 31 - last_of_may.weekday()),
        date(year, 7, 4),
        date(year, 9, 1 + -date(year, 9, 1).weekday() % 7),
        date(year, 11, 22 + (3 - date(year, 11, 22).weekday()) % 7),
        date(year, 12, 25),
    )


def holiday_rows(panel: Panel) -> dict[str, NDArray[np.bool_]]:
    """Return (row,) whether a row lies on a big holiday, on the day after one, on any other day, or on any at all."""
    days = panel.clock.local(np.arange(panel.clock.length), ZONE).astype("datetime64[D]")
    years = range(int(str(days[0])[:4]), int(str(days[-1])[:4]) + 1)
    big = np.array([day for year in years for day in big_holidays(year)], dtype="datetime64[D]")
    on, after = np.isin(days, big), np.isin(days, big + 1)
    return {"holiday": on, "after": after & ~on, "other": ~(on | after), "all": np.ones_like(on)}

"""Labellings proposed to fitted models: holidays that no one told them, others that look alike, and chance."""

from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast import Panel, Recordings
from research.known.holidays import ZONE, big_holidays

YEARS = range(2020, 2025)
CHANCE = 4
"""Random labellings of each model."""


def us_holidays() -> list[date]:
    """Return the federal holidays of the US, as the package holidays has them."""
    from holidays import country_holidays

    return sorted(country_holidays("US", years=[*YEARS]))


def days_of(kind: str, seed: int) -> list[date]:
    """Return the days that a proposal names.

    Args:
        kind: ``big holidays``, ``federal holidays``, ``days after big holidays``, ``two weeks after big holidays``,
            ``storms`` (50 times three days, drawn at random: no one knows of such storms), ``full moon`` (every 29.53
            days), ``first of month`` or ``chance N``, as many weekdays as there are big holidays, drawn with seed N.
        seed: of the draw of storms.
    """
    big = [day for year in YEARS for day in big_holidays(year)]
    everyday = [date(2020, 1, 1) + timedelta(days=number) for number in range(366 + 3 * 365 + 366)]
    if kind.startswith("chance"):
        draw = np.random.default_rng([seed, int(kind.rpartition(" ")[2])])
        weekdays = [day for day in everyday if day.weekday() < 5]
        return sorted(weekdays[number] for number in draw.choice(len(weekdays), len(big), replace=False))
    starts = np.random.default_rng(seed).choice(len(everyday) - 3, 50, replace=False)
    moons = [date(2020, 1, 10) + timedelta(days=round(29.530588 * number)) for number in range(62)]
    named = {
        "big holidays": big,
        "federal holidays": us_holidays(),
        "days after big holidays": [day + timedelta(days=1) for day in big],
        "two weeks after big holidays": [day + timedelta(days=14) for day in big],
        "storms": [everyday[start + more] for start in starts for more in range(3)],
        "full moon": moons,
        "first of month": [day for day in everyday if day.day == 1],
    }
    return sorted({*named[kind]} & {*everyday})


def spans_of(days: list[date], panel: Panel) -> list[tuple[np.datetime64, np.datetime64]]:
    """Return the days of the eastern US as spans of the clock of a panel, UTC."""
    local = panel.clock.local(np.arange(panel.clock.length), ZONE).astype("datetime64[D]")
    stamps = panel.clock.stamps()
    spans = []
    for day in days:
        rows = np.flatnonzero(local == np.datetime64(day))
        if len(rows):
            spans.append((stamps[rows[0]], stamps[rows[-1]]))
    return spans


def class_of_recordings(kind: str, data: Recordings, seed: int) -> dict[str, Any]:
    """Return the class of each recording.

    Args:
        kind: the label column ``exercise`` or ``side``, ``half`` (whether its number is even), or ``chance N``.
        data: the recordings.
        seed: of the draw.
    """
    if kind in data.labels:
        classes: NDArray[Any] = data.labels[kind]
    elif kind == "half":
        classes = np.where(np.arange(len(data.names)) % 2, "odd", "even")
    else:
        draw = np.random.default_rng([seed, int(kind.rpartition(" ")[2])])
        classes = draw.permutation(data.labels["exercise"])
    return {name: None if each is None else str(each) for name, each in zip(data.names, classes, strict=True)}

"""The pictures of the demo; drawing them needs matplotlib."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from divecast.data import ByTime, Panel, split
from divecast.estimator import DeepDIVE
from divecast.inference.results import Forecast
from divecast.persistence.atomic import replacing
from divecast.plots.code import CodeDisplay
from divecast.plots.forecast import ForecastDisplay
from divecast.plots.style import styled
from divecast.plots.what_if import WhatIfDisplay

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROFILES = ("H0-A", "G0-A")
SHOPS = ("G0-A", "G6-A")  # low on Sundays, and high
_DAYS = 7
_WEDNESDAY = 2
_DPI = 110  # small files, that a page can show


def draw_forecasts(panel: Panel, rolling: Forecast, path: Path) -> None:
    """Draw a week of forecasts of two profiles, and what came.

    Args:
        panel: hourly values.
        rolling: forecasts of a day each, following one another, with quantiles.
        path: PNG file.
    """
    first = max(0, len(rolling.mean) // 2 - 1)
    week = range(first, min(first + _DAYS, len(rolling.mean)))
    _write(ForecastDisplay.from_forecast(rolling, panel, _named(panel, PROFILES), list(week)).plot(), path)


def draw_code_map(model: DeepDIVE, panel: Panel, path: Path) -> None:
    """Draw the code of every window of the test part, coloured by hour and by weekday.

    Args:
        model: fitted on the panel.
        panel: hourly values.
        path: PNG file.
    """
    _write(CodeDisplay.from_estimator(model, panel, "test").plot(), path)


def draw_what_if(model: DeepDIVE, panel: Panel, path: Path) -> None:
    """Draw the forecast of a Wednesday beside that of the same day, were it a Sunday.

    Args:
        model: fitted on the panel, with the factor weekday.
        panel: hourly values.
        path: PNG file.
    """
    at = panel.clock.stamps()[first_hour_of_a_wednesday(panel)]
    found = model.what_if(panel, factor="weekday", to="Sun", at=at)
    _write(WhatIfDisplay.from_counterfactual(found, _named(panel, SHOPS)).plot(), path)


def first_hour_of_a_wednesday(panel: Panel) -> int:
    """Return the row of 1:00 of the first Wednesday in the second half of the test part.

    The forecast that starts there comes from a window whose last row, midnight, is that day's, and so is its class.
    """
    test = split(panel, ByTime()).test.rows()
    rows = test[len(test) // 2 :]
    wall = panel.clock.local(rows)
    days = wall.astype("datetime64[D]")
    # Day 0 of datetime64, 1970-01-01, was a Thursday.
    wanted = ((days.astype(np.int64) + 3) % 7 == _WEDNESDAY) & (wall - days == np.timedelta64(1, "h"))
    return int(rows[wanted][0])


def _named(panel: Panel, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in panel.channels] or list(panel.channels[:2])


def _write(figure: "Figure", path: Path) -> None:
    with replacing(path) as temporary, styled():
        figure.savefig(temporary, format="png", dpi=_DPI)

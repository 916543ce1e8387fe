"""The figures of the demo; they need matplotlib."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from divecast.data import Panel
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
_DPI = 110  # small files, that a page can show


def draw_forecasts(panel: Panel, rolling: Forecast, path: Path) -> None:
    """Draw a week of forecasts of two profiles, and the observed values.

    Args:
        panel: hourly values.
        rolling: consecutive forecasts of one day each, with quantiles.
        path: PNG file.
    """
    first = max(0, len(rolling.mean) // 2 - 1)
    week = range(first, min(first + _DAYS, len(rolling.mean)))
    _write(ForecastDisplay.from_forecast(rolling, panel, _named(panel, PROFILES), list(week)).plot(), path)


def draw_code_map(model: DeepDIVE, panel: Panel, path: Path) -> None:
    """Draw the code of every window of the test part, coloured by hour and by weekday."""
    _write(CodeDisplay.from_estimator(model, panel, "test").plot(), path)


def draw_what_if(model: DeepDIVE, panel: Panel, start: np.datetime64, path: Path) -> None:
    """Draw the forecast from ``start``, and the forecast of the same day if it were a Sunday."""
    answer = model.what_if(panel, factor="weekday", to="Sun", at=start)
    _write(WhatIfDisplay.from_counterfactual(answer, _named(panel, SHOPS)).plot(), path)


def _named(panel: Panel, names: tuple[str, ...]) -> list[str]:
    return [name for name in names if name in panel.channels] or list(panel.channels[:2])


def _write(figure: "Figure", path: Path) -> None:
    with replacing(path) as temporary, styled():
        figure.savefig(temporary, format="png", dpi=_DPI)

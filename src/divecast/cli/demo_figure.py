"""The picture of the demo; importing this module needs matplotlib."""

from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from divecast.atomic import replacing
from divecast.data import Panel
from divecast.results import Codes, Forecast

PROFILES = ("H0-A", "G0-A")
_DAYS = 7
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_BLUE, _INK = "#2f6db3", "#222222"


def draw_demo(panel: Panel, rolling: Forecast, codes: Codes, path: Path) -> None:
    """Draw forecasts of two profiles above the code of hour and weekday.

    Args:
        panel: Hourly values.
        rolling: Forecasts of a day each, following one another, with quantiles.
        codes: With the factors hour and weekday, each of two dimensions or more.
        path: PNG file.
    """
    figure = Figure(figsize=(11, 9), layout="constrained")
    grid = figure.add_gridspec(3, 2, height_ratios=(1, 1, 1.7))
    names = [name for name in PROFILES if name in panel.channels] or list(panel.channels[:2])
    for row, name in enumerate(names):
        _draw_forecast(figure.add_subplot(grid[row, :]), panel, rolling, name)
    rows = codes.keys.origins - 1
    wall = panel.clock.local(rows)
    hours = (wall - wall.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
    # Day 0 of datetime64, 1970-01-01, was a Thursday.
    weekdays = (wall.astype("datetime64[D]").astype(int) + 3) % 7
    _draw_code(figure, figure.add_subplot(grid[2, 0]), codes, "hour", hours)
    _draw_code(figure, figure.add_subplot(grid[2, 1]), codes, "weekday", weekdays)
    with replacing(path) as temporary:
        figure.savefig(temporary, format="png", dpi=130)


def _draw_forecast(axes: Axes, panel: Panel, rolling: Forecast, name: str) -> None:
    channel = panel.channels.index(name)
    middle = len(rolling.mean) // 2
    shown = slice(middle, middle + _DAYS)
    stamps = rolling.keys.stamps[shown, 1:].reshape(-1)
    first = panel.clock.row_of(stamps[0])
    rows = np.arange(first, first + len(stamps))
    wall = panel.clock.local(rows)
    low, high = (rolling.quantiles[at, shown, :, channel].reshape(-1) for at in (0, -1))
    share = rolling.levels[-1] - rolling.levels[0]
    axes.fill_between(wall, low, high, color=_BLUE, alpha=0.25, linewidth=0, label=f"{share:.0%} interval")
    axes.plot(wall, rolling.mean[shown, :, channel].reshape(-1), color=_BLUE, linewidth=1.4, label="forecast")
    axes.plot(wall, panel.values[rows, channel], color=_INK, linewidth=0.9, label="measured")
    for day in wall[:: rolling.mean.shape[1]]:
        axes.axvline(day, color="#bbbbbb", linewidth=0.5, zorder=0)
    axes.set_title(f"{name}: a forecast of 24 hours a day, a week of the test part", loc="left", fontsize=10)
    axes.set_ylabel("share of peak load")
    axes.margins(x=0)
    axes.legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=3, fontsize=8, frameon=False)


def _draw_code(figure: Figure, axes: Axes, codes: Codes, factor: str, classes: np.ndarray) -> None:
    block = codes.b_mean[codes.factors.index(factor)]
    n_classes = 24 if factor == "hour" else 7
    colours = colormaps["twilight" if factor == "hour" else "Dark2"].resampled(n_classes)
    points = axes.scatter(block[:, 0], block[:, 1], c=classes, cmap=colours, s=7, linewidths=0)
    points.set_clim(-0.5, n_classes - 0.5)
    bar = figure.colorbar(points, ax=axes, fraction=0.04)
    if factor == "weekday":
        bar.set_ticks(range(len(_WEEKDAYS)), labels=list(_WEEKDAYS))
    axes.set_title(f"Code of every test window, block of {factor}", loc="left", fontsize=10)
    axes.set_xlabel(f"b_{factor}0")
    axes.set_ylabel(f"b_{factor}1")
    axes.set_aspect("equal", adjustable="datalim")

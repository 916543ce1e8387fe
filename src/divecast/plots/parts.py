"""Plot of what a forecast is made of."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.inference.results import ForecastParts
from divecast.plots.display import Display
from divecast.plots.narrow import Series, narrow_parts, pick_series, pick_window
from divecast.plots.style import GREY, HATCHES, INK, as_text, as_texts, class_colours, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class PartsDisplay(Display):
    """The parts of the forecast of one window, stacked: from the level, those above 0 upwards, those below downwards.

    One panel per series.

    Attributes:
        parts: of the window and series shown.

    Example:
        >>> from divecast.plots import PartsDisplay
        >>> display = PartsDisplay.from_parts(model.forecast(panel).parts(), "G0-A")
        >>> display.plot().axes[0].get_title(loc="left")
        'G0-A'
    """

    parts: ForecastParts

    @classmethod
    def from_parts(cls, parts: ForecastParts, series: Series = None, window: int = 0) -> "PartsDisplay":
        """Choose a window and series.

        Args:
            parts: of one or more windows.
            series: names of channels; the first three by default.
            window: index of the window; negative ones count from the end.

        Raises:
            ConfigError: there is no such window or series.

        Example:
            >>> from divecast.plots import PartsDisplay
            >>> PartsDisplay.from_parts(model.forecast(panel).parts(), window=-1).parts.mean.shape
            (1, 24, 3)
        """
        picked = pick_window(parts.values.shape[1], window)
        return cls(narrow_parts(parts, picked, pick_series(parts.channels, series)))

    def frame(self) -> Any:
        """Return ``ForecastParts.frame`` of what is shown, one row per series, step and part.

        Example:
            >>> from divecast.plots import PartsDisplay
            >>> list(PartsDisplay.from_parts(model.forecast(panel).parts()).frame().columns[4:])
            ['part', 'kind', 'value']
        """
        return self.parts.frame()

    def _draw(self, ax: Any) -> "Figure":
        names = self.parts.channels
        figure, axes = panels(ax, (len(names), 1), 1.2 + 1.5 * len(names))
        for channel, (panel, name) in enumerate(zip(axes, names, strict=True)):
            self._draw_series(panel, channel)
            panel.set_title(as_text(name), loc="left")
        axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        axes[-1].set_xlabel("step ahead")
        return figure

    def _draw_series(self, axes: "Axes", channel: int) -> None:
        values = self.parts.values[:, 0, :, channel].astype(np.float64)
        steps, level = np.arange(1, values.shape[1] + 1), values[0]
        colours, labels = class_colours("plain", len(values) - 1), as_texts(self.parts.names)
        above, below = level.copy(), level.copy()
        for place, part in enumerate(values[1:]):
            look = {"color": colours[place], "hatch": HATCHES[place % len(HATCHES)], "edgecolor": "white", "lw": 0}
            axes.bar(steps, part, 0.9, np.where(part >= 0, above, below), label=labels[place + 1], **look)
            above, below = above + np.maximum(part, 0), below + np.minimum(part, 0)
        axes.step(steps, level, where="mid", color=GREY, lw=1.0, label=labels[0])
        axes.plot(steps, values.sum(axis=0), color=INK, lw=1.0, marker=".", ms=4, label="forecast")
        axes.margins(x=0.01)

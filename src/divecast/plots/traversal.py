"""Plot of a window and its forecast along a traversal of the code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.plots.display import Display
from divecast.plots.narrow import Series, narrow_traversal, pick_series, pick_window
from divecast.plots.style import GREY, INK, as_text, cycle_colours, name_colours, panels, scale_colours

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class TraversalDisplay(Display):
    """Reconstruction and forecast of one window, one line per position of the moved dimension, one panel per series.

    Attributes:
        traversal: of the window and series shown.

    Example:
        >>> from divecast.plots import TraversalDisplay
        >>> display = TraversalDisplay.from_traversal(model.traverse(panel, "a0"), "G0-A")
        >>> display.traversal.dimension
        'a0'
    """

    traversal: Traversal

    @classmethod
    def from_traversal(cls, traversal: Traversal, series: Series = None, window: int = 0) -> "TraversalDisplay":
        """Choose a window and series.

        Args:
            traversal: from ``DeepDIVE.traverse``.
            series: names of channels; the first three by default.
            window: index of the window; negative ones count from the end.

        Raises:
            ConfigError: there is no such window or series.

        Example:
            >>> from divecast.plots import TraversalDisplay
            >>> display = TraversalDisplay.from_traversal(model.traverse(panel, "b_weekday"), ["G0-A", "G1-A"])
            >>> len(display.traversal.channels)
            2
        """
        shown = pick_series(traversal.channels, series)
        return cls(narrow_traversal(traversal, pick_window(len(traversal.own_position), window), shown))

    def frame(self) -> Any:
        """Return ``Traversal.frame`` of what is shown, one row per position, series and step.

        Example:
            >>> from divecast.plots import TraversalDisplay
            >>> traversal = model.traverse(panel, "a0", positions=[-1.0, 1.0])
            >>> len(TraversalDisplay.from_traversal(traversal, "G0-A").frame())  # 48 rows and 24 steps
            144
        """
        return self.traversal.frame()

    def _draw(self, ax: Any) -> "Figure":
        traversal, n = self.traversal, len(self.traversal.channels)
        figure, axes = panels(ax, (n, 1), 0.9 + 1.5 * n)
        turns = traversal.positions / max(1, len(traversal.classes))
        colours = cycle_colours(turns) if traversal.closes else scale_colours(len(turns))
        for channel, (panel, name) in enumerate(zip(axes, traversal.channels, strict=True)):
            self._draw_series(panel, channel, colours)
            panel.set_title(as_text(name), loc="left")
        axes[-1].set_xlabel("step ahead; up to 0 the reconstruction of the window, then the forecast")
        axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
        name_colours(figure, axes, colours, self._positions(), f"{traversal.dimension}, {traversal.unit}")
        return figure

    def _draw_series(self, axes: "Axes", channel: int, colours: Any) -> None:
        shown = self.traversal
        lookback, horizon = shown.windows.shape[2], shown.forecasts.shape[2]
        steps = np.arange(1 - lookback, horizon + 1)
        for place, colour in enumerate(colours):
            line = np.concatenate([shown.windows[0, place, :, channel], shown.forecasts[0, place, :, channel]])
            axes.plot(steps, line, color=colour, lw=0.9)
        own = np.concatenate([shown.own_windows[0, :, channel], shown.own_forecasts[0, :, channel]])
        axes.plot(steps, own, color=INK, lw=1.1, ls="--", label="the window's own code")
        axes.axvline(0.5, color=GREY, lw=0.6, ls=":")
        axes.xaxis.set_major_locator(need("matplotlib.ticker").MaxNLocator(integer=True))
        axes.margins(x=0.01)

    def _positions(self) -> list[str]:
        """Return the names of the positions: classes where they lie on one, else numbers."""
        positions, classes = self.traversal.positions, self.traversal.classes
        if self.traversal.unit != "class":
            return [f"{position:.3g}" for position in positions]
        return [classes[int(p) % len(classes)] if float(p).is_integer() else f"{p:.3g}" for p in positions]

"""Picture of a window and its forecast while one dimension of the code moves."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.explain.counterfactuals.traversal import Traversal
from divecast.plots.narrow import Series, narrow_traversal, pick_series, pick_window
from divecast.plots.style import GREY, INK, as_text, cycle_colours, name_colours, panels, scale_colours, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class TraversalDisplay:
    """One window given back and forecast, a line a position of the moved dimension.

    Attributes:
        found: cut down to one window and the series shown.
    """

    found: Traversal

    @classmethod
    def from_traversal(cls, found: Traversal, series: Series = None, window: int = 0) -> "TraversalDisplay":
        """Choose a window and series, by name; the first three when left out.

        Raises:
            ConfigError: there is no such window or series.
        """
        at = pick_series(found.channels, series)
        return cls(narrow_traversal(found, pick_window(len(found.own_position), window), at))

    def frame(self) -> Any:
        """Return a row per position, series and step, as ``Traversal.frame``."""
        return self.found.frame()

    def plot(self, axes: Any = None) -> "Figure":
        """Plot a panel a series; ``axes`` may be as many of the caller's."""
        with styled():
            found, n = self.found, len(self.found.channels)
            figure, flat = panels(axes, (n, 1), 0.9 + 1.5 * n)
            closed, turns = found.closes, found.positions / max(1, len(found.classes))
            colours = cycle_colours(turns) if closed else scale_colours(len(turns))
            for at, (panel, name) in enumerate(zip(flat, found.channels, strict=True)):
                self._plot_series(panel, at, colours)
                panel.set_title(as_text(name), loc="left")
            flat[-1].set_xlabel("step ahead; up to 0 the window given back, then the forecast")
            flat[0].legend(loc="lower right", bbox_to_anchor=(1, 1), frameon=False)
            name_colours(figure, flat, colours, self._positions(), f"{found.dimension}, {found.unit}")
        return figure

    def _plot_series(self, axes: "Axes", at: int, colours: Any) -> None:
        found = self.found
        lookback, horizon = found.windows.shape[2], found.forecasts.shape[2]
        steps = np.arange(1 - lookback, horizon + 1)
        for place, colour in enumerate(colours):
            line = np.concatenate([found.windows[0, place, :, at], found.forecasts[0, place, :, at]])
            axes.plot(steps, line, color=colour, lw=0.9)
        own = np.concatenate([found.own_windows[0, :, at], found.own_forecasts[0, :, at]])
        axes.plot(steps, own, color=INK, lw=1.1, ls="--", label="the window's own code")
        axes.axvline(0.5, color=GREY, lw=0.6, ls=":")
        axes.xaxis.set_major_locator(need("matplotlib.ticker").MaxNLocator(integer=True))
        axes.margins(x=0.01)

    def _positions(self) -> list[str]:
        """Name the positions; along a way of classes those that lie on a class by the class."""
        found = self.found
        if found.unit != "class":
            return [f"{position:.3g}" for position in found.positions]
        n = len(found.classes)
        return [found.classes[int(p) % n] if float(p).is_integer() else f"{p:.3g}" for p in found.positions]

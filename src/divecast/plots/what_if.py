"""Picture of a forecast as it is, and as it would be under another code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.plots.forecast import plot_bands
from divecast.plots.narrow import Series, narrow_counterfactual, pick_series, pick_window
from divecast.plots.style import BLUE, GREY, INK, ORANGE, as_text, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class WhatIfDisplay:
    """Both forecasts of one window with their intervals, and the difference of their means.

    Attributes:
        found: cut down to one window and the series shown.
    """

    found: Counterfactual

    @classmethod
    def from_counterfactual(cls, found: Counterfactual, series: Series = None, window: int = 0) -> "WhatIfDisplay":
        """Choose a window and series, by name; the first three when left out.

        Raises:
            ConfigError: there is no such window or series.
        """
        at = pick_series(found.factual.channels, series)
        return cls(narrow_counterfactual(found, pick_window(len(found.difference), window), at))

    @property
    def change(self) -> str:
        """What was changed in the code, in words: ``weekday Tue -> Sun``."""
        triples = zip(self.found.factors, self.found.before.names[0], self.found.after.names[0], strict=True)
        moved = [f"{factor} {old} → {new}" for factor, old, new in triples if old != new]
        return ", ".join(moved) or "the same classes"

    def frame(self) -> Any:
        """Return a row per series and step, as ``Counterfactual.frame``."""
        return self.found.frame()

    def plot(self, axes: Any = None) -> "Figure":
        """Plot a row a series: forecasts, then their difference; ``axes`` may be two a series of the caller's."""
        with styled():
            names = self.found.factual.channels
            figure, flat = panels(axes, (len(names), 2), 0.9 + 1.6 * len(names), (1.7, 1))
            for at, name in enumerate(names):
                self._plot_forecasts(flat[2 * at], at)
                self._plot_difference(flat[2 * at + 1], at)
                flat[2 * at].set_title(as_text(name), loc="left")
            flat[1].set_title("what if less as it is", loc="left")
            flat[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, title=as_text(self.change))
        return figure

    def _plot_forecasts(self, axes: "Axes", at: int) -> None:
        found = self.found
        plot_bands(axes, found.factual, (0, at), BLUE, "as it is, ")
        plot_bands(axes, found.counterfactual, (0, at), ORANGE, "what if, ", "--")
        axes.margins(x=0.01)

    def _plot_difference(self, axes: "Axes", at: int) -> None:
        steps = np.arange(1, self.found.difference.shape[1] + 1)
        axes.axhline(0, color=GREY, lw=0.6)
        axes.plot(steps, self.found.difference[0, :, at], color=INK, lw=1.0, marker=".", ms=3)
        axes.set_xlabel("step ahead")

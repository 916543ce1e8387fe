"""Picture of what forecasts rest on, step by step."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.explain.attribution.attribution import Attribution
from divecast.plots.style import HATCHES, INK, as_texts, class_colours, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class WhyDisplay:
    """Shares of the parts of the code in what it does to the forecast, and what the window has alone, by step.

    Attributes:
        found: the attribution.
    """

    found: Attribution

    @classmethod
    def from_attribution(cls, found: Attribution) -> "WhyDisplay":
        """Take what ``why`` found."""
        return cls(found)

    def frame(self) -> Any:
        """Return a row per part and step, as ``Attribution.frame``."""
        return self.found.frame("step")

    def plot(self, axes: Any = None) -> "Figure":
        """Plot the shares of the code's parts left, the window's share right; ``axes`` may be two of the caller's.

        A single window's forecast has no variance to share: then the left panel stands alone, and takes one of axes.
        """
        with styled():
            alone = not np.isfinite(self.found.window_share).any()
            figure, drawn = panels(axes, (1, 1) if alone else (1, 2), 2.9, None if alone else (1.6, 1))
            self._plot_parts(drawn[0])
            if not alone:
                self._plot_window(drawn[1])
            for panel in drawn:
                panel.set_xlabel("step ahead")
                panel.xaxis.set_major_locator(need("matplotlib.ticker").MaxNLocator(integer=True))
        return figure

    def _plot_parts(self, axes: "Axes") -> None:
        found = self.found
        steps, share = np.arange(1, found.share.shape[1] + 1), np.nan_to_num(found.share)
        colours, bottom = class_colours("plain", len(found.components)), np.zeros(len(steps))
        handles = []
        for at, height in enumerate(share):
            look = {"color": colours[at], "hatch": HATCHES[at % len(HATCHES)], "edgecolor": "white", "lw": 0}
            handles.append(axes.bar(steps, height, 0.9, bottom, **look))
            bottom += height
        axes.set(xlim=(0.5, len(steps) + 0.5), ylim=(0, 1), ylabel="share of the code's effect")
        axes.legend(
            handles[::-1], as_texts(found.components[::-1]), loc="upper left", bbox_to_anchor=(1, 1), frameon=False
        )
        nothing = not np.isfinite(found.share).any()
        axes.set_title("No part changes these forecasts" if nothing else "Parts of the code, by ablation", loc="left")

    def _plot_window(self, axes: "Axes") -> None:
        alone = self.found.window_share
        axes.plot(np.arange(1, len(alone) + 1), alone, color=INK, lw=1.0, marker=".", ms=4)
        axes.axhline(1, color=INK, lw=0.5, ls=":")
        known = alone[np.isfinite(alone)]
        axes.set_ylim(min(0.0, *known, 0.0) - 0.02, max(1.0, *known, 1.0) + 0.05)
        axes.set_title("Variance there without the code", loc="left")
        axes.set_ylabel("share of the forecasts' variance")

"""Plot of what forecasts depend on, by step ahead."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.explain.attribution.attribution import Attribution
from divecast.plots.display import Display
from divecast.plots.style import HATCHES, INK, as_texts, class_colours, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class AttributionDisplay(Display):
    """Share of each component of the code in its effect on the forecasts, and the share of variance without the code.

    Two panels; one if a single window was explained, whose forecast has no variance to share.

    Attributes:
        attribution: what is shown.

    Example:
        >>> from divecast.plots import AttributionDisplay
        >>> display = AttributionDisplay.from_attribution(model.why(panel, every=25))
        >>> display.attribution.components
        ('b_hour', 'b_weekday')
    """

    attribution: Attribution

    @classmethod
    def from_attribution(cls, attribution: Attribution) -> "AttributionDisplay":
        """Show the result of ``DeepDIVE.why``.

        Example:
            >>> from divecast.plots import AttributionDisplay
            >>> display = AttributionDisplay.from_attribution(model.why(panel, every=25))
        """
        return cls(attribution)

    def frame(self) -> Any:
        """Return ``Attribution.frame("step")``, one row per component of the code and step.

        Example:
            >>> from divecast.plots import AttributionDisplay
            >>> len(AttributionDisplay.from_attribution(model.why(panel, every=25)).frame())  # 2 components, 24 steps
            48
        """
        return self.attribution.frame("step")

    def _draw(self, ax: Any) -> "Figure":
        single = not np.isfinite(self.attribution.window_share).any()
        figure, axes = panels(ax, (1, 1) if single else (1, 2), 2.9, None if single else (1.6, 1))
        self._draw_components(axes[0])
        if not single:
            self._draw_window(axes[1])
        for panel in axes:
            panel.set_xlabel("step ahead")
            panel.xaxis.set_major_locator(need("matplotlib.ticker").MaxNLocator(integer=True))
        return figure

    def _draw_components(self, axes: "Axes") -> None:
        components, shares = self.attribution.components, self.attribution.share
        steps, share = np.arange(1, shares.shape[1] + 1), np.nan_to_num(shares)
        colours, bottom = class_colours("plain", len(components)), np.zeros(len(steps))
        handles = []
        for place, height in enumerate(share):
            look = {"color": colours[place], "hatch": HATCHES[place % len(HATCHES)], "edgecolor": "white", "lw": 0}
            handles.append(axes.bar(steps, height, 0.9, bottom, **look))
            bottom += height
        axes.set(xlim=(0.5, len(steps) + 0.5), ylim=(0, 1), ylabel="share of the code's effect")
        axes.legend(handles[::-1], as_texts(components[::-1]), loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
        nothing = not np.isfinite(shares).any()
        axes.set_title(
            "No component changes these forecasts" if nothing else "Components of the code, by ablation", loc="left"
        )

    def _draw_window(self, axes: "Axes") -> None:
        alone = self.attribution.window_share
        axes.plot(np.arange(1, len(alone) + 1), alone, color=INK, lw=1.0, marker=".", ms=4)
        axes.axhline(1, color=INK, lw=0.5, ls=":")
        known = alone[np.isfinite(alone)]
        axes.set_ylim(min(0.0, *known, 0.0) - 0.02, max(1.0, *known, 1.0) + 0.05)
        axes.set_title("Variance without the code", loc="left")
        axes.set_ylabel("share of the forecasts' variance")

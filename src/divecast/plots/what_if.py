"""Plot of a forecast and the forecast under another code."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.plots.display import Display
from divecast.plots.forecast import plot_bands
from divecast.plots.narrow import Series, narrow_counterfactual, pick_series, pick_window
from divecast.plots.style import BLUE, GREY, INK, ORANGE, as_text, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class WhatIfDisplay(Display):
    """Factual and counterfactual forecast of one window with intervals, and the difference of their means.

    Two panels per series.

    Attributes:
        counterfactual: of the window and series shown.

    Example:
        >>> from divecast.plots import WhatIfDisplay
        >>> answer = model.what_if(panel, factor="weekday", to="Sun")
        >>> display = WhatIfDisplay.from_counterfactual(answer, "G0-A")
        >>> len(display.plot().axes)
        2
    """

    counterfactual: Counterfactual

    @classmethod
    def from_counterfactual(
        cls, counterfactual: Counterfactual, series: Series = None, window: int = 0
    ) -> "WhatIfDisplay":
        """Choose a window and series.

        Args:
            counterfactual: from ``DeepDIVE.what_if`` or ``DeepDIVE.swap_codes``.
            series: names of channels; the first three by default.
            window: index of the window; negative ones count from the end.

        Raises:
            ConfigError: there is no such window or series.

        Example:
            >>> from divecast.plots import WhatIfDisplay
            >>> answer = model.what_if(panel, factor="weekday", to="Sun")
            >>> WhatIfDisplay.from_counterfactual(answer).counterfactual.difference.shape
            (1, 24, 3)
        """
        shown = pick_series(counterfactual.factual.channels, series)
        picked = pick_window(len(counterfactual.difference), window)
        return cls(narrow_counterfactual(counterfactual, picked, shown))

    @property
    def change(self) -> str:
        """The change of the code in words, such as ``weekday Tue → Sun``.

        Example:
            >>> from divecast.plots import WhatIfDisplay
            >>> answer = model.what_if(panel, factor="weekday", to="Sun")
            >>> WhatIfDisplay.from_counterfactual(answer).change.endswith("→ Sun")
            True
        """
        before, after = self.counterfactual.before.names[0], self.counterfactual.after.names[0]
        classes = zip(self.counterfactual.factors, before, after, strict=True)
        changes = [f"{factor} {old} → {new}" for factor, old, new in classes if old != new]
        return ", ".join(changes) or "the same classes"

    def frame(self) -> Any:
        """Return ``Counterfactual.frame`` of what is shown, one row per series and step.

        Example:
            >>> from divecast.plots import WhatIfDisplay
            >>> answer = model.what_if(panel, factor="weekday", to="Sun")
            >>> len(WhatIfDisplay.from_counterfactual(answer, "G0-A").frame())
            24
        """
        return self.counterfactual.frame()

    def _draw(self, ax: Any) -> "Figure":
        names = self.counterfactual.factual.channels
        figure, axes = panels(ax, (len(names), 2), 0.9 + 1.6 * len(names), (1.7, 1))
        for channel, name in enumerate(names):
            self._draw_forecasts(axes[2 * channel], channel)
            self._draw_difference(axes[2 * channel + 1], channel)
            axes[2 * channel].set_title(as_text(name), loc="left")
        axes[1].set_title("difference of the means", loc="left")
        axes[0].legend(loc="lower right", bbox_to_anchor=(1, 1), ncols=2, frameon=False, title=as_text(self.change))
        return figure

    def _draw_forecasts(self, axes: "Axes", channel: int) -> None:
        plot_bands(axes, self.counterfactual.factual, (0, channel), BLUE, "")
        plot_bands(axes, self.counterfactual.counterfactual, (0, channel), ORANGE, "what-if ", "--")
        axes.margins(x=0.01)

    def _draw_difference(self, axes: "Axes", channel: int) -> None:
        difference = self.counterfactual.difference[0, :, channel]
        steps = np.arange(1, len(difference) + 1)
        axes.axhline(0, color=GREY, lw=0.6)
        axes.plot(steps, difference, color=INK, lw=1.0, marker=".", ms=3)
        axes.set_xlabel("step ahead")

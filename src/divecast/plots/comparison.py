"""Plot of a comparison of conditions."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.explain.recordings.comparison import Comparison
from divecast.plots.display import Display
from divecast.plots.style import GREY, as_text, as_texts, class_colours, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_HEIGHT, _HEAD = 0.15, 0.9


@dataclass(frozen=True, eq=False, slots=True)
class ComparisonDisplay(Display):
    """Differences of each condition from the reference, with intervals, in units of the spread of each quantity.

    Grey ones may be chance. A panel for each condition, a row for each quantity.

    Attributes:
        comparison: what is shown.

    Example:
        >>> from divecast.plots import ComparisonDisplay
        >>> display = ComparisonDisplay.from_comparison(comparison)
        >>> print(display.plot().axes[0].get_title(loc="left"))
        right beside left
        10 subjects
    """

    comparison: Comparison

    @classmethod
    def from_comparison(cls, comparison: Comparison) -> "ComparisonDisplay":
        """Show a comparison.

        Example:
            >>> from divecast.plots import ComparisonDisplay
            >>> ComparisonDisplay.from_comparison(comparison).comparison.label
            'side'
        """
        return cls(comparison)

    def frame(self) -> Any:
        """Return ``Comparison.frame``.

        Example:
            >>> from divecast.plots import ComparisonDisplay
            >>> len(ComparisonDisplay(comparison).frame()) == len(comparison.names)
            True
        """
        return self.comparison.frame()

    def _draw(self, ax: Any) -> "Figure":
        compared = self.comparison
        n, places = len(compared.names), np.arange(len(compared.names))
        figure, axes = panels(ax, (1, len(compared.contrasts)), _HEAD + _HEIGHT * n)
        blocks = list(dict.fromkeys(compared.blocks))
        colours = class_colours("plain", len(blocks))
        for number, (panel, contrast) in enumerate(zip(axes, compared.contrasts, strict=True)):
            panel.axvline(0, color=GREY, lw=0.6)
            for place in places:
                low, high = contrast.low[place], contrast.high[place]
                colour = colours[blocks.index(compared.blocks[place])] if low > 0.0 or high < 0.0 else GREY
                ends = np.array([low, high]) / compared.spread[place]
                panel.plot(ends, [place, place], color=colour, lw=1.2, solid_capstyle="butt")
                panel.plot(contrast.difference[place] / compared.spread[place], place, "o", color=colour, ms=2.5)
            panel.set_ylim(n - 0.4, -0.6)
            panel.set_yticks(places, as_texts(compared.names) if number == 0 else [""] * n)
            panel.tick_params(axis="y", length=0, labelsize=6)
            people = f"{contrast.n_people[1]} {as_text(compared.group or 'recording')}s"
            title = f"{as_text(contrast.to)} beside {as_text(compared.reference)}"
            panel.set_title(f"{title}\n{people}", loc="left", fontsize=7)
        figure.supxlabel("difference, in units of the spread over windows", fontsize=8)
        return figure

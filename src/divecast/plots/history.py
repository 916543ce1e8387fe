"""Plot of the losses of a fit."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.plots.display import Display
from divecast.plots.style import BLUE, GREY, ORANGE, as_text, panels
from divecast.train.history import History

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class HistoryDisplay(Display):
    """Each loss term in training and validation by epoch, one panel per term.

    Attributes:
        history: the losses.

    Example:
        >>> from divecast.plots import HistoryDisplay
        >>> figure = HistoryDisplay.from_history(model.history).plot()
    """

    history: History

    @classmethod
    def from_history(cls, history: History) -> "HistoryDisplay":
        """Show the losses of a fit.

        Example:
            >>> from divecast.plots import HistoryDisplay
            >>> display = HistoryDisplay.from_history(model.history)
        """
        return cls(history)

    def frame(self) -> Any:
        """Return ``History.frame``, one row per epoch.

        Example:
            >>> from divecast.plots import HistoryDisplay
            >>> len(HistoryDisplay.from_history(model.history).frame()) == len(model.history.records)
            True
        """
        return self.history.frame()

    def _draw(self, ax: Any) -> "Figure":
        records, terms = self.history.records, self.history.terms
        epochs = [record.epoch for record in records]
        rows, columns = -(-len(terms) // 3), min(3, max(1, len(terms)))
        figure, axes = panels(ax, (max(1, rows), columns), 0.4 + 1.7 * max(1, rows))
        for panel, term in zip(axes, terms, strict=False):
            for name, colour, losses in (("training", BLUE, "train"), ("validation", ORANGE, "valid")):
                values = [getattr(record, losses).get(term, np.nan) for record in records]
                if np.isfinite(values).any():
                    panel.plot(epochs, values, color=colour, lw=1.0, marker=".", ms=3, label=name)
            if self.history.best_epoch is not None:
                panel.axvline(self.history.best_epoch, color=GREY, lw=0.6, ls=":")
            panel.set_title(as_text(term), loc="left")
            panel.xaxis.set_major_locator(need("matplotlib.ticker").MaxNLocator(integer=True))
        for panel in axes[len(terms) :]:
            panel.set_axis_off()
        if terms:
            axes[0].legend(frameon=False)
            axes[0].set_xlabel("epoch (dotted: weights kept)")
        return figure

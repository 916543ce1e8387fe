"""Plot of totals, peaks and exceedances of sample paths."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast.inference.results import Ensemble
from divecast.inference.results.ensemble import LEVELS
from divecast.plots.display import Display
from divecast.plots.narrow import Series, pick_series, pick_window
from divecast.plots.style import BLUE, as_text, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_BINS = 40


@dataclass(frozen=True, eq=False, slots=True)
class EnsembleDisplay(Display):
    """The distribution of what a number is in each path, one panel per series: a histogram, or intervals by period.

    Attributes:
        ensemble: the window and series shown.

    Example:
        >>> from divecast.plots import EnsembleDisplay
        >>> display = EnsembleDisplay.from_ensemble(model.forecast(panel, n_paths=100).total("day"), series="G0-A")
        >>> display.plot().axes[0].get_title(loc="left")
        'G0-A'
    """

    ensemble: Ensemble

    @classmethod
    def from_ensemble(cls, ensemble: Ensemble, series: Series = None, window: int = 0) -> "EnsembleDisplay":
        """Choose what to show.

        Args:
            ensemble: of one or more windows.
            series: names of series or groups; the first three by default.
            window: index of the window.

        Raises:
            ConfigError: there is no such series or window.

        Example:
            >>> from divecast.plots import EnsembleDisplay
            >>> peaks = model.forecast(panel, n_paths=100).peak("day")
            >>> len(EnsembleDisplay.from_ensemble(peaks).ensemble.names)
            3
        """
        at, names = pick_window(len(ensemble.starts), window), pick_series(ensemble.names, series)
        return cls(
            replace(
                ensemble,
                names=tuple(ensemble.names[name] for name in names),
                values=ensemble.values[:, at][..., names],
                starts=ensemble.starts[at],
                n_steps=ensemble.n_steps[at],
                keys=ensemble.keys.at(at),
            )
        )

    def frame(self) -> Any:
        """Return the numbers shown: one row per period and series, with quantiles.

        Example:
            >>> from divecast.plots import EnsembleDisplay
            >>> len(EnsembleDisplay.from_ensemble(model.forecast(panel, n_paths=100).total(), series="G0-A").frame())
            1
        """
        return self.ensemble.frame(LEVELS)

    def _draw(self, ax: Any) -> "Figure":
        ensemble = self.ensemble
        figure, axes = panels(ax, (len(ensemble.names), 1), 0.7 + 1.5 * len(ensemble.names))
        there = int((ensemble.n_steps[0] > 0).sum())
        for number, (panel, name) in enumerate(zip(axes, ensemble.names, strict=True)):
            values = ensemble.values[:, 0, :there, number]
            if there == 1:
                panel.hist(values[:, 0], bins=_BINS, color=BLUE, alpha=0.6)
                panel.set_ylabel("paths")
            else:
                self._draw_intervals(panel, values)
            panel.set_title(as_text(name), loc="left")
        axes[-1].set_xlabel(
            as_text(ensemble.what if there == 1 else f"{ensemble.what}: median, 50 % and 90 % interval")
        )
        return figure

    def _draw_intervals(self, panel: "Axes", values: Any) -> None:
        starts = self.ensemble.starts[0, : values.shape[1]]
        low, lower, middle, upper, high = np.quantile(values, LEVELS, axis=0)
        panel.vlines(starts, low, high, color=BLUE, alpha=0.4, lw=2)
        panel.vlines(starts, lower, upper, color=BLUE, alpha=0.6, lw=5)
        panel.plot(starts, middle, ls="", marker="o", color=BLUE)

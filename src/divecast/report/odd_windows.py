"""Picture of odd windows: a strip of days for a panel, a line a recording."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import to_frame
from divecast.explain.anomaly import Anomalies
from divecast.report.calendar_strip import Strip, calendar_strip, recording_strip
from divecast.report.style import panels, styled
from divecast.results import Columns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_USUAL, _FULL = 1.0, 4.0  # rarities: one in ten, and one in ten thousand


@dataclass(frozen=True, eq=False, slots=True)
class OddWindowsDisplay:
    """The highest score of the windows that end on a day, or at a time of a recording, and the ranks of the oddest.

    Attributes:
        found: the scores.
        rank: (window,) 1 for the oddest event; 0 for windows that lead none.
    """

    found: Anomalies
    rank: NDArray[np.int64]

    @classmethod
    def from_anomalies(cls, found: Anomalies, n: int = 10) -> "OddWindowsDisplay":
        """Mark the ``n`` oddest windows, as ``Anomalies.top`` has them.

        Raises:
            ConfigError: ``n`` is below 1.
        """
        rank = np.zeros(len(found.score), dtype=np.int64)
        for place, odd in enumerate(found.top(n), start=1):
            rank[odd.window] = place
        return cls(found, rank)

    @property
    def strip(self) -> Strip:
        """The cells drawn."""
        keys = self.found.keys
        if keys.recordings is None:
            return calendar_strip(keys.stamps[:, -1], self.found.score, self.rank)
        return recording_strip(keys.recordings, keys.stamps[:, -1], self.found.score, self.rank)

    def frame(self) -> Any:
        """Return a row per cell drawn: ``day``, or ``recording`` and ``start`` of a span of seconds; ``score, rank``.

        ``rank`` is that of the oddest event whose window ends there, 0 where there is none.
        """
        strip = self.strip
        columns: Columns = {**strip.where, "score": strip.score, "rank": strip.rank}
        return to_frame(columns, self.found.keys.backend)

    def plot(self, axes: Any = None) -> "Figure":
        """Plot the strip; ``axes`` may be the caller's."""
        with styled():
            strip = self.strip
            figure, (panel,) = panels(axes, (1, 1), 0.9 + strip.height)
            grid = np.full(strip.shape, np.nan)
            grid[strip.row, strip.column] = strip.score
            top = max(_FULL, np.nanmax(strip.score, initial=_FULL))
            image = panel.imshow(grid, cmap="YlOrBr", vmin=0.0, vmax=top, aspect="auto", interpolation="none")
            for row, column, score, rank in zip(strip.row, strip.column, strip.score, strip.rank, strict=True):
                if rank:
                    colour = "white" if score > 0.6 * top else "black"
                    panel.text(column, row, str(rank), ha="center", va="center", fontsize=5, color=colour)
            _name(panel, strip)
            bar = figure.colorbar(image, ax=panel, fraction=0.03, pad=0.01)
            bar.set_label("score: 2 is 1 in 100")
            bar.ax.axhline(_USUAL, color="black", lw=0.4, ls=":")
        return figure


def _name(axes: "Axes", strip: Strip) -> None:
    axes.set_xticks(strip.across[0], labels=strip.across[1])
    axes.set_yticks(strip.up[0], labels=strip.up[1])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(strip.unit)
    n_marked = int(strip.rank.max(initial=0))
    axes.set_title(f"How odd windows are that end here; the {n_marked} oddest by number", loc="left")

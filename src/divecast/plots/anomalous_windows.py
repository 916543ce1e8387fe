"""Picture of anomalous windows, or of disagreeing labels: a strip of days for a panel, one line per recording."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import to_frame
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.anomalies.label_disagreements import disagreement_log_odds
from divecast.explain.anomalies.reference_scores import Values
from divecast.inference.results import Columns
from divecast.plots.calendar_strip import Strip, calendar_strip, recording_strip
from divecast.plots.style import as_text, panels, styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FULL = 4.0  # a rarity of one in ten thousand; as log odds, 1 in 55


@dataclass(frozen=True, eq=False, slots=True)
class AnomaliesDisplay:
    """The highest score of the windows that end on a day, or at a time of a recording, and the ranks of the first.

    Attributes:
        found: the windows.
        score: (window,) what is drawn; NaN where there is nothing to draw.
        rank: (window,) 1 for the first event; 0 for windows that lead none.
        title: what is drawn, in words.
        unit: of the score.
    """

    found: Anomalies
    score: Values
    rank: NDArray[np.int64]
    title: str
    unit: str

    @classmethod
    def from_anomalies(cls, found: Anomalies, n: int = 10) -> "AnomaliesDisplay":
        """Mark the ``n`` most anomalous windows, as ``Anomalies.top`` has them.

        Raises:
            ConfigError: ``n`` is below 1.
        """
        rank = _ranks(len(found.score), [window.window for window in found.top(n)])
        title = f"Anomaly score of the windows that end here; the {rank.max(initial=0)} highest are numbered"
        return cls(found, found.score, rank, title, "score: 2 is 1 in 100")

    @classmethod
    def from_label_disagreements(cls, found: Anomalies, factor: str, to: str, n: int = 10) -> "AnomaliesDisplay":
        """Draw the windows that look like a class although their label is another, and mark the ``n`` clearest.

        They are those of ``Anomalies.label_disagreements``.

        Raises:
            ConfigError: no such factor or class, or ``n`` is below 1.
        """
        rank = _ranks(len(found.score), [each.window for each in found.label_disagreements(factor, to, n)])
        what = f"{as_text(factor)} looks like {as_text(to)}, but is labelled otherwise"
        title = f"{what}; the {rank.max(initial=0)} clearest are numbered"
        return cls(found, disagreement_log_odds(found, factor, to), rank, title, "log odds, nats")

    @property
    def strip(self) -> Strip:
        """The cells drawn."""
        keys = self.found.keys
        if keys.recordings is None:
            return calendar_strip(keys.stamps[:, -1], self.score, self.rank)
        return recording_strip(keys.recordings, keys.stamps[:, -1], self.score, self.rank)

    def frame(self) -> Any:
        """Return a row per cell drawn: ``day``, or ``recording`` and ``start`` of a span of seconds; ``score, rank``.

        ``rank`` is that of the first event whose window ends there, 0 where there is none.
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
            panel.set_title(self.title, loc="left")
            bar = figure.colorbar(image, ax=panel, fraction=0.03, pad=0.01)
            bar.set_label(self.unit)
        return figure


def _name(axes: "Axes", strip: Strip) -> None:
    axes.set_xticks(strip.across[0], labels=strip.across[1])
    axes.set_yticks(strip.up[0], labels=strip.up[1])
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(strip.unit)


def _ranks(n_windows: int, leading: Sequence[int]) -> NDArray[np.int64]:
    rank = np.zeros(n_windows, dtype=np.int64)
    rank[list(leading)] = np.arange(1, len(leading) + 1)
    return rank

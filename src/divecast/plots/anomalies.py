"""Plot of anomaly scores, or of disagreeing labels: a calendar for a panel, one row per recording."""

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
from divecast.plots.display import Display
from divecast.plots.style import as_text, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_FULL = 4.0  # end of the colour scale: a score of one in ten thousand; as log odds, 1 in 55


@dataclass(frozen=True, eq=False, slots=True)
class AnomaliesDisplay(Display):
    """The highest score of the windows that end on each day, or in each interval of a recording.

    The most anomalous windows are marked by their rank.

    Attributes:
        anomalies: the windows.
        score: (window,) what is drawn; NaN where there is nothing to draw.
        rank: (window,) 1 for the most anomalous window; 0 for unmarked windows.
        title: of the panel.
        unit: of the score.

    Example:
        >>> from divecast.plots import AnomaliesDisplay
        >>> display = AnomaliesDisplay.from_anomalies(model.anomalies(panel, "test", every=5))
        >>> display.unit
        'score: 2 is 1 in 100'
    """

    anomalies: Anomalies
    score: Values
    rank: NDArray[np.int64]
    title: str
    unit: str

    @classmethod
    def from_anomalies(cls, anomalies: Anomalies, n: int = 10, apart: int | None = None) -> "AnomaliesDisplay":
        """Show the anomaly scores and mark the windows of ``Anomalies.top(n, apart)``.

        Raises:
            ConfigError: ``n`` or ``apart`` is below 1.

        Example:
            >>> from divecast.plots import AnomaliesDisplay
            >>> display = AnomaliesDisplay.from_anomalies(model.anomalies(panel, "test", every=5), n=3)
            >>> int(display.rank.max())
            3
        """
        rank = _ranks(len(anomalies.score), [event.window for event in anomalies.top(n, apart)])
        title = f"Anomaly score of the windows that end here; the {rank.max(initial=0)} highest are numbered"
        return cls(anomalies, anomalies.score, rank, title, "score: 2 is 1 in 100")

    @classmethod
    def from_label_disagreements(
        cls, anomalies: Anomalies, factor: str, to: str, n: int = 10, apart: int | None = None
    ) -> "AnomaliesDisplay":
        """Show how much windows look like a class other than their label, and mark the ``n`` clearest.

        They are those of ``Anomalies.label_disagreements``.

        Raises:
            ConfigError: no such factor or class, or ``n`` or ``apart`` is below 1.

        Example:
            >>> from divecast.plots import AnomaliesDisplay
            >>> anomalies = model.anomalies(panel, "test", every=5)
            >>> AnomaliesDisplay.from_label_disagreements(anomalies, "weekday", "Sun").unit
            'log odds, nats'
        """
        events = anomalies.label_disagreements(factor, to, n, apart)
        rank = _ranks(len(anomalies.score), [event.window for event in events])
        what = f"{as_text(factor)} looks like {as_text(to)}, but is labelled otherwise"
        title = f"{what}; the {rank.max(initial=0)} clearest are numbered"
        return cls(anomalies, disagreement_log_odds(anomalies, factor, to), rank, title, "log odds, nats")

    @property
    def strip(self) -> Strip:
        """The cells drawn.

        Example:
            >>> from divecast.plots import AnomaliesDisplay
            >>> display = AnomaliesDisplay.from_anomalies(model.anomalies(panel, "test", every=5))
            >>> display.strip.shape  # seven weekdays by the weeks of a year
            (7, 54)
        """
        keys = self.anomalies.keys
        if keys.recordings is None:
            return calendar_strip(keys.stamps[:, -1], self.score, self.rank)
        return recording_strip(keys.recordings, keys.stamps[:, -1], self.score, self.rank)

    def frame(self) -> Any:
        """Return one row per cell: ``day``, or ``recording`` and ``start`` of an interval in seconds; ``score, rank``.

        ``rank`` is the first of the marked windows that end in the cell, 0 if there is none.

        Example:
            >>> from divecast.plots import AnomaliesDisplay
            >>> display = AnomaliesDisplay.from_anomalies(model.anomalies(panel, "test", every=5))
            >>> list(display.frame().columns)
            ['day', 'score', 'rank']
        """
        strip = self.strip
        columns: Columns = {**strip.where, "score": strip.score, "rank": strip.rank}
        return to_frame(columns, self.anomalies.keys.backend)

    def _draw(self, ax: Any) -> "Figure":
        strip = self.strip
        figure, (panel,) = panels(ax, (1, 1), 0.9 + strip.height)
        grid = np.full(strip.shape, np.nan)
        grid[strip.row, strip.column] = strip.score
        top = max(_FULL, np.nanmax(strip.score, initial=_FULL))
        image = panel.imshow(grid, cmap="YlOrBr", vmin=0.0, vmax=top, aspect="auto", interpolation="none")
        for row, column, score, rank in zip(strip.row, strip.column, strip.score, strip.rank, strict=True):
            if rank:
                colour = "white" if score > 0.6 * top else "black"
                panel.text(column, row, str(rank), ha="center", va="center", fontsize=5, color=colour)
        _label_cells(panel, strip)
        panel.set_title(self.title, loc="left")
        bar = figure.colorbar(image, ax=panel, fraction=0.03, pad=0.01)
        bar.set_label(self.unit)
        return figure


def _label_cells(axes: "Axes", strip: Strip) -> None:
    axes.set_xticks(strip.x_ticks.places, labels=strip.x_ticks.names)
    axes.set_yticks(strip.y_ticks.places, labels=strip.y_ticks.names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_xlabel(strip.unit)


def _ranks(n_windows: int, marked: Sequence[int]) -> NDArray[np.int64]:
    rank = np.zeros(n_windows, dtype=np.int64)
    rank[list(marked)] = np.arange(1, len(marked) + 1)
    return rank

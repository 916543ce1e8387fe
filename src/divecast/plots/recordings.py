"""Plot of recordings: their labels as read, and their anomaly scores."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.explain.recordings.summary import RecordingSummary
from divecast.plots.display import Display
from divecast.plots.style import BLUE, ORANGE, as_text, as_texts, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MOST, _HEIGHT, _HEAD, _SHORT = 60, 0.13, 1.1, 3


@dataclass(frozen=True, eq=False, slots=True)
class RecordingsDisplay(Display):
    """Class probabilities of recordings, with a ring at the given class, and the mean anomaly scores.

    Recordings are sorted by the given class of the first factor; anomalous ones are orange.

    Attributes:
        summary: of all recordings.
        shown: numbers of those that are drawn, 60 at most: those that are anomalous or read as another class, and some
            of the others.

    Example:
        >>> from divecast.plots import RecordingsDisplay
        >>> display = RecordingsDisplay.from_summary(summary)
        >>> len(display.shown)
        60
    """

    summary: RecordingSummary
    shown: NDArray[np.int64]

    @classmethod
    def from_summary(cls, summary: RecordingSummary) -> "RecordingsDisplay":
        """Choose recordings.

        Example:
            >>> from divecast.plots import RecordingsDisplay
            >>> len(RecordingsDisplay.from_summary(summary).plot().axes)
            3
        """
        labels = summary.labels
        other = ((labels.given >= 0) & (labels.given != labels.inferred)).any(axis=1)
        first = np.array([bool(each) for each in summary.reasons]) * 2.0 + other
        kept = np.sort(np.argsort(-first, kind="stable")[:_MOST])
        given = labels.given[kept, 0] if labels.factors else np.zeros(len(kept))
        return cls(summary, kept[np.argsort(given, kind="stable")])

    def frame(self) -> Any:
        """Return ``RecordingSummary.frame``, of all recordings.

        Example:
            >>> from divecast.plots import RecordingsDisplay
            >>> len(RecordingsDisplay.from_summary(summary).frame())
            140
        """
        return self.summary.frame()

    def _draw(self, ax: Any) -> "Figure":
        labels, n = self.summary.labels, len(self.shown)
        widths = [max(2.0, 0.5 * len(classes)) for classes in labels.classes]
        figure, axes = panels(ax, (1, len(widths) + 1), _HEAD + _HEIGHT * n, [*widths, 2.5])
        for factor, panel in enumerate(axes[:-1]):
            self._draw_factor(panel, factor)
        for panel in axes:
            panel.set_yticks(range(n), [""] * n)
            panel.tick_params(axis="y", length=0)
            panel.set_ylim(n - 0.5, -0.5)
        axes[0].set_yticks(range(n), as_texts(self.summary.names[each] for each in self.shown), fontsize=5)
        colours = [ORANGE if self.summary.reasons[each] else BLUE for each in self.shown]
        axes[-1].barh(range(n), np.nan_to_num(self.summary.score[self.shown]), color=colours, height=0.7)
        axes[-1].set_title("mean anomaly score", loc="left")
        return figure

    def _draw_factor(self, panel: "Axes", factor: int) -> None:
        labels = self.summary.labels
        name, classes = labels.factors[factor], labels.classes[factor]
        panel.imshow(labels.probabilities[factor][self.shown], cmap="Blues", vmin=0, vmax=1, aspect="auto")
        given = labels.given[self.shown, factor]
        known = np.flatnonzero(given >= 0)
        panel.plot(given[known], known, "o", mfc="none", mec=ORANGE, ms=3.5, mew=0.8, ls="none")
        texts = as_texts(classes)
        panel.set_xticks(range(len(classes)), texts, rotation=90 if max(map(len, texts)) > _SHORT else 0)
        panel.set_title(as_text(name), loc="left")

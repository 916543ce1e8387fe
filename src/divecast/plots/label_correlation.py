"""Plot of the association of labels (the paper's Fig. 2)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from divecast._optional import need
from divecast.data import Backend, to_frame
from divecast.inference.results import Labels
from divecast.plots.code_view import CodeView
from divecast.plots.display import Display
from divecast.plots.label_association import Floats, Ints, class_correlation, label_association
from divecast.plots.style import as_texts, panels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class LabelCorrelationDisplay(Display):
    """Association of factors, and of their classes, over the rows that have labels of all factors. Two panels.

    Attributes:
        factors: names.
        classes: class names of each factor.
        association: (factor, factor) Cramer's V.
        correlation: (class, class) over all factors; NaN within a factor, and for a class that does not occur.
        backend: kind of table of the data.

    Example:
        >>> from divecast.plots import LabelCorrelationDisplay
        >>> display = LabelCorrelationDisplay.from_labels(model.infer_labels(panel, every=5))
        >>> display.association.shape, display.correlation.shape
        ((2, 2), (31, 31))
    """

    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    association: Floats
    correlation: Floats
    backend: Backend

    @classmethod
    def from_labels(cls, labels: Labels) -> "LabelCorrelationDisplay":
        """Use the given labels of windows, without windows that lack one.

        Example:
            >>> from divecast.plots import LabelCorrelationDisplay
            >>> LabelCorrelationDisplay.from_labels(model.infer_labels(panel, every=5)).factors
            ('hour', 'weekday')
        """
        rows = labels.given[(labels.given >= 0).all(axis=1)]
        return cls._of(labels.factors, labels.classes, tuple(rows.T), labels.keys.backend)

    @classmethod
    def from_view(cls, view: CodeView) -> "LabelCorrelationDisplay":
        """Use the labels of all rows.

        Example:
            >>> from divecast.plots import LabelCorrelationDisplay, view_code
            >>> LabelCorrelationDisplay.from_view(view_code(model, panel, every=5)).factors
            ('hour', 'weekday')
        """
        names, classes = tuple(f.name for f in view.factors), tuple(f.classes for f in view.factors)
        return cls._of(names, classes, view.every, view.backend)

    @classmethod
    def _of(
        cls, factors: tuple[str, ...], classes: tuple[tuple[str, ...], ...], rows: tuple[Ints, ...], backend: Backend
    ) -> "LabelCorrelationDisplay":
        correlation = class_correlation(rows, tuple(map(len, classes)))
        return cls(factors, classes, label_association(rows), correlation, backend)

    def frame(self) -> Any:
        """Return one row per pair of classes.

        Columns: ``factor, class, other_factor, other_class, correlation``, and ``association`` of the two factors.

        Example:
            >>> from divecast.plots import LabelCorrelationDisplay
            >>> len(LabelCorrelationDisplay.from_labels(model.infer_labels(panel, every=5)).frame())
            961
        """
        sizes = list(map(len, self.classes))
        owner = np.repeat(np.arange(len(sizes)), sizes)
        names = np.array(self.factors, dtype=object)[owner]
        classes = np.array([name for classes in self.classes for name in classes], dtype=object)
        n = len(owner)
        columns = {
            "factor": np.repeat(names, n),
            "class": np.repeat(classes, n),
            "other_factor": np.tile(names, n),
            "other_class": np.tile(classes, n),
            "correlation": self.correlation.reshape(-1),
            "association": self.association[owner][:, owner].reshape(-1),
        }
        return to_frame(columns, self.backend)

    def _draw(self, ax: Any) -> "Figure":
        figure, axes = panels(ax, (1, 2), 3.3, (1, 1.6))
        self._draw_factors(axes[0])
        self._draw_classes(figure, axes[1])
        for panel in axes:
            panel.spines[:].set_visible(False)
            panel.tick_params(length=0)
        return figure

    def _draw_factors(self, axes: "Axes") -> None:
        names = as_texts(self.factors)
        axes.imshow(self.association, cmap="Blues", vmin=0, vmax=1)
        for (i, j), value in np.ndenumerate(self.association):
            text = f"{value:.2f}" if np.isfinite(value) else "?"
            axes.text(j, i, text, ha="center", va="center", color="white" if value > 0.6 else "black")
        axes.set_xticks(range(len(names)), labels=names, rotation=30, ha="right")
        axes.set_yticks(range(len(names)), labels=names)
        axes.set_title("Factors: Cramér's V", loc="left")

    def _draw_classes(self, figure: "Figure", axes: "Axes") -> None:
        known = self.correlation[np.isfinite(self.correlation)]
        limit = max(0.05, np.ceil(20 * np.abs(known).max()) / 20) if known.size else 1.0
        colours = need("matplotlib").colormaps["PuOr"].with_extremes(bad="#eeeeee")
        image = axes.imshow(self.correlation, cmap=colours, vmin=-limit, vmax=limit, interpolation="none")
        edges = np.cumsum([0, *map(len, self.classes)]) - 0.5
        for edge in edges[1:-1]:
            axes.axhline(edge, color="black", lw=0.6)
            axes.axvline(edge, color="black", lw=0.6)
        middles, names = (edges[1:] + edges[:-1]) / 2, as_texts(self.factors)
        axes.set_xticks(middles, labels=names)
        axes.set_yticks(middles, labels=names, rotation=90, va="center")
        axes.set_title("Classes: correlation of their indicators", loc="left")
        figure.colorbar(image, ax=axes, shrink=0.8, pad=0.02)

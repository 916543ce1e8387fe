"""Plot of inferred labels against given labels."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, to_frame
from divecast.errors import ConfigError
from divecast.inference.results import Columns, Labels
from divecast.plots.display import Display
from divecast.plots.style import MANY, as_text, as_texts, panels

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class ConfusionDisplay(Display):
    """Confusion matrix of one factor, over the windows that have a label.

    Attributes:
        factor: name.
        classes: names.
        counts: (given, inferred) number of windows.
        backend: kind of table of the data.

    Example:
        >>> from divecast.plots import ConfusionDisplay
        >>> display = ConfusionDisplay.from_labels(model.infer_labels(panel, every=25), "weekday")
        >>> display.counts.shape
        (7, 7)
    """

    factor: str
    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    backend: Backend

    @classmethod
    def from_labels(cls, labels: Labels, factor: str | None = None) -> "ConfusionDisplay":
        """Count the labels of a factor, by default the first one.

        Raises:
            ConfigError: there is no such factor.

        Example:
            >>> from divecast.plots import ConfusionDisplay
            >>> ConfusionDisplay.from_labels(model.infer_labels(panel, every=25)).factor
            'hour'
        """
        factor = factor if factor is not None or not labels.factors else labels.factors[0]
        if factor not in labels.factors or factor is None:
            raise ConfigError(expected=f"a factor out of {labels.factors}", found=repr(factor), argument="factor")
        column = labels.factors.index(factor)
        given, inferred, n = labels.given[:, column], labels.inferred[:, column], len(labels.classes[column])
        counts = np.zeros((n, n), dtype=np.int64)
        np.add.at(counts, (given[given >= 0], inferred[given >= 0]), 1)
        return cls(factor, labels.classes[column], counts, labels.keys.backend)

    @property
    def shares(self) -> NDArray[np.float64]:
        """(given, inferred) share of the windows of a given class; NaN for a class without windows.

        Example:
            >>> from divecast.plots import ConfusionDisplay
            >>> shares = ConfusionDisplay.from_labels(model.infer_labels(panel), "weekday").shares
            >>> shares.sum(axis=1).round(6).tolist()
            [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
        """
        totals = self.counts.sum(axis=1, keepdims=True)
        shares: NDArray[np.float64] = self.counts / np.where(totals > 0, totals, np.nan)
        return shares

    def frame(self) -> Any:
        """Return one row per pair of classes: ``given, inferred, windows, share`` (of the windows of the given class).

        Example:
            >>> from divecast.plots import ConfusionDisplay
            >>> display = ConfusionDisplay.from_labels(model.infer_labels(panel, every=25), "weekday")
            >>> len(display.frame())
            49
        """
        n, names = len(self.classes), np.array(self.classes, dtype=object)
        columns: Columns = {"given": np.repeat(names, n), "inferred": np.tile(names, n)}
        columns |= {"windows": self.counts.reshape(-1), "share": self.shares.reshape(-1)}
        return to_frame(columns, self.backend)

    def _draw(self, ax: Any) -> "Figure":
        figure, (panel,) = panels(ax, (1, 1), 4.0)
        n, total, shares = len(self.classes), int(self.counts.sum()), self.shares
        image = panel.imshow(shares, cmap="Blues", vmin=0, vmax=1, interpolation="none")
        if n <= MANY:
            for (i, j), count in np.ndenumerate(self.counts):
                colour = "white" if shares[i, j] > 0.6 else "black"
                panel.text(j, i, str(count), ha="center", va="center", color=colour)
        step = 1 if n <= MANY else -(-n // 12)
        names = as_texts(self.classes[::step])
        panel.set_xticks(range(0, n, step), labels=names, rotation=90 if max(map(len, names)) > 3 else 0)
        panel.set_yticks(range(0, n, step), labels=names)
        panel.tick_params(length=0)
        panel.set(xlabel="inferred", ylabel="given")
        accuracy = f"{np.trace(self.counts) / total:.1%} of {total} windows correct" if total else "no labels given"
        panel.set_title(f"{as_text(self.factor)}: {accuracy}", loc="left")
        figure.colorbar(image, ax=panel, shrink=0.8, pad=0.02, label="share of the given class")
        return figure

"""Picture of labels read against labels given."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Backend, to_frame
from divecast.errors import ConfigError
from divecast.inference.results import Columns, Labels
from divecast.plots.style import MANY, as_text, as_texts, panels, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, slots=True)
class ConfusionDisplay:
    """Windows by the class given and the class read of one factor; those without a label are left out.

    Attributes:
        factor: name.
        classes: names.
        counts: (given, read) windows.
        backend: kind of table to give back.
    """

    factor: str
    classes: tuple[str, ...]
    counts: NDArray[np.int64]
    backend: Backend

    @classmethod
    def from_labels(cls, labels: Labels, factor: str | None = None) -> "ConfusionDisplay":
        """Count labels of a factor, the first one when left out.

        Raises:
            ConfigError: there is no such factor.
        """
        factor = factor if factor is not None or not labels.factors else labels.factors[0]
        if factor not in labels.factors or factor is None:
            raise ConfigError(f"expected one of the model's factors {labels.factors}, got {factor!r}")
        at = labels.factors.index(factor)
        given, read, n = labels.given[:, at], labels.inferred[:, at], len(labels.classes[at])
        counts = np.zeros((n, n), dtype=np.int64)
        np.add.at(counts, (given[given >= 0], read[given >= 0]), 1)
        return cls(factor, labels.classes[at], counts, labels.keys.backend)

    @property
    def shares(self) -> NDArray[np.float64]:
        """(given, read) share of the windows of a class; NaN for a class that was never given."""
        totals = self.counts.sum(axis=1, keepdims=True)
        found: NDArray[np.float64] = self.counts / np.where(totals > 0, totals, np.nan)
        return found

    def frame(self) -> Any:
        """Return a row per two classes: ``given, read, windows, share`` of the windows of the class given."""
        n, names = len(self.classes), np.array(self.classes, dtype=object)
        columns: Columns = {"given": np.repeat(names, n), "read": np.tile(names, n)}
        columns |= {"windows": self.counts.reshape(-1), "share": self.shares.reshape(-1)}
        return to_frame(columns, self.backend)

    def plot(self, axes: Any = None) -> "Figure":
        """Plot the shares, with the counts where there are few classes; ``axes`` may be the caller's."""
        with styled():
            figure, (panel,) = panels(axes, (1, 1), 4.0)
            n, total = len(self.classes), int(self.counts.sum())
            image = panel.imshow(self.shares, cmap="Blues", vmin=0, vmax=1, interpolation="none")
            if n <= MANY:
                for (i, j), count in np.ndenumerate(self.counts):
                    dark = bool(self.shares[i, j] > 0.6)
                    panel.text(j, i, str(count), ha="center", va="center", color="white" if dark else "black")
            step = 1 if n <= MANY else -(-n // 12)
            names = as_texts(self.classes[::step])
            panel.set_xticks(range(0, n, step), labels=names, rotation=90 if max(map(len, names)) > 3 else 0)
            panel.set_yticks(range(0, n, step), labels=names)
            panel.tick_params(length=0)
            panel.set(xlabel="read from the window", ylabel="given")
            right = f"{np.trace(self.counts) / total:.1%} of {total} windows right" if total else "no labels given"
            panel.set_title(f"{as_text(self.factor)}: {right}", loc="left")
            figure.colorbar(image, ax=panel, shrink=0.8, pad=0.02, label="share of the class given")
        return figure

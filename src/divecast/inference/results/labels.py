"""Labels inferred from the data, as a result."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.data import Backend, to_frame
from divecast.errors import ConfigError
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.keys import Keys


@dataclass(frozen=True, eq=False, slots=True)
class Labels(Plottable):
    """Labels inferred from the data, beside those given.

    Attributes:
        keys: windows, or whole recordings keyed by their last window.
        factors: names of the factors.
        classes: class names of each factor.
        probabilities: for each factor, (window, class).
        given: (window, factor) class indices, -1 where missing or unknown to the model.
    """

    keys: Keys
    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    probabilities: tuple[Floats, ...]
    given: NDArray[np.int64]

    @property
    def inferred(self) -> NDArray[np.int64]:
        """(window, factor) the most probable class."""
        columns = [shares.argmax(axis=1) for shares in self.probabilities]
        return np.stack(columns, axis=1) if columns else np.empty((len(self.keys.origins), 0), dtype=np.int64)

    def accuracy(self) -> dict[str, float]:
        """Return the share of labelled windows read right, by factor; NaN where no label is given."""
        known = self.given >= 0
        right = (self.inferred == self.given) & known
        shares = right.sum(0) / np.where(known.sum(0) > 0, known.sum(0), np.nan)
        return dict(zip(self.factors, shares.tolist(), strict=True))

    def confusion(self, factor: str, *, backend: Backend | None = None) -> Any:
        """Return a table of windows by given class (rows, column ``given``) and inferred class (columns)."""
        if factor not in self.factors:
            raise ConfigError(f"expected one of the model's factors {self.factors}, got {factor!r}")
        at = self.factors.index(factor)
        names, known = self.classes[at], self.given[:, at] >= 0
        counts = np.zeros((len(names), len(names)), dtype=np.int64)
        np.add.at(counts, (self.given[known, at], self.inferred[known, at]), 1)
        columns: Columns = {"given": np.array(names, dtype=object)}
        return to_frame(merged(columns, dict(zip(names, counts.T, strict=True))), backend or self.keys.backend)

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a row per window: ``end``, and per factor the inferred class, its probability and the given class."""
        columns = self.keys.columns("end", 0)
        for at, (name, classes) in enumerate(zip(self.factors, self.classes, strict=True)):
            texts = np.array([*classes, None], dtype=object)  # -1 picks the None
            read = {
                name: texts[self.inferred[:, at]],
                f"{name}_probability": self.probabilities[at].max(axis=1),
                f"{name}_given": texts[self.given[:, at]],
            }
            columns = merged(columns, read)
        return to_frame(columns, backend or self.keys.backend)

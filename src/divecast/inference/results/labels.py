"""Labels inferred from windows or recordings."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.data import Backend, to_frame
from divecast.errors import ConfigError
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.keys import Keys


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Labels(Plottable):
    """Labels inferred from the values of windows or recordings, and the labels in the data.

    Attributes:
        keys: the windows, or recordings with the keys of their last window.
        factors: names of the factors.
        classes: class names of each factor.
        probabilities: for each factor the class probabilities, (window, class).
        given: (window, factor) label indices of the data, -1 where missing or unknown to the model.

    Example:
        >>> labels = model.infer_labels(panel, part="test")
        >>> labels.probabilities[0].shape[1], labels.inferred.shape == labels.given.shape
        (24, True)
    """

    keys: Keys
    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    probabilities: tuple[Floats, ...]
    given: NDArray[np.int64]

    @property
    def inferred(self) -> NDArray[np.int64]:
        """(window, factor) label index of the most probable class."""
        columns = [probability.argmax(axis=1) for probability in self.probabilities]
        return np.stack(columns, axis=1) if columns else np.empty((len(self.keys.origins), 0), dtype=np.int64)

    def accuracy(self) -> dict[str, float]:
        """Return the share of labelled windows whose label is inferred correctly, by factor; NaN without labels.

        Example:
            >>> {name: 0 <= share <= 1 for name, share in model.infer_labels(panel, part="test").accuracy().items()}
            {'hour': True, 'weekday': True}
        """
        known = self.given >= 0
        correct = (self.inferred == self.given) & known
        shares = correct.sum(0) / np.where(known.sum(0) > 0, known.sum(0), np.nan)
        return dict(zip(self.factors, shares.tolist(), strict=True))

    def confusion(self, factor: str, *, backend: Backend | None = None) -> Any:
        """Return the confusion matrix of a factor as a table: windows by given class (rows) and inferred class.

        Args:
            factor: name of the factor.
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Returns:
            One row per given class, named in the column ``given``, and one column per inferred class.

        Raises:
            ConfigError: the model has no such factor.

        Example:
            >>> model.infer_labels(panel, part="test").confusion("weekday", backend="pandas").shape
            (7, 8)
        """
        if factor not in self.factors:
            raise ConfigError(
                f"The model has no factor {factor!r}",
                hint=f"Choose {{factor}} among {', '.join(self.factors)}" if self.factors else None,
                argument="factor",
            )
        column = self.factors.index(factor)
        names, known = self.classes[column], self.given[:, column] >= 0
        counts = np.zeros((len(names), len(names)), dtype=np.int64)
        np.add.at(counts, (self.given[known, column], self.inferred[known, column]), 1)
        columns: Columns = {"given": np.array(names, dtype=object)}
        return to_frame(merged(columns, dict(zip(names, counts.T, strict=True))), backend or self.keys.backend)

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return the labels as a table, one row per window or recording.

        Columns: ``end`` (time of the last row), and for each factor the inferred class (``hour``), its probability
        (``hour_probability``) and the class in the data (``hour_given``).

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Raises:
            ConfigError: two columns would have the same name.

        Example:
            >>> list(model.infer_labels(panel, part="test").frame(backend="pandas").columns[:4])
            ['end', 'hour', 'hour_probability', 'hour_given']
        """
        columns = self.keys.columns("end", 0)
        for i, (name, classes) in enumerate(zip(self.factors, self.classes, strict=True)):
            texts = np.array([*classes, None], dtype=object)  # index -1 is None
            of_factor = {
                name: texts[self.inferred[:, i]],
                f"{name}_probability": self.probabilities[i].max(axis=1),
                f"{name}_given": texts[self.given[:, i]],
            }
            columns = merged(columns, of_factor)
        return self.keys.frame(columns, backend)

"""Classes of a factor, and their frequencies in the training part."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from math import isclose
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from divecast.data.factors import Kind
from divecast.data.names import check_short
from divecast.data.source import Column
from divecast.data.tables.label_columns import distinct
from divecast.errors import DataError

LabelIndices = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Classes of a factor.

    Attributes:
        name: name of the factor.
        kind: "plain", "ordered" or "cyclic".
        classes: names of the classes, in order.
        frequencies: share of each class among the labels of the training part; all above 0, and they sum to 1.
        edges: inner edges of the bins where numbers are cut into bins: bin k is from edge k-1 up to below edge k.
        per_series: whether every series has its own label at a time.
    """

    name: str
    kind: Kind
    classes: tuple[str, ...]
    frequencies: tuple[float, ...]
    edges: tuple[float, ...] | None = None
    per_series: bool = False

    def __post_init__(self) -> None:
        """Check that names, frequencies and edges fit together.

        Raises:
            DataError: their numbers differ, a value is out of range, or a name is too long.
        """
        n = len(self.classes)
        shares = n == len(self.frequencies) and all(0 < share <= 1 for share in self.frequencies)
        shares = shares and isclose(sum(self.frequencies), 1.0, abs_tol=1e-6)
        edges = self.edges is None or (len(self.edges) == n - 1 and all(a < b for a, b in pairwise(self.edges)))
        check_short(self.classes, "class")
        if not (0 < n == len(set(self.classes)) and shares and edges and self.kind in get_args(Kind)):
            raise DataError(
                f"Classes of factor {self.name!r:.80} do not fit together",
                expected="different names, frequencies above 0 that sum to 1, and increasing edges between them if any",
                found=f"{n} classes",
            )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def encode(self, column: Column) -> LabelIndices:
        """Class index of each label.

        Args:
            column: labels of any shape, float64 (NaN missing) or objects of text (None missing).

        Returns:
            int16 of the same shape, -1 where missing or unknown; numbers beyond the outer bins belong to these.
        """
        if self.edges is not None and column.dtype.kind == "f":
            bins = np.searchsorted(np.array(self.edges), column, side="right")
            return np.where(np.isnan(column), -1, bins).astype(np.int16)
        labels, places = distinct(column)
        index = {name: place for place, name in enumerate(self.classes)}
        table = np.array([*(index.get(label, -1) for label in labels), -1], dtype=np.int16)
        return table[places]

    def to_dict(self) -> dict[str, Any]:
        """Values that JSON can hold."""
        return {
            "name": self.name,
            "kind": self.kind,
            "classes": list(self.classes),
            "frequencies": list(self.frequencies),
            "edges": None if self.edges is None else list(self.edges),
            "per_series": self.per_series,
        }

    @staticmethod
    def from_dict(plain: Mapping[str, Any]) -> "Vocabulary":
        """Read what :meth:`to_dict` wrote."""
        edges = None if plain["edges"] is None else tuple(float(edge) for edge in plain["edges"])
        frequencies = tuple(float(share) for share in plain["frequencies"])
        classes, per_series = tuple(map(str, plain["classes"])), bool(plain["per_series"])
        return Vocabulary(plain["name"], plain["kind"], classes, frequencies, edges, per_series)

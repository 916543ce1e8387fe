"""Classes of a factor, and their frequencies in the training part."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from divecast.data.factors import Kind
from divecast.data.source import Column
from divecast.data.tables.columns import distinct
from divecast.errors import DataError

LabelIndices = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Classes of a factor.

    Attributes:
        name: The factor.
        kind: "plain", "ordered" or "cyclic".
        classes: Names of the classes, in their order.
        frequencies: Share of each class among the labelled training rows; all above 0, they sum to 1.
        edges: Inner edges of the bins where numbers were cut into bins: bin k runs from edge k-1 up to below edge k.
    """

    name: str
    kind: Kind
    classes: tuple[str, ...]
    frequencies: tuple[float, ...]
    edges: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        """Check that names, shares and edges are those of the same classes.

        Raises:
            DataError: They are not.
        """
        n = len(self.classes)
        shares = n == len(self.frequencies) and all(0 < share <= 1 for share in self.frequencies)
        edges = self.edges is None or (len(self.edges) == n - 1 and all(a < b for a, b in pairwise(self.edges)))
        if not (0 < n == len(set(self.classes)) and shares and edges and self.kind in get_args(Kind)):
            raise DataError(
                f"expected different classes of factor {self.name!r:.80}, each with a frequency above 0, and rising "
                f"edges between them if any, got {n} classes"
            )

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return len(self.classes)

    def encode(self, column: Column) -> LabelIndices:
        """Class index of each label.

        Args:
            column: (row,) labels, float64 (NaN missing) or objects of text (None missing).

        Returns:
            (row,) int16, -1 where missing or unknown; numbers beyond the outer bins fall into these.
        """
        if self.edges is not None and column.dtype.kind == "f":
            codes = np.searchsorted(np.array(self.edges), column, side="right")
            return np.where(np.isnan(column), -1, codes).astype(np.int16)
        classes, places = distinct(column)
        known = {name: at for at, name in enumerate(self.classes)}
        table = np.array([*(known.get(name, -1) for name in classes), -1], dtype=np.int16)
        return table[places]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "classes": list(self.classes),
            "frequencies": list(self.frequencies),
            "edges": None if self.edges is None else list(self.edges),
        }

    @staticmethod
    def from_dict(plain: Mapping[str, Any]) -> "Vocabulary":
        """Read what :meth:`to_dict` wrote."""
        edges = None if plain["edges"] is None else tuple(float(edge) for edge in plain["edges"])
        frequencies = tuple(float(share) for share in plain["frequencies"])
        return Vocabulary(plain["name"], plain["kind"], tuple(map(str, plain["classes"])), frequencies, edges)

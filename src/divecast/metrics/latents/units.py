"""A code cut into units, and the labels it is measured against."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from divecast.errors import DataError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Units:
    """Parts of a code that count as one each: a dimension, or a block of dimensions.

    Attributes:
        names: of the units.
        values: for each unit (window, dim), finite; the windows in the order of time.
        owners: for each unit the factor whose block it is, or None.

    Raises:
        DataError: the parts do not fit together or a value is not finite.
    """

    names: tuple[str, ...]
    values: tuple[Floats, ...]
    owners: tuple[str | None, ...]

    def __post_init__(self) -> None:
        """Check shapes, names and values."""
        if not self.names or len({*self.names}) < len(self.names):
            raise DataError(f"expected one unit or more with distinct names, got {self.names}")
        if not len(self.names) == len(self.values) == len(self.owners):
            found = f"{len(self.names)} names, {len(self.values)} arrays and {len(self.owners)} owners"
            raise DataError(f"each unit needs a name, an array and an owner (None for no factor's), got {found}")
        for name, values in zip(self.names, self.values, strict=True):
            if values.ndim != 2 or values.shape[1] == 0 or len(values) != len(self.values[0]):
                raise DataError(f"unit {name!r} must be of shape ({len(self.values[0])}, dim), got {values.shape}")
            if not np.isfinite(values).all():
                raise DataError(f"unit {name!r} holds NaN or infinite values; measure a code that is finite")
        owned = [owner for owner in self.owners if owner is not None]
        if len({*owned}) < len(owned):
            raise DataError(
                f"a factor owns one unit at most, got owners {self.owners}; join its dimensions in one array"
            )

    @classmethod
    def of_code(cls, a: ArrayLike, b: Mapping[str, ArrayLike]) -> Self:
        """Cut a code into units ``a0, a1, ...``, one a dimension, and ``b_FACTOR``, the whole block of a factor.

        Args:
            a: (window, conditional); no columns for a code without conditional dimensions.
            b: for each factor, by name, (window, dim); empty for a code of unlabelled dimensions only.

        Raises:
            DataError: as the class.
        """
        columns = np.asarray(a, dtype=np.float64)
        if columns.ndim != 2:
            raise DataError(f"a must be of shape (window, dim), got {columns.shape}")
        blocks = tuple(np.asarray(block, dtype=np.float64) for block in b.values())
        singles = tuple(columns[:, [dim]] for dim in range(columns.shape[1]))
        names = (*(f"a{dim}" for dim in range(len(singles))), *(f"b_{factor}" for factor in b))
        return cls(names, (*singles, *blocks), (*(None for _ in singles), *b))

    def take(self, rows: Ints) -> Self:
        """Return the windows at ``rows``."""
        return type(self)(self.names, tuple(values[rows] for values in self.values), self.owners)


@dataclass(frozen=True, eq=False, slots=True)
class FactorLabels:
    """The label of every window and factor.

    Attributes:
        factors: names.
        classes: class names of each factor.
        values: (window, factor) class indices, -1 where missing.

    Raises:
        DataError: the parts do not fit together, or a factor has fewer than two classes among the windows.
    """

    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    values: Ints

    def __post_init__(self) -> None:
        """Check shapes, indices and that every factor varies."""
        if self.values.ndim != 2 or not self.factors or self.values.shape[1] != len(self.factors):
            raise DataError(f"labels must be of shape (window, {len(self.factors)} factors), got {self.values.shape}")
        if not np.issubdtype(self.values.dtype, np.integer):
            raise DataError(f"labels must be whole numbers, -1 where missing, got {self.values.dtype}")
        for name, classes, column in zip(self.factors, self.classes, self.values.T, strict=True):
            if column.size and not -1 <= column.min() <= column.max() < len(classes):
                found = f"{column.min()} to {column.max()}"
                raise DataError(f"labels of factor {name!r} must lie between -1 and {len(classes) - 1}, got {found}")
            present = np.unique(column[column >= 0])
            if len(present) < 2:
                found = ", ".join(repr(classes[at]) for at in present) or "none"
                raise DataError(
                    f"factor {name!r} needs two classes or more among the windows to be measured, found {found}; "
                    "leave the factor out or take windows in which it varies"
                )

    def take(self, rows: Ints) -> Self:
        """Return the windows at ``rows``."""
        return type(self)(self.factors, self.classes, self.values[rows])


def standardised(values: Floats) -> Floats:
    """(window, dim) with mean 0 and spread 1; dimensions that do not vary are left out."""
    spread = values.std(axis=0)
    varies = spread > 1e-12 * np.abs(values).max(axis=0)
    scaled: Floats = (values[:, varies] - values[:, varies].mean(axis=0)) / spread[varies]
    return scaled

"""A code split into units, and the labels it is measured against."""

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
    """The units of a code: single dimensions, or blocks of dimensions that count as one.

    Attributes:
        names: names of the units.
        values: values of each unit, (window, dim), finite, with windows in time order.
        owners: factor that owns each unit, or None.

    Raises:
        DataError: the parts do not fit together or a value is not finite.

    Example:
        >>> Units.of_code(a=np.zeros((100, 2)), b={"hour": np.zeros((100, 3))}).names
        ('a0', 'a1', 'b_hour')
    """

    names: tuple[str, ...]
    values: tuple[Floats, ...]
    owners: tuple[str | None, ...]

    def __post_init__(self) -> None:
        """Check shapes, names and values."""
        if not self.names or len({*self.names}) < len(self.names):
            raise DataError(expected="one unit or more with distinct names", found=str(self.names), argument="names")
        if not len(self.names) == len(self.values) == len(self.owners):
            found = f"{len(self.names)} names, {len(self.values)} arrays and {len(self.owners)} owners"
            raise DataError("Each unit needs a name, an array and an owner, which may be None", found=found)
        for name, values in zip(self.names, self.values, strict=True):
            if values.ndim != 2 or values.shape[1] == 0 or len(values) != len(self.values[0]):
                expected = f"an array of shape ({len(self.values[0])}, dim)"
                raise DataError(f"Unit {name!r}", expected=expected, found=str(values.shape), argument="values")
            if not np.isfinite(values).all():
                raise DataError(f"Unit {name!r} has NaN or infinite values", argument="values")
        owned = [owner for owner in self.owners if owner is not None]
        if len({*owned}) < len(owned):
            raise DataError(
                "A factor owns one unit at most",
                found=f"owners {self.owners}",
                hint="Join the dimensions of a factor in one array",
                argument="owners",
            )

    @classmethod
    def of_code(cls, a: ArrayLike, b: Mapping[str, ArrayLike]) -> Self:
        """Return units ``a0, a1, ...``, one per dimension of a, and ``b_FACTOR``, the block of each factor.

        Args:
            a: (window, conditional); no columns for a code without a.
            b: blocks of b by factor, (window, dim); empty for a code without b.

        Raises:
            DataError: as the class.

        Example:
            >>> Units.of_code(a=np.zeros((100, 1)), b={"hour": np.zeros((100, 3))}).owners
            (None, 'hour')
        """
        columns = np.asarray(a, dtype=np.float64)
        if columns.ndim != 2:
            raise DataError("a must be of shape (window, dim)", found=str(columns.shape), argument="a")
        blocks = tuple(np.asarray(block, dtype=np.float64) for block in b.values())
        singles = tuple(columns[:, [dim]] for dim in range(columns.shape[1]))
        names = (*(f"a{dim}" for dim in range(len(singles))), *(f"b_{factor}" for factor in b))
        return cls(names, (*singles, *blocks), (*(None for _ in singles), *b))

    def take(self, rows: Ints) -> Self:
        """Return the windows at ``rows``.

        Example:
            >>> Units.of_code(a=np.zeros((100, 1)), b={}).take(np.arange(10)).values[0].shape
            (10, 1)
        """
        return type(self)(self.names, tuple(values[rows] for values in self.values), self.owners)


@dataclass(frozen=True, eq=False, slots=True)
class FactorLabels:
    """The labels of windows.

    Attributes:
        factors: names of the factors.
        classes: class names of each factor.
        values: (window, factor) class indices, -1 where missing.

    Raises:
        DataError: the parts do not fit together, or a factor has fewer than two classes among the windows.

    Example:
        >>> FactorLabels(("move",), (("walk", "run"),), np.array([[0], [1], [-1]])).factors
        ('move',)
    """

    factors: tuple[str, ...]
    classes: tuple[tuple[str, ...], ...]
    values: Ints

    def __post_init__(self) -> None:
        """Check shapes, indices and that every factor varies."""
        if self.values.ndim != 2 or not self.factors or self.values.shape[1] != len(self.factors):
            expected = f"labels of shape (window, {len(self.factors)} factors)"
            raise DataError(expected=expected, found=str(self.values.shape), argument="values")
        if not np.issubdtype(self.values.dtype, np.integer):
            found = str(self.values.dtype)
            raise DataError("Labels must be whole numbers, -1 where missing", found=found, argument="values")
        for name, classes, column in zip(self.factors, self.classes, self.values.T, strict=True):
            if column.size and not -1 <= column.min() <= column.max() < len(classes):
                found = f"{column.min()} to {column.max()}"
                expected = f"labels of factor {name!r} between -1 and {len(classes) - 1}"
                raise DataError(expected=expected, found=found, argument="values")
            present = np.unique(column[column >= 0])
            if len(present) < 2:
                raise DataError(
                    f"Factor {name!r} needs two classes or more among the windows",
                    found=", ".join(repr(classes[i]) for i in present) or "none",
                    hint="Leave the factor out, or use windows in which it varies",
                    argument="values",
                )

    def take(self, rows: Ints) -> Self:
        """Return the windows at ``rows``.

        Example:
            >>> labels = FactorLabels(("move",), (("walk", "run"),), np.array([[0], [1], [-1]]))
            >>> labels.take(np.array([0, 1])).values.shape
            (2, 1)
        """
        return type(self)(self.factors, self.classes, self.values[rows])


def standardised(values: Floats) -> Floats:
    """Return values with mean 0 and standard deviation 1, (window, dim); constant dimensions are left out."""
    spread = values.std(axis=0)
    varies = spread > 1e-12 * np.abs(values).max(axis=0)
    scaled: Floats = (values[:, varies] - values[:, varies].mean(axis=0)) / spread[varies]
    return scaled

"""Columns of labels: numbers as float64 (NaN missing), anything else as objects of text (None missing)."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.names import one_form
from divecast.data.source import Column
from divecast.data.tables.dictionary import encode
from divecast.data.tables.numbers import as_floats, cell_to_float, is_missing, is_number

_NONE = np.array(None, dtype=object)
_LARGEST_EXACT = 2.0**53  # float64 holds every integer up to here


def read_labels(series: nw.Series[Any]) -> Column:
    """Read a label column of a table, (row,)."""
    if series.dtype.is_numeric():
        numbers: Column = as_floats(series).astype(np.float64)
        if series.dtype.is_float() or not _may_be_rounded(numbers):
            return numbers
        return label_array(series.to_list())
    codes, labels = encoded_labels(series)
    return labels[codes]


def label_array(cells: Sequence[Any] | NDArray[Any]) -> Column:
    """Read labels given one by one, (row,)."""
    if all(is_number(cell) and not isinstance(cell, bool | np.bool_) for cell in cells):
        numbers = np.array([cell_to_float(cell) for cell in cells], dtype=np.float64)
        if not _may_be_rounded(numbers):
            return numbers
    texts = np.empty(len(cells), dtype=object)
    texts[:] = [None if is_missing(cell) else one_form(str(cell)) for cell in cells]
    return texts


def label_missing(column: Column) -> NDArray[np.bool_]:
    """True where a label is missing, in the shape of the column."""
    missing: NDArray[np.bool_] = (
        np.isnan(column) if column.dtype.kind == "f" else np.equal(column.astype(object, copy=False), _NONE)
    )
    return missing


def present(column: Column) -> list[float | str | None]:
    """The labels of a column as JSON can hold them, None where missing."""
    return [None if missing else cell for cell, missing in zip(column.tolist(), label_missing(column), strict=True)]


def same_labels(one: Column, two: Column) -> NDArray[np.bool_]:
    """True where two columns of one shape hold the same label, or both none."""
    same: NDArray[np.bool_] = (one == two) | (label_missing(one) & label_missing(two))
    return same


def distinct(column: Column) -> tuple[list[str], NDArray[np.int64]]:
    """The different labels of a column as text, and which of them each row has.

    Args:
        column: labels, of any shape.

    Returns:
        The labels, numbers by size and text by alphabet; and indices into them of the column's shape, -1 where missing.
    """
    known = ~label_missing(column)
    values: list[Any]
    if column.dtype.kind == "f":
        numbers, inverse = np.unique(column[known], return_inverse=True)
        values = numbers.tolist()
    else:
        values, inverse = _distinct_text(column[known])
    indices = np.full(column.shape, -1, dtype=np.int64)
    indices[known] = inverse
    return as_text(values), indices


def _distinct_text(labels: Column) -> tuple[list[str], NDArray[np.int64]]:
    """The different labels by alphabet, and which of them each is; sorting all of them would take twice as long."""
    seen: dict[str, int] = {}
    cells = map(str, labels.tolist())
    first_seen = np.fromiter((seen.setdefault(cell, len(seen)) for cell in cells), np.int64, len(labels))
    ordered = sorted(seen)
    places = np.empty(len(seen), dtype=np.int64)
    places[[seen[label] for label in ordered]] = np.arange(len(seen))
    return ordered, places[first_seen]


def as_text(values: Sequence[float | str]) -> list[str]:
    """Labels as text, integers without a decimal point."""
    return [str(int(value)) if isinstance(value, float) and value.is_integer() else str(value) for value in values]


def encoded_labels(series: nw.Series[Any]) -> tuple[NDArray[np.int32], Column]:
    """A label column as the place of each cell among the different ones, and these with a missing one at the end.

    Labels of text are far smaller so, and so is the time to read them.

    Returns:
        (row,) places, -1 where missing, and (label + 1,) the labels.
    """
    encoded = None if series.dtype.is_numeric() else encode(series)
    if encoded is None:
        column = read_labels(series) if series.dtype.is_numeric() else label_array(series.to_list())
        missing = np.full(1, None if column.dtype.kind == "O" else np.nan, dtype=column.dtype)
        return np.arange(len(column), dtype=np.int32), np.concatenate([column, missing])
    codes, cells = encoded
    labels = label_array([*cells.to_pylist(), None])
    return codes, labels


def _may_be_rounded(numbers: NDArray[np.float64]) -> bool:
    """Whether float64 may have rounded two different labels to one number."""
    return bool((np.abs(numbers) >= _LARGEST_EXACT).any())

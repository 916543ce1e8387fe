"""Columns that name the series or recordings of a table's rows."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.as_read import IdColumn
from divecast.data.names import check_unique, listed, one_form, repeated
from divecast.data.tables.columns import Frame, backend_of, get_series
from divecast.data.tables.dictionary import Codes, encode
from divecast.data.tables.numbers import is_missing
from divecast.errors import DataError

SEPARATOR = "/"
"""Between the cells of several columns that name a series together."""

_LARGEST_TABLE = 1 << 26
_ROWS_AT_ONCE = 1 << 20


class Ids(NamedTuple):
    """Series of the rows of a table.

    Attributes:
        names: the series, in order of appearance; of several columns "1/101".
        numbers: (row,) which of them each row belongs to.
        columns: the columns that name them, each (series,), as they came in.
    """

    names: tuple[str, ...]
    numbers: Codes
    columns: dict[str, IdColumn]


def number_ids(frame: Frame, columns: Sequence[str]) -> Ids:
    """Number the series or recordings that one or several columns name together, in order of appearance.

    Raises:
        DataError: a row has no name, or two names read alike as text.
    """
    encoded = [_encode(get_series(frame, name), name) for name in columns]
    numbers, places = _together([codes for codes, _ in encoded], [len(cells) for _, cells in encoded])
    parts = [cells[place] for (_, cells), place in zip(encoded, places, strict=True)]
    names = tuple(
        one_form(SEPARATOR.join(map(str, cells))) for cells in zip(*(part.tolist() for part in parts), strict=True)
    )
    if len(columns) == 1:
        check_unique(names, "series or recording")
    elif twice := repeated(names):
        raise DataError(
            f"The cells of {listed(columns)} together read alike for several series: {listed(twice)}",
            hint=f"Rename those that contain {SEPARATOR!r}",
            argument="id",
        )
    kind = backend_of(frame)
    native = [get_series(frame, name).to_native() for name in columns]
    dtypes = [getattr(column, "dtype", getattr(column, "type", None)) for column in native]
    dtypes = [
        getattr(dtype, "value_type", dtype) if kind == "pyarrow" else dtype for dtype in dtypes
    ]  # of a dictionary
    found = zip(columns, parts, dtypes, strict=True)
    return Ids(names, numbers, {name: IdColumn(part, kind, dtype) for name, part, dtype in found})


def _encode(series: nw.Series[Any], name: str) -> tuple[Codes, NDArray[Any]]:
    encoded = encode(series)
    codes, cells = _encode_slowly(series.to_list(), name) if encoded is None else (encoded[0], _as_array(encoded[1]))
    missing = np.flatnonzero(codes < 0)
    if len(missing):
        raise DataError(f"Column {name!r} has no name in row {missing[0]}", hint="Fill it in or drop the row")
    if any(isinstance(cell, list | dict) for cell in cells[:1]):
        raise DataError(f"Column {name!r} must hold names as text or numbers: {cells[0]!r} in row 0")
    return _in_one_form(codes, cells)


def _in_one_form(codes: Codes, cells: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    """The same with one code for cells that are one name in two forms; the first of them stays as it is written."""
    if cells.dtype.kind != "O" or all(isinstance(cell, str) and cell.isascii() for cell in cells):
        return codes, cells
    first: dict[Any, int] = {}
    kept: list[int] = []
    places = np.empty(len(cells), dtype=np.int32)
    for place, cell in enumerate(cells):
        number = first.setdefault(one_form(cell) if isinstance(cell, str) else (type(cell), cell), len(kept))
        if number == len(kept):
            kept.append(place)
        places[place] = number
    return (codes, cells) if len(kept) == len(cells) else (places[codes], cells[kept])


def _as_array(cells: Any) -> NDArray[Any]:
    import pyarrow as pa

    if pa.types.is_integer(cells.type) or pa.types.is_boolean(cells.type) or pa.types.is_floating(cells.type):
        numbers: NDArray[Any] = cells.to_numpy(zero_copy_only=False)
        return numbers
    return _objects(cells.to_pylist())


def _objects(cells: Sequence[Any]) -> NDArray[Any]:
    array = np.empty(len(cells), dtype=object)
    array[:] = cells
    return array


def _encode_slowly(cells: Sequence[Any], name: str) -> tuple[Codes, NDArray[Any]]:
    """As :func:`encode`, for cells of several types."""
    numbers: dict[Any, int] = {}
    codes = np.full(len(cells), -1, dtype=np.int32)
    for row, cell in enumerate(cells):
        if is_missing(cell):
            continue
        try:
            codes[row] = numbers.setdefault(cell, len(numbers))
        except TypeError as error:  # a list, say
            raise DataError(f"Column {name!r} must hold names as text or numbers: {cell!r} in row {row}") from error
    return codes, _objects(list(numbers))


def _together(codes: Sequence[Codes], sizes: Sequence[int]) -> tuple[Codes, list[NDArray[np.int64]]]:
    """Number the pairs (or more) of codes in order of appearance.

    Returns:
        (row,) the number of each, and for every column (number,) its code.
    """
    numbers, size = codes[0], sizes[0]
    places: list[NDArray[np.int64]] = [np.arange(size)]
    for other, other_size in zip(codes[1:], sizes[1:], strict=True):
        numbers, pairs = _pair(numbers, other, size, other_size)
        places = [*(place[pairs // other_size] for place in places), pairs % other_size]
        size = len(pairs)
    return numbers, places


def _pair(one: Codes, two: Codes, n_one: int, n_two: int) -> tuple[Codes, NDArray[np.int64]]:
    seen: dict[int, int] = {}
    place_of = np.full(n_one * n_two, -1, dtype=np.int32) if n_one * n_two <= _LARGEST_TABLE else None
    numbers = np.empty(len(one), dtype=np.int32)
    for start in range(0, len(one), _ROWS_AT_ONCE):
        rows = slice(start, start + _ROWS_AT_ONCE)
        pairs = one[rows].astype(np.int64) * n_two + two[rows]
        different, first, inverse = np.unique(pairs, return_index=True, return_inverse=True)
        for pair in different[np.argsort(first)].tolist():
            number = seen.setdefault(pair, len(seen))
            if place_of is not None:
                place_of[pair] = number
        numbers[rows] = place_of[pairs] if place_of is not None else np.array([seen[p] for p in different])[inverse]
    return numbers, np.fromiter(seen, np.int64, len(seen))

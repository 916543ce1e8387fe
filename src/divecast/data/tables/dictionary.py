"""Columns as places in the list of their different cells, of which long tables have few."""

from collections.abc import Iterator
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]

_ROWS_AT_ONCE = 1 << 18


def encode(series: nw.Series[Any]) -> tuple[Codes, Any] | None:
    """Encode a column, piece by piece for memory.

    Args:
        series: the column.

    Returns:
        (row,) the place of each cell among the different ones, -1 where missing; and these as an Arrow array in order
        of appearance. None for a column of objects that are not text, or of cells that Arrow cannot hold or compare.
    """
    import pyarrow as pa

    if isinstance(series.dtype, nw.Object):
        return None
    try:
        return _encoded(series)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        return None


def _encoded(series: nw.Series[Any]) -> tuple[Codes, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    codes = np.empty(len(series), dtype=np.int32)
    known, done = pa.nulls(0), 0
    for piece in _pieces(series):
        numbers, cells = _of_piece(piece)
        known = known if len(known) else cells[:0]  # pandas objects do not tell their type without a cell
        cells = cells.cast(known.type)
        places = pc.index_in(cells, value_set=known).to_numpy(zero_copy_only=False)
        fresh = np.isnan(places) if places.dtype.kind == "f" else np.zeros(len(places), dtype=bool)
        places = np.where(fresh, len(known) + np.cumsum(fresh) - 1, places).astype(np.int32)
        if fresh.any():
            known = pa.concat_arrays([known, cells.filter(pa.array(fresh))])
        codes[done : done + len(piece)] = np.append(places, np.int32(-1))[numbers]
        done += len(piece)
    return codes, known


def _pieces(series: nw.Series[Any]) -> Iterator[Any]:
    for first in range(0, len(series), _ROWS_AT_ONCE):
        column = series[first : first + _ROWS_AT_ONCE].to_arrow()
        yield from column.chunks if hasattr(column, "chunks") else [column]


def _of_piece(piece: Any) -> tuple[Codes, Any]:
    """Codes of a piece, -1 where missing, and its cells in order of appearance."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_encoded = pa.types.is_dictionary(piece.type)
    encoded = piece if is_encoded else piece.dictionary_encode()
    numbers = encoded.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
    cells = encoded.dictionary
    missing = cells.is_null()
    if pa.types.is_floating(cells.type):
        missing = pc.or_(missing, pc.is_nan(cells))
    if not is_encoded and not pc.any(missing).as_py():
        return numbers, cells
    first = np.full(len(cells) + 1, len(numbers), dtype=np.int64)  # the last one is that of missing cells
    first[numbers[::-1]] = np.arange(len(numbers))[::-1]
    kept = np.flatnonzero((first[:-1] < len(numbers)) & ~missing.to_numpy(zero_copy_only=False))
    kept = kept[np.argsort(first[kept])]
    place_of = np.full(len(cells) + 1, -1, dtype=np.int32)
    place_of[kept] = np.arange(len(kept), dtype=np.int32)
    return place_of[numbers], cells.take(pa.array(kept))

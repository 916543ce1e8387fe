"""Columns as places in the list of their different cells, of which long tables have few."""

from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]


def encode(series: nw.Series[Any]) -> tuple[Codes, Any] | None:
    """Encode a column.

    Args:
        series: the column.

    Returns:
        (row,) the place of each cell among the different ones, -1 where missing; and these as an Arrow array in order
        of appearance. None for a column whose cells Arrow cannot hold or compare.
    """
    import pyarrow as pa

    try:
        column = series.to_arrow()
        chunked = column if isinstance(column, pa.ChunkedArray) else pa.chunked_array([column])
        if not pa.types.is_dictionary(chunked.type):
            chunked = chunked.dictionary_encode()
        chunked = chunked.unify_dictionaries()
    except (pa.ArrowException, TypeError, ValueError):
        return None
    codes = np.empty(len(chunked), dtype=np.int32)
    done = 0
    for chunk in chunked.chunks:
        codes[done : done + len(chunk)] = chunk.indices.cast(pa.int32()).fill_null(-1).to_numpy(zero_copy_only=False)
        done += len(chunk)
    cells = chunked.chunk(0).dictionary if chunked.num_chunks else pa.array([], chunked.type.value_type)
    return _by_appearance(codes, _without_nan(cells))


def _without_nan(cells: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_floating(cells.type):
        return cells
    return pc.if_else(pc.is_nan(cells), pa.scalar(None, cells.type), cells)


def _by_appearance(codes: Codes, cells: Any) -> tuple[Codes, Any]:
    """Codes and cells in order of appearance, without cells that are missing or do not occur."""
    first = np.full(len(cells) + 1, len(codes), dtype=np.int64)  # the last one is that of missing cells
    for start in range(0, len(codes), 1 << 20):
        chunk, places = np.unique(codes[start : start + (1 << 20)], return_index=True)
        first[chunk] = np.minimum(first[chunk], places + start)
    present = first[:-1] < len(codes)
    present &= ~cells.is_null().to_numpy(zero_copy_only=False)
    order = np.argsort(first[:-1], kind="stable")
    order = order[present[order]]
    place_of = np.full(len(cells) + 1, -1, dtype=np.int32)
    place_of[order] = np.arange(len(order), dtype=np.int32)
    if np.array_equal(place_of[:-1], np.arange(len(cells))):
        return codes, cells
    return place_of[codes], cells.take(order)

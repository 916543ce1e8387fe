"""Tables of hostile cells, as three libraries would have them."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa


@dataclass(frozen=True, eq=False)
class Table:
    """Columns of cells; two may have one name, and names need not be text.

    Attributes:
        names: of the columns.
        columns: cells of each, all as long.
        kinds: the type each column is to have in its library, as far as it can.
        library: pandas, polars or pyarrow.
        index: pandas' index, none where it is the usual one.
    """

    names: tuple[Any, ...]
    columns: tuple[list[Any], ...]
    kinds: tuple[str, ...]
    library: str
    index: Any = None

    def frame(self) -> Any:
        """Return it as its library would have it; two equal names that the library refuses are told apart."""
        return {"pandas": _pandas, "polars": _polars, "pyarrow": _arrow}[self.library](self)

    def arrow(self) -> pa.Table:
        """Return it as an Arrow table, with names as text, as files want it."""
        return _arrow(self)

    def finite(self, aside: Sequence[Any] = ()) -> list[float]:
        """Return all values as float32, sorted, that the other columns than ``aside`` hold."""
        cells = [
            cell for name, column in zip(self.names, self.columns, strict=True) if name not in aside for cell in column
        ]
        with np.errstate(over="ignore"):
            found = [float(np.float32(float(cell))) for cell in cells if not is_missing(cell)]
        return sorted(found)


def is_missing(cell: Any) -> bool:
    """Whether a cell has no value."""
    if cell is None or cell is pd.NaT or cell is pd.NA:
        return True
    if isinstance(cell, Decimal):
        return cell.is_nan()
    return isinstance(cell, float | np.floating) and math.isnan(cell)


def _pandas(table: Table) -> pd.DataFrame:
    columns = [_typed(pd.Series(_cells(column)), kind) for column, kind in zip(table.columns, table.kinds, strict=True)]
    frame = pd.DataFrame(dict(enumerate(columns)))
    frame.columns = pd.Index(table.names, dtype=object)
    if table.index is not None and len(table.index) == len(frame):
        frame.index = table.index
    return frame


def _cells(column: list[Any]) -> Any:
    objects = np.empty(len(column), dtype=object)
    objects[:] = column
    return objects


def _typed(series: pd.Series, kind: str) -> pd.Series:
    try:
        return series.infer_objects() if kind == "plain" else series.astype(kind if kind != "decimal" else object)
    except (TypeError, ValueError, OverflowError, pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
        return series


def _polars(table: Table) -> pl.DataFrame:
    made = {}
    for name, column, kind in zip(table.names, table.columns, table.kinds, strict=True):
        own = str(name)
        while own in made:
            own += "_"
        made[own] = _polars_series(column, kind)
    return pl.DataFrame(made)


def _polars_series(column: list[Any], kind: str) -> pl.Series:
    if any(isinstance(cell, Decimal) and not cell.is_finite() for cell in column):
        column = [str(cell) for cell in column]  # polars' Rust panics
    refused = (TypeError, ValueError, OverflowError, RuntimeError, pl.exceptions.PolarsError)
    try:
        series = pl.Series(column)
    except refused:
        series = pl.Series([None if is_missing(cell) else str(cell) for cell in column], dtype=pl.String)
    wanted = {"category": pl.Categorical, "Int64": pl.Int64, "Float64": pl.Float64, "object": pl.Object}.get(kind)
    try:
        return series if wanted is None else pl.Series(column, dtype=wanted)
    except refused:
        return series


def _arrow(table: Table) -> pa.Table:
    arrays = [_array(column, kind) for column, kind in zip(table.columns, table.kinds, strict=True)]
    return pa.Table.from_arrays(arrays, names=[str(name) for name in table.names])


def _array(column: list[Any], kind: str) -> pa.Array:
    try:
        array = pa.array(column, from_pandas=True)
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        array = pa.array([None if is_missing(cell) else str(cell) for cell in column], type=pa.string())
    targets: dict[str, Callable[[], pa.Array]] = {
        "category": array.dictionary_encode,
        "Int64": lambda: array.cast(pa.int64()),
        "Float64": lambda: array.cast(pa.float32()),
        "object": lambda: array.cast(pa.large_string()),
        "decimal": lambda: array.cast(pa.decimal128(38, 6)) if pa.types.is_integer(array.type) else array,
    }
    try:
        return targets.get(kind, lambda: array)()
    except (pa.ArrowException, TypeError, ValueError):
        return array

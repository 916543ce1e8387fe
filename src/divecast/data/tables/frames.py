"""Results as tables of the caller's kind, and tables as files."""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.config import check_choice
from divecast.data.as_read import Backend, IdColumn, StampKind
from divecast.data.tables.formulas import without_formulas
from divecast.errors import ConfigError, DataError
from divecast.persistence.atomic import replacing


def default_backend() -> Backend:
    """The kind of table for data that came in none: pandas, else polars, else pyarrow, whichever is installed."""
    return "pandas" if find_spec("pandas") else "polars" if find_spec("polars") else "pyarrow"


def to_frame(
    columns: Mapping[str, NDArray[Any]],
    backend: Backend,
    stamps: StampKind | None = None,
    types: Mapping[str, IdColumn] | None = None,
) -> Any:
    """Build a table of the caller's kind.

    Args:
        columns: (row,) arrays by name; stamps are datetime64, in UTC if ``stamps`` has a zone.
        backend: "pandas", "polars" or "pyarrow"; "numpy" gives a pyarrow table.
        stamps: type of the columns of stamps; microseconds without a zone if None.
        types: columns whose type some columns get, by their names, where these came from a table of this backend.

    Raises:
        ConfigError: there is no such backend, or its package is not installed.
    """
    check_choice(get_args(Backend), backend=backend)
    kind = "pyarrow" if backend == "numpy" else backend
    try:
        frame = nw.from_dict({name: _plain(column) for name, column in columns.items()}, backend=kind)
    except ImportError as error:
        raise ConfigError(f"The package {kind} is not installed ({error})", argument="backend") from error
    if stamps is not None:
        timed = [name for name, column in columns.items() if column.dtype.kind == "M"]
        frame = frame.with_columns(*(_stamped(frame.get_column(name), stamps) for name in timed)) if timed else frame
    own = {name: ids.dtype for name, ids in (types or {}).items() if ids.kind == kind and ids.dtype is not None}
    return _typed(frame.to_native(), own, kind, None if stamps is None else stamps.period)


def write_frame(table: Any, path: str | Path, *, raw: bool = False) -> Path:
    """Write a table as CSV, CSV.gz or Parquet, chosen by the file name.

    It is written beside ``path`` and moved there when complete; on failure a file that was there stays as it was.

    Args:
        table: (row,) arrays by name, or a pandas, polars or pyarrow table.
        path: the file.
        raw: whether text in CSV stays as it is, also where a spreadsheet would run it as a formula; by default an
            apostrophe is put before it.

    Returns:
        The file.

    Raises:
        ConfigError: the file name has another ending.
        ArtifactError: the file cannot be written.
    """
    write_frames([table], path, raw=raw)
    return Path(path)


def write_frames(tables: Iterable[Any], path: str | Path, *, raw: bool = False) -> int:
    """Write tables of the same columns one below another, as :func:`write_frame` does, holding one at a time.

    Args:
        tables: at least one, each as in :func:`write_frame`; in Parquet each starts a row group.
        path: the file.
        raw: as in :func:`write_frame`.

    Returns:
        The number of rows.

    Raises:
        ConfigError: the file name has another ending.
        DataError: there is no table.
        ArtifactError: the file cannot be written.
    """
    path = Path(path)
    if not path.name.lower().endswith((".csv", ".csv.gz", ".parquet")):
        raise ConfigError(expected="a file name that ends in .csv, .csv.gz or .parquet", found=path.name)
    text = not path.name.lower().endswith(".parquet")
    arrow = map(partial(_to_arrow, text=text), tables)
    arrow = map(without_formulas, arrow) if text and not raw else arrow
    table = next(arrow, None)  # before the file is opened, since most failures occur here
    if table is None:
        raise DataError(f"There is no table to write to {path.name}")
    rows, schema = 0, table.schema
    with replacing(path) as temporary, temporary.open("wb") as file, _writer(file, path.name.lower(), schema) as writer:
        while table is not None:
            writer.write_table(table)
            rows += len(table)
            table = next(arrow, None)
    return rows


def _to_arrow(table: Any, *, text: bool) -> Any:
    import pyarrow as pa

    native = to_frame(table, "pyarrow") if isinstance(table, Mapping) else table
    arrow = nw.from_native(native, eager_only=True).to_arrow()
    for place, column in enumerate(arrow.schema):  # what files have no type for, or write with zeros at the end
        if pa.types.is_dictionary(column.type):
            arrow = arrow.set_column(place, column.name, arrow.column(place).cast(column.type.value_type))
        elif text and pa.types.is_timestamp(column.type):
            with suppress(pa.ArrowInvalid):  # finer than seconds
                whole = arrow.column(place).cast(pa.timestamp("s", column.type.tz))
                arrow = arrow.set_column(place, column.name, whole)
        elif isinstance(column.type, pa.BaseExtensionType):
            cells = [None if cell is None else str(cell) for cell in arrow.column(place).to_pylist()]
            arrow = arrow.set_column(place, column.name, pa.array(cells, pa.string()))
    return arrow


def _stamped(series: nw.Series[Any], kind: StampKind) -> nw.Series[Any]:
    """A column of stamps without a zone, in its type."""
    if kind.zone is not None:
        zoned = series.dt.replace_time_zone("UTC")
        zoned = zoned if kind.zone == "UTC" else zoned.dt.convert_time_zone(kind.zone)
        return zoned.cast(nw.Datetime(_unit(kind), kind.zone))
    if kind.unit == "D":
        if series.implementation.is_pandas():
            dates: nw.Series[Any] = nw.from_native(series.to_native().dt.date, series_only=True)
            return dates
        return series.cast(nw.Date())
    return series.cast(nw.Datetime(_unit(kind)))


def _unit(kind: StampKind) -> Any:
    return "us" if kind.unit == "D" else kind.unit


def _typed(native: Any, types: Mapping[str, Any], kind: str, period: str | None) -> Any:
    """The table with some columns of the types they have in another table of its kind."""
    if kind == "pandas":
        native = native.astype(dict(types)) if types else native
        timed = [name for name in native if str(native[name].dtype).startswith("datetime64")] if period else []
        return native.assign(**{name: native[name].dt.to_period(period) for name in timed}) if timed else native
    if kind == "polars":
        return native.cast(dict(types)) if types else native
    for name, dtype in types.items():
        place = native.column_names.index(name)
        native = native.set_column(place, name, native.column(name).cast(dtype))
    return native


def _plain(column: NDArray[Any]) -> Any:
    if column.dtype.kind == "M":
        return column.astype("datetime64[us]")
    # Some backends take arrays of text objects for binary or null, but not lists.
    return column.tolist() if column.dtype.kind in "OU" else np.ascontiguousarray(column)


@contextmanager
def _writer(file: Any, name: str, schema: Any) -> Iterator[Any]:
    from pyarrow import csv, parquet

    if name.endswith(".parquet"):
        with parquet.ParquetWriter(file, schema) as writer:
            yield writer
    elif name.endswith(".gz"):
        # Arrow's own compressed stream would close the file, which must still be flushed to disk.
        with (
            gzip.GzipFile(filename="", mode="wb", fileobj=file) as compressed,
            csv.CSVWriter(compressed, schema) as writer,
        ):
            yield writer
    else:
        with csv.CSVWriter(file, schema) as writer:
            yield writer

"""Results as tables of the caller's kind, and tables as files."""

import gzip
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, get_args

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.config import check_choice
from divecast.data.source import Backend
from divecast.errors import ConfigError, DataError
from divecast.persistence.atomic import replacing


def default_backend() -> Backend:
    """The kind of table for data that came in none: pandas, else polars, else pyarrow, whichever is installed."""
    return "pandas" if find_spec("pandas") else "polars" if find_spec("polars") else "pyarrow"


def to_frame(columns: Mapping[str, NDArray[Any]], backend: Backend) -> Any:
    """Build a table of the caller's kind.

    Args:
        columns: (row,) arrays by name; stamps are datetime64 and get no time zone.
        backend: "pandas", "polars" or "pyarrow"; "numpy" gives a pyarrow table.

    Raises:
        ConfigError: there is no such backend, or its package is not installed.
    """
    check_choice(get_args(Backend), backend=backend)
    kind = "pyarrow" if backend == "numpy" else backend
    try:
        return nw.from_dict({name: _plain(column) for name, column in columns.items()}, backend=kind).to_native()
    except ImportError as error:
        raise ConfigError(f"The package {kind} is not installed ({error})", argument="backend") from error


def write_frame(table: Any, path: str | Path) -> Path:
    """Write a table as CSV, CSV.gz or Parquet, chosen by the file name.

    It is written beside ``path`` and moved there when complete; on failure a file that was there stays as it was.

    Args:
        table: (row,) arrays by name, or a pandas, polars or pyarrow table.
        path: the file.

    Returns:
        The file.

    Raises:
        ConfigError: the file name has another ending.
        ArtifactError: the file cannot be written.
    """
    write_frames([table], path)
    return Path(path)


def write_frames(tables: Iterable[Any], path: str | Path) -> int:
    """Write tables of the same columns one below another, as :func:`write_frame` does, holding one at a time.

    Args:
        tables: at least one, each as in :func:`write_frame`; in Parquet each starts a row group.
        path: the file.

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
    arrow = map(_to_arrow, tables)
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


def _to_arrow(table: Any) -> Any:
    native = to_frame(table, "pyarrow") if isinstance(table, Mapping) else table
    return nw.from_native(native, eager_only=True).to_arrow()


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

"""Tables of three packages behind one interface, and their columns by name."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from divecast.data.as_read import Backend
from divecast.data.names import check_unique, listed, one_form
from divecast.data.tables.date_columns import with_dates
from divecast.data.tables.pandas_index import is_pandas, with_plain_columns
from divecast.data.tables.unnamed import without_unnamed
from divecast.errors import DataError, warn_data

Frame = nw.DataFrame[Any]


def open_frame(native: Any) -> tuple[Frame, Backend]:
    """Take a pandas, polars or pyarrow table; a lazy polars frame is collected.

    What the index of a pandas table tells, and several levels of its columns, become columns; a pandas series with such
    an index is a table, too.
    Columns without a name that only count the rows are left out, and those of years, months and days are read as dates,
    both with a DataWarning.

    Returns:
        The narwhals frame and the kind of the table.

    Raises:
        DataError: it is not a table, has no rows or columns, or two columns have the same name.
    """
    if isinstance(native, nw.DataFrame):
        return native, backend_of(native)
    if is_pandas(native):
        native = with_plain_columns(native)
    _check_column_names(native)
    try:
        frame = nw.from_native(native.collect() if hasattr(native, "collect") else native, eager_only=True)
        names = column_names(frame)
    except TypeError as error:
        raise DataError(expected="a pandas, polars or pyarrow table", found=type(native).__name__) from error
    names = [one_form(name) for name in names]
    check_unique(names, "column")
    others = {old: new for old, new in zip(frame.columns, names, strict=True) if isinstance(old, str) and old != new}
    frame = frame.rename(others) if others else frame
    if not len(frame):
        raise DataError(f"The table has no rows; its columns are {listed(names)}")
    frame = with_dates(without_unnamed(_with_types(frame)))
    return frame, backend_of(frame)


def _with_types(frame: Frame) -> Frame:
    """Give columns that polars or pyarrow can do little with, such as of Python objects, the type of what they hold."""
    if frame.implementation.is_pyarrow():
        return _without_extensions(frame)
    if not frame.implementation.is_polars():
        return frame
    objects = [name for name, dtype in frame.schema.items() if isinstance(dtype, nw.Object)]
    return frame.with_columns(*(_typed(frame[name]) for name in objects)) if objects else frame


def _without_extensions(frame: Frame) -> Frame:
    """Give columns of extension types what these store, and periods of pandas, as of its Parquet, their first times."""
    import pyarrow as pa

    table = frame.to_native()
    extended = [field for field in table.schema if isinstance(field.type, pa.BaseExtensionType)]
    for field in extended:
        column = table.column(field.name)
        is_period = field.type.extension_name == "pandas.period"
        plain = pa.array(column.to_pandas().dt.to_timestamp()) if is_period else column.cast(field.type.storage_type)
        table = table.set_column(table.schema.get_field_index(field.name), field.name, plain)
    return nw.from_native(table, eager_only=True) if extended else frame


def _typed(column: nw.Series[Any]) -> nw.Series[Any]:
    """Return a column of objects as what they are, or as text if they are of several kinds."""
    values = column.to_list()
    try:
        typed = nw.new_series(column.name, values, backend=column.implementation)
    except Exception:  # polars has several for what is of no one type
        typed = column
    if not isinstance(typed.dtype, nw.Object):
        return typed
    texts = [None if value is None else str(value) for value in values]
    return nw.new_series(column.name, texts, backend=column.implementation)


def backend_of(frame: Frame) -> Backend:
    """The kind of a table."""
    kind = frame.implementation
    return "pandas" if kind.is_pandas() else "polars" if kind.is_polars() else "pyarrow"


def column_names(frame: Frame) -> list[str]:
    """Names of the columns as text; a pandas column may be named by a number."""
    return [str(name) for name in frame.columns]


def get_series(frame: Frame, name: str) -> nw.Series[Any]:
    """The column whose name reads ``name`` as text."""
    try:  # comparing all names for each of them would take long in a table of many columns
        return frame.get_column(name)
    except KeyError:
        return frame.get_column(next(column for column in frame.columns if str(column) == name))


def _check_column_names(native: Any) -> None:
    # Before narwhals, whose own message is several lines; ``columns`` of an Arrow table are its arrays.
    names = getattr(native, "column_names", None)
    if names is None and not hasattr(native, "collect"):
        names = getattr(native, "columns", None)
    if names is not None:
        check_unique([str(name) for name in names], "column")


def warn_unused(names: Sequence[str], title: str) -> None:
    """Warn of columns that have no role.

    Args:
        names: the columns, one or more.
        title: what to call their table.
    """
    column, verb, them = ("Column", "is", "it") if len(names) == 1 else ("Columns", "are", "them")
    warn_data(
        f"{column} {listed(names)} of {title} {verb} not used", hint=f"Name {them} in {{factors}} or {{covariates}}"
    )

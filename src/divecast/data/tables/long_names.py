"""Which columns of a table are those of a long one: told, recognised by their usual names, or missed."""

from collections.abc import Collection, Mapping, Sequence
from functools import reduce
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast._text import did_you_mean
from divecast.data.names import check_known, listed, one_form
from divecast.data.tables.columns import Frame, column_names, get_series
from divecast.data.tables.dictionary import encode
from divecast.data.tables.times import find_time
from divecast.errors import DataError, told

IDS = (
    *("unique_id", "item_id", "series_id", "ts_id", "series", "series_name", "meter_id", "sensor_id", "station_id"),
    *("site_id", "device_id", "store_id", "product_id", "customer_id", "household_id", "sku", "id"),
)
"""Usual names of columns that name the series, in lower case."""

VALUES = ("y", "target", "value", "values", "target_value")
"""Usual names of the column of values, in lower case."""

_MOST_KEYS, _MOST_CANDIDATES = 3, 8
_LEAST_ROWS_PER_TIME = 1.2
_MOST_CELLS_PER_ROW = 20  # a column of more different cells holds values, not names
_TOLD_APART = 0.95  # the others may be repeats

Names = str | Sequence[str] | None
Numbers = NDArray[np.int64]


class LongNames(NamedTuple):
    """Columns of a long table: those that name the series, the time, the value."""

    ids: tuple[str, ...] = ("unique_id",)
    time: str = "ds"
    value: str = "y"


def as_names(id: Names) -> tuple[str, ...]:  # noqa: A002  as in Panel.from_long
    """Columns that name the series: one, several or none."""
    names = () if id is None else (id,) if isinstance(id, str) else tuple(id)
    return tuple(one_form(name) if isinstance(name, str) else name for name in names)


def long_names(
    frame: Frame,
    id: Names = None,  # noqa: A002  as in Panel.from_long
    time: str | None = None,
    value: str | None = None,
    roles: Collection[str] = (),
) -> LongNames | None:
    """The columns of series, time and value of a table; None if it is wide.

    Args:
        frame: the table.
        id: columns that name the series, if they are said; then the table is long.
        time: column of time stamps, if it is said; else it is found by type and name.
        value: column of values, if it is said; then the table is long.
        roles: columns of labels and covariates.

    Raises:
        DataError: a column is not there, or it cannot be told which one holds the ids, the time or the values.
    """
    ids, columns = as_names(id), column_names(frame)
    time, value = (name and one_form(name) for name in (time, value))
    said = bool(ids) or value is not None
    if not said and not _has_usual_names(frame, time, roles):
        return None
    named = [(name, "id") for name in ids] + [(name, kind) for name, kind in ((time, "time"), (value, "value")) if name]
    for name, argument in named:
        hint = did_you_mean(name, columns) or f"Name another one in {{{argument}}}"
        check_known([name], columns, f"{argument} column", hint=hint, argument=argument)
    if time is None:
        exact = LongNames().time
        time = exact if exact in columns else find_time(frame, {*ids, *roles, *([value] if value else [])})
    free = [name for name in columns if name not in {*ids, time, value, *roles}]
    if not ids:
        ids = _find_ids(frame, time, [name for name in free if name.lower() not in VALUES or value is not None])
    free = [name for name in free if name not in ids]
    return LongNames(ids, time, _find_value(frame, free, roles) if value is None else value)


def refuse_long(frame: Frame, time: str, roles: Collection[str], *, single: bool = True) -> None:
    """Refuse to read a table as wide whose times repeat because each row belongs to one of several series.

    Args:
        frame: the table.
        time: column of time stamps.
        roles: columns of labels and covariates.
        single: whether to refuse a table of one series, too, that has its name in every row.

    Raises:
        DataError: the table looks long; it names the options with which it is read.
    """
    kinds, stamps = _kinds(frame), get_series(frame, time)
    n_rows, n_times = len(stamps), stamps.n_unique()
    free = [name for name in kinds if name != time and name not in roles]
    repeats = n_rows >= _LEAST_ROWS_PER_TIME * n_times
    keys = _keys(frame, time, free, kinds) if repeats else _constant_text(frame, free, kinds) if single else ()
    values = [name for name in free if kinds[name].is_numeric() and name not in keys]
    if not keys or not values:
        return
    values = [name for name in values if kinds[name].is_float()] or values
    reason = f"{n_rows} rows have only {n_times} different times" if repeats else "every row names the same series"
    others = f" (or {listed(values[1:])})" if len(values) > 1 else ""
    if not repeats and others:
        others += f"; if each of these columns is a series, name {keys[0]!r} in {{labels}}"
    raise DataError(
        f"This looks like a long table, one row per series and time: {reason}",
        hint=f"Pass {told('id', *keys)} and {told('value', values[0])}{others}",
        argument="id",
    )


def _has_usual_names(frame: Frame, time: str | None, roles: Collection[str]) -> bool:
    """Whether the names of the columns say that a table is long."""
    kinds = _kinds(frame)
    columns = [name for name in kinds if name not in roles and name != time]
    if {*LongNames().ids, LongNames().value} <= {*columns} and LongNames().time in (*columns, time):
        return True
    ids = [name for name in columns if name.lower() in IDS and not kinds[name].is_float()]
    if not ids:
        return False
    try:
        found = find_time(frame, {*ids, *roles}) if time is None else time
    except DataError:
        return False
    numeric = [name for name in columns if kinds[name].is_numeric() and name not in ids and name != found]
    usual = [name for name in columns if name.lower() in VALUES and name not in ids]
    repeated = found in kinds and len(frame) >= _LEAST_ROWS_PER_TIME * get_series(frame, found).n_unique()
    if usual:
        return repeated or not kinds[ids[0]].is_numeric() or len(numeric) == 1
    return repeated and len(numeric) == 1


def _find_ids(frame: Frame, time: str, columns: Sequence[str]) -> tuple[str, ...]:
    kinds = _kinds(frame)
    usual = [name for known in IDS for name in columns if name.lower() == known]
    if usual and (len(usual) == 1 or usual[0].lower() == LongNames().ids[0]):
        return (usual[0],)
    if usual:
        return _keys(frame, time, usual, kinds) or tuple(usual)
    others = [name for name in columns if not kinds[name].is_float()]
    raise DataError(
        f"It is not said which column names the series: it may be {listed(others)}",
        hint="Name it in {id}",
        argument="id",
    )


def _find_value(frame: Frame, columns: Sequence[str], roles: Collection[str]) -> str:
    kinds = _kinds(frame)
    usual = [name for name in columns if name.lower() in VALUES]
    numeric = [name for name in columns if kinds[name].is_numeric()]
    for candidates in (usual, numeric):
        if len(candidates) == 1:
            return candidates[0]
    found = usual or numeric or columns
    problem = f"{listed(found)} may all hold the values"
    if not found:
        taken = f"; labels and covariates are {listed(roles)}" if roles else ""
        problem = f"There is no value column beside series and time{taken}"
    raise DataError(problem, hint="Name the column of values in {value}", argument="value")


def _keys(frame: Frame, time: str, columns: Sequence[str], kinds: Mapping[str, Any]) -> tuple[str, ...]:
    """Columns that, with the time, tell (nearly) all rows of a table apart, all of them needed; none if no three do."""
    texts = [name for name in columns if isinstance(kinds[name], nw.String | nw.Categorical | nw.Enum | nw.Object)]
    whole = [name for name in columns if kinds[name].is_integer()]
    candidates = sorted([*texts, *whole], key=lambda name: (name.lower() not in IDS, name not in texts))
    rows = _codes(frame, time)
    if rows is None:
        return ()
    enough, n_times = _TOLD_APART * len(rows), int(rows.max()) + 1
    codes: dict[str, Numbers] = {}
    for name in candidates[:_MOST_CANDIDATES]:
        found = _codes(frame, name)
        if found is not None and (int(found.max()) + 1) * n_times <= _MOST_CELLS_PER_ROW * len(rows):
            codes[name] = found
    for name, found in codes.items():
        if _joined(rows, found).max() + 1 >= enough:
            return (name,)
    times, kept = rows, list[str]()
    for name, found in codes.items():  # one after another, until the rows differ
        joined = _joined(rows, found)
        if joined.max() > rows.max():
            kept, rows = [*kept, name], joined
        if rows.max() + 1 >= enough or len(kept) == _MOST_KEYS:
            break
    if rows.max() + 1 < enough:
        return ()
    needed = _needed({name: codes[name] for name in kept}, times, enough)
    return tuple(name for name in columns if name in needed)


def _needed(keys: Mapping[str, Numbers], times: Numbers, enough: float) -> Mapping[str, Numbers]:
    """The keys without those that later ones make redundant."""
    for name in [*keys][-2::-1]:  # without the last one the rows were not told apart
        others = {other: codes for other, codes in keys.items() if other != name}
        if reduce(_joined, others.values(), times).max() + 1 >= enough:
            keys = others
    return keys


def _codes(frame: Frame, name: str) -> Numbers | None:
    encoded = encode(get_series(frame, name))
    return None if encoded is None or not len(encoded[1]) else encoded[0].astype(np.int64)


def _joined(one: Numbers, two: Numbers) -> Numbers:
    joined: Numbers = np.unique(one * (two.max() + 2) + two + 1, return_inverse=True)[1]
    return joined


def _constant_text(frame: Frame, columns: Sequence[str], kinds: Mapping[str, Any]) -> tuple[str, ...]:
    """A column of text that is the same in all rows, as the name of a single series is."""
    texts = [name for name in columns if isinstance(kinds[name], nw.String | nw.Categorical | nw.Enum)]
    cells = {name: get_series(frame, name) for name in texts}
    return tuple(name for name in texts if not cells[name].null_count() and cells[name].n_unique() == 1)[:1]


def _kinds(frame: Frame) -> dict[str, Any]:
    """Types of the columns by name."""
    return {str(name): kind for name, kind in frame.schema.items()}

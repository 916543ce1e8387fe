"""A wide table, one column per channel, placed on its clock."""

from collections.abc import Sequence
from typing import Any

import narwhals as nw

from divecast.data.names import check_known, listed
from divecast.data.source import Backend
from divecast.data.tables.columns import Frame, column_names, get_series, open_frame
from divecast.data.tables.date_and_clock import is_clock, with_clock
from divecast.data.tables.grid import Grid, drop_repeats, empty_values
from divecast.data.tables.numbers import read_numbers
from divecast.data.tables.places import Places
from divecast.data.tables.roles import Roles
from divecast.data.tables.skipped import without_skipped
from divecast.data.time.business_days import Opening
from divecast.data.time.regular import infer_clock
from divecast.data.time.stamps import StampForm
from divecast.data.time.text_stamps import is_stamp
from divecast.errors import DataError

_TIME_NAMES = ("ds", "time", "date", "datetime", "timestamp", "utc")
_PERIOD_NAMES = ("day", "week", "month", "quarter", "year", "period", "zeit", "datum")
_MOST_LOOKED_AT = 20
_FIRST_YEAR, _LAST_YEAR = 1800, 2199


def read_wide(
    native: Any, time: str | None, roles: Roles, form: StampForm, calendar: Opening = "auto"
) -> tuple[Grid, Backend]:
    """Read a wide table; see :meth:`divecast.data.sources.panel.Panel.from_wide`."""
    frame, backend = open_frame(native)
    time_column = time_of(frame, time)[1]
    frame = with_clock(frame, time_column, roles.names)
    names = column_names(frame)
    check_roles(roles, names)
    aside = {time_column, *roles.names}
    channels = tuple(name for name in names if name not in aside)
    if not channels:
        raise DataError(f"The table has no channel beside time and labels; its columns are {listed(names)}")
    frame, form, name_row = without_skipped(frame, time_column, channels, form)
    stamps = time_of(frame, time_column or time)[0]
    clock, rows = infer_clock(stamps, form=form, calendar=calendar)

    def row_text(row: int) -> str:
        return name_row(row, clock.time_text(rows[row]))

    numbers = {name: read_numbers(get_series(frame, name), name, row_text) for name in channels}
    columns = roles.read(frame, row_text)
    keep = drop_repeats(rows, numbers | columns, clock)
    rows_kept = rows[keep]
    values = empty_values(clock.length, len(channels))
    for channel, name in enumerate(channels):
        values[rows_kept, channel] = numbers.pop(name)[keep]
    labels, covariates = Places(clock, rows, None, channels).put(columns, roles)
    return Grid(values, channels, clock, labels, covariates), backend


def find_time(frame: Frame) -> str:
    """Find the one column of time stamps, by its type, else by its name, else by what its texts say.

    Raises:
        DataError: there is none, or more than one.
    """
    dated = [str(name) for name, kind in frame.schema.items() if isinstance(kind, nw.Datetime | nw.Date)]
    names = column_names(frame)
    named = [name for name in names if name.strip().lower() in _TIME_NAMES and not is_clock(frame, name)]
    for candidates in (dated, named):
        if len(candidates) == 1:
            return candidates[0]
    texts = [] if dated or named else [name for name in names if _holds_times(frame, name)]
    if len(texts) == 1:
        return texts[0]
    candidates = dated or named or texts
    problem = f"{listed(candidates)} may all hold the time" if candidates else f"No column of {listed(names)} is a time"
    raise DataError(problem, hint="Name the column of time stamps in {time}", argument="time")


def _holds_times(frame: Frame, name: str) -> bool:
    """Whether the first texts of a column are times, or its numbers years or dates and its name says so."""
    column = get_series(frame, name)
    if isinstance(column.dtype, nw.String | nw.Categorical | nw.Object):
        cells = column.drop_nulls().head(_MOST_LOOKED_AT).to_list()
        return bool(cells) and all(isinstance(cell, str) and is_stamp(cell) for cell in cells)
    if column.dtype.is_integer() and name.strip().lower() in _PERIOD_NAMES:
        cells = column.drop_nulls().head(_MOST_LOOKED_AT).to_list()
        return bool(cells) and all(_FIRST_YEAR <= int(str(cell)[:4]) <= _LAST_YEAR for cell in cells)
    return False


def time_of(frame: Frame, time: str | None) -> tuple[Any, str | None]:
    """The time stamps of a table, and the name of the column they came from if they did."""
    index = nw.maybe_get_index(frame)
    dated = index is not None and str(index.dtype).startswith("datetime64")
    names = column_names(frame)
    if dated and time not in names and time in (None, getattr(index, "name", None)):
        return _index_stamps(index), None
    if time is None:
        time = find_time(frame)
    check_known([time], names, "time column", hint="Name another one in {time}", argument="time")
    return get_series(frame, time), time


def check_roles(roles: Roles, names: Sequence[str]) -> None:
    """Refuse roles that a wide table with these columns cannot have.

    Raises:
        DataError: a column does not exist, or is to be per series.
    """
    check_known([label.name for label in roles.labels], names, "label column", argument="labels")
    check_known([one.name for one in roles.covariates], names, "column of a covariate", argument="covariates")
    if roles.per_series:
        raise DataError(
            f"A wide table has one column {roles.per_series[0]!r} for all series, and cannot hold one per series",
            hint="Give it in a second table of time, series and value, in {known}, or read a long table",
        )


def _index_stamps(index: Any) -> Any:
    import pyarrow as pa

    return pa.Array.from_pandas(index)

"""Years, months and days in columns of their own, as one column of dates."""

from typing import Any

import narwhals as nw

from divecast.data.time.text_stamps import is_stamp
from divecast.errors import warn_data

TIME_NAMES = (
    *("ds", "time", "timestamp", "datetime", "date", "utc", "date_time", "timestamps", "datetime_utc", "time_utc"),
    *("timestamp_utc", "utc_timestamp", "utc_time", "valid_time", "time_stamp", "zeit", "datum", "zeitstempel"),
)
"""Usual names of the column of time stamps, in lower case."""

_RANGES = {"year": (1800, 2199), "month": (1, 12), "day": (1, 31)}


def with_dates(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """The table with a column ``date`` in place of year, month and perhaps day, if no other column is of times.

    With a DataWarning.
    """
    named = {name.strip().lower(): name for name in frame.columns if isinstance(name, str)}
    parts = [named[part] for part in _RANGES if part in named and _within(frame, named[part], *_RANGES[part])]
    if [name.strip().lower() for name in parts[:2]] != ["year", "month"] or len(parts) < 2 + ("day" in named):
        return frame
    if {*TIME_NAMES} & {*named} or any(_may_be_time(frame.get_column(name)) for name in frame.columns):
        return frame
    listed = " and ".join([", ".join(map(repr, parts[:-1])), repr(parts[-1])])
    warn_data(f"Columns {listed} were read as dates")
    texts = [nw.col(name).cast(nw.String()).str.zfill(2) for name in parts]
    return frame.with_columns(nw.concat_str(*texts, separator="-").alias("date")).drop(parts)


def _may_be_time(column: nw.Series[Any]) -> bool:
    if isinstance(column.dtype, nw.String):
        return any(is_stamp(text) for text in column.drop_nulls().head(1).to_list())
    return isinstance(column.dtype, nw.Datetime | nw.Date)


def _within(frame: nw.DataFrame[Any], name: str, first: int, last: int) -> bool:
    column = frame.get_column(name)
    if not column.dtype.is_integer() or not len(column) or column.null_count():
        return False
    return bool(column.min() >= first and column.max() <= last)

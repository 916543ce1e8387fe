"""What the first line of a text file may not be: data, or times that run across the columns."""

from collections.abc import Sequence
from typing import Any

from divecast.data.names import listed
from divecast.data.time.text_stamps import is_stamp
from divecast.errors import DataError

_FEWEST_TIMES = 3


def check_header(table: Any, title: str) -> None:
    """Refuse a table whose first line is no names of columns.

    Args:
        table: pyarrow table of a text file.
        title: name of the file.

    Raises:
        DataError: the first line looks like data, or names times.
    """
    names: Sequence[str] = table.column_names
    dated = [place for place, name in enumerate(names) if is_stamp(name)]
    if any(_holds_times(table.column(place)) for place in dated):
        raise DataError(
            f"The first line of {title} looks like data, not like names of columns: {listed(names)}",
            hint="Add a first line with the names of the columns",
        )
    if len(dated) >= _FEWEST_TIMES and 2 * len(dated) > len(names):
        raise DataError(
            f"The times of {title} run across its columns, {listed([names[place] for place in dated])}",
            hint="Turn the table, so that it has one row per time and one column per series",
        )


def _holds_times(column: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        return True
    first = column.drop_null()[:1].to_pylist()
    return bool(first) and isinstance(first[0], str) and is_stamp(first[0])

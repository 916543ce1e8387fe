"""Groups of series as a table of series: a column of their names, and one for each kind of group."""

from pathlib import Path
from typing import Any

import numpy as np

from divecast.data.names import listed, repeated
from divecast.data.tables.as_written import AsWritten
from divecast.data.tables.columns import Frame, column_names, get_series, open_frame
from divecast.data.tables.ids import number_ids
from divecast.data.tables.label_columns import distinct, read_labels
from divecast.data.tables.long_names import IDS
from divecast.data.tables.read import read_table
from divecast.errors import DataError


def read_groups(table: Any) -> dict[str, tuple[str, ...]]:
    """Read groups of series from a table with one row per series.

    The column of the series is ``unique_id``, or one of another usual name in which no cell repeats, or else the first;
    each other column has the group of every series, such as its region, or an empty cell. A group that stands in
    several columns must be the same.

    Args:
        table: a pandas, polars or pyarrow table, or the path of one.

    Returns:
        Names of the series of each group, column by column in order of appearance.

    Raises:
        DataError: the table cannot be read, has no column of groups, names a series twice, or has two groups of one
            name.

    Example:
        >>> import pandas as pd
        >>> table = pd.DataFrame({"series": ["a", "b", "c"], "side": ["left", "left", "right"], "all": "all"})
        >>> read_groups(table)
        {'left': ('a', 'b'), 'right': ('c',), 'all': ('a', 'b', 'c')}
    """
    written = AsWritten(tuple(read_table(table).column_names)) if isinstance(table, str | Path) else AsWritten()
    frame, _ = open_frame(written.read(table))
    ids = (_id_column(frame),)
    columns = [name for name in column_names(frame) if name not in ids]
    if not columns:
        raise DataError(
            f"The table of groups has only the column {listed(ids)}, and no group of the series",
            hint="Add a column for each kind of group",
            argument="groups",
        )
    series, numbers, _ = number_ids(frame, ids)
    if twice := repeated(series[number] for number in numbers):
        raise DataError(
            f"The table of groups has several rows for series {listed(twice)}",
            hint="Keep one of them",
            argument="groups",
        )
    found: dict[str, tuple[str, ...]] = {}
    for column in columns:
        labels, places = distinct(read_labels(get_series(frame, column)))
        for place in dict.fromkeys(places[places >= 0].tolist()):
            name, members = labels[place], tuple(np.array(series, object)[places == place].tolist())
            if found.setdefault(name, members) != members:
                raise DataError(
                    f"Two groups of different series are called {name!r}, one of them in column {column!r}",
                    hint="Rename one of them",
                    argument="groups",
                )
    return found


def _id_column(frame: Frame) -> str:
    """The column that names the series; groups, too, may have a usual name, such as store_id."""
    names = column_names(frame)
    usual = [name for known in IDS for name in names if name.lower() == known]
    apart = [name for name in usual if name == IDS[0] or get_series(frame, name).n_unique() == len(frame)]
    return (apart or names)[0]

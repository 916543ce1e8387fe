"""A table of facts of series, one row per series."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from divecast._text import plural
from divecast.data.names import listed, repeated
from divecast.data.source import Column
from divecast.data.tables.as_written import AsWritten
from divecast.data.tables.columns import column_names, get_series, open_frame
from divecast.data.tables.ids import number_ids
from divecast.data.tables.label_columns import label_missing, read_labels
from divecast.data.tables.long_names import IDS, LongNames, Names, as_names
from divecast.data.tables.places import empty_like
from divecast.errors import DataError, warn_data


def read_static(
    table: Any,
    channels: Sequence[str],
    id: Names = None,  # noqa: A002  as in Panel.from_long
) -> dict[str, Column]:
    """Read facts of series.

    Args:
        table: a pandas, polars or pyarrow table, or the path of one.
        channels: names of the series, in order.
        id: columns that name the series, where the table has them; else ``unique_id`` if there is one, else the first.

    Returns:
        The other columns by name, each (channel,): float64 (NaN missing) or objects of text (None missing). Series
        that one of the two lacks are named in a DataWarning, and so are facts that all series have alike.

    Raises:
        DataError: the table cannot be read, has no facts, names a series twice, or names none of the panel.
    """
    written = AsWritten(as_names(id) or IDS)
    frame, _ = open_frame(written.read(table))
    names = column_names(frame)
    ids = next(each for each in (as_names(id), LongNames().ids, (names[0],)) if each and {*each} <= {*names})
    if len(names) <= len(ids):
        raise DataError(
            f"The table of facts has only the column {listed(ids)}, and no fact",
            hint="Add columns of facts, or leave out {static}",
            argument="static",
        )
    series, numbers, _ = number_ids(frame, ids)
    if twice := repeated(series[number] for number in numbers):
        raise DataError(
            f"The table of facts has several rows for series {listed(twice)}",
            hint="Keep one of them",
            argument="static",
        )
    place_of = {name: place for place, name in enumerate(channels)}
    known = np.array([row for row, name in enumerate(series) if name in place_of], dtype=np.int64)
    if not len(known):
        raise DataError(
            f"Column {listed(ids)} of the table of facts names none of the series {listed(channels)}: {listed(series)}",
            hint="Write the names as in the data, or name their column in {id}",
            argument="static",
        )
    _report(series, channels)
    places = [place_of[series[row]] for row in known]
    facts = {}
    for name in names:
        if name not in ids:
            column = read_labels(get_series(frame, name))
            facts[name] = empty_like(column, (len(channels),))
            facts[name][places] = column[known]
    if silent := [name for name, column in facts.items() if len(channels) > 1 and _is_silent(column)]:
        warn_data(f"Facts that do not differ between the series say nothing of them: {listed(silent)}")
    return facts


def _is_silent(column: Column) -> bool:
    """Return whether all series of which a fact is known have the same, or none is known."""
    known = column[~label_missing(column)]
    return len(known) == 0 or (len(known) == len(column) and len(set(known.tolist())) == 1)


def _report(series: Sequence[str], channels: Sequence[str]) -> None:
    told, there = set(series), set(channels)
    absent = [name for name in channels if name not in told]
    surplus = [name for name in series if name not in there]
    if absent:
        warn_data(
            f"The table of facts lacks {plural(len(absent), 'series')}, whose facts are missing: {listed(absent)}"
        )
    if surplus:
        warn_data(f"The table of facts has {plural(len(surplus), 'series')} that the panel lacks: {listed(surplus)}")

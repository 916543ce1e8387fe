"""Columns that a program wrote without a name: a count of the rows, or nothing at all."""

import re
from typing import Any

import narwhals as nw
import numpy as np

from divecast.data.names import listed
from divecast.data.tables.numbers import as_floats
from divecast.errors import warn_data

_UNNAMED = re.compile(r"|Unnamed: \d+(_level_\d+)?(\.\d+)?|__index_level_\d+__")


def without_unnamed(frame: nw.DataFrame[Any]) -> nw.DataFrame[Any]:
    """The table without columns that have no name and only count the rows, or are empty, with a DataWarning."""
    unnamed = [name for name in frame.columns if isinstance(name, str) and _UNNAMED.fullmatch(name)]
    if not unnamed:
        return frame
    aside = [name for name in unnamed if _counts(frame, name) or not len(frame.get_column(name).drop_nulls())]
    if not aside or len(aside) == len(frame.columns):
        return frame
    which = "was" if len(aside) == 1 else "were"
    warn_data(
        f"Column {listed(aside)}, which has no name and only counts the rows or is empty, {which} left out",
        hint="Give it a name to keep it",
    )
    return frame.drop(aside)


def _counts(frame: nw.DataFrame[Any], name: str) -> bool:
    column = frame.get_column(name)
    if not isinstance(column.dtype, nw.Boolean) and column.dtype.is_numeric():
        numbers = as_floats(column)
        return len(numbers) > 1 and bool(np.all(np.diff(numbers) == 1)) and numbers[0] in (0, 1)
    return False

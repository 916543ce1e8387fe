"""pandas tables whose index, or whose columns, have several levels, periods or names: as plain columns."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from divecast.data.names import listed
from divecast.errors import DataError

_NOTES = "divecast"
SEPARATOR = "/"


@dataclass(frozen=True)
class Notes:
    """What plain columns do not show.

    Attributes:
        time: the column that was the index of time stamps.
        periods: frequency of the columns that held periods, by name.
        levels: names of the levels of the columns, if there were several.
        cells: for each column, by its name, its name at every level.
    """

    time: str | None = None
    periods: dict[str, str] = field(default_factory=dict)
    levels: tuple[str, ...] = ()
    cells: dict[str, tuple[Any, ...]] = field(default_factory=dict)

    def __deepcopy__(self, memo: Any) -> "Notes":
        """Itself: pandas copies what is attached to a table at every step."""
        return self


def notes_of(native: Any) -> Notes:
    """The notes of a table that :func:`with_plain_columns` returned; empty for any other."""
    notes = getattr(native, "attrs", {}).get(_NOTES)
    return notes if isinstance(notes, Notes) else Notes()


def is_pandas(native: Any) -> bool:
    """Whether it is a pandas table or series."""
    return type(native).__module__.partition(".")[0] == "pandas" and hasattr(native, "index")


def with_plain_columns(native: Any) -> Any:
    """A pandas table whose index and levels of columns have become columns.

    Times in the index become a column; so do names of series, in one level or several. A counting index is left out.

    Args:
        native: a pandas table or series.

    Raises:
        DataError: a level of the index has the name of a column.
    """
    import pandas as pd

    if _NOTES in native.attrs:
        return native
    table = native.to_frame(_name_of(native)) if isinstance(native, pd.Series) else native
    levels, cells = _flat_names(table)
    if cells:
        table = table.set_axis(list(cells), axis=1)
    table, time = _with_index(table)
    kinds = {str(name): str(kind) for name, kind in table.dtypes.items() if isinstance(kind, pd.PeriodDtype)}
    periods = {name: kind[len("period[") : -1] for name, kind in kinds.items()}
    if periods:
        table = table.assign(**{name: table[name].dt.to_timestamp() for name in table if str(name) in periods})
    if table is native:
        return native
    table = table.copy(deep=False)
    table.attrs[_NOTES] = Notes(time, periods, levels, cells)
    return table


def _name_of(series: Any) -> str:
    return "y" if series.name is None else str(series.name)


def _flat_names(table: Any) -> tuple[tuple[str, ...], dict[str, tuple[Any, ...]]]:
    """Names of the levels of the columns that differ, and the columns by one name each; nothing for a single level."""
    if table.columns.nlevels == 1:
        return (), {}
    columns = table.columns.to_list()
    kept = [level for level in range(table.columns.nlevels) if len({column[level] for column in columns}) > 1] or [0]
    names = tuple(str(table.columns.names[level] or f"level_{level}") for level in kept)
    cells = {}
    for column in columns:
        parts = tuple(column[level] for level in kept)
        cells[SEPARATOR.join(str(part) for part in parts if str(part) != "")] = parts
    if len(cells) < len(columns):
        raise DataError(f"Columns of several levels read alike: {listed(list(cells))}", hint="Rename them")
    return names, cells


def _with_index(table: Any) -> tuple[Any, str | None]:
    """The table with what its index tells as columns, and which of them are the times."""
    import pandas as pd

    index = table.index
    if isinstance(index, pd.RangeIndex):
        return table, None
    taken = {str(name) for name in table.columns}
    kinds = [index.get_level_values(level) for level in range(index.nlevels)]
    dated = [isinstance(level, pd.DatetimeIndex | pd.PeriodIndex) for level in kinds]
    names = _level_names(index, dated, taken)
    if index.nlevels == 1:
        name = names[0]
        if name is None:
            return table, None
        if name in taken:  # set_index(..., drop=False)
            return table, name if dated[0] else None
    if clash := [name for name in names if name in taken]:
        raise DataError(f"{listed(clash)} is a level of the index and a column, too", hint="Rename or drop one of them")
    times = [str(name) for name, is_time in zip(names, dated, strict=True) if is_time]
    return table.reset_index(names=names), times[0] if len(times) == 1 else None


def _level_names(index: Any, dated: Sequence[bool], taken: set[str]) -> list[str | None]:
    """A name for every level of an index; None for one that only numbers or marks the rows."""
    unnamed = [level for level, name in enumerate(index.names) if name is None]
    of_series = [level for level in unnamed if not dated[level]]
    names: list[str | None] = [None if name is None else str(name) for name in index.names]
    for level in unnamed:
        if dated[level]:
            names[level] = next(name for name in ("ds", "time", "timestamp", "index") if name not in taken)
        elif index.nlevels > 1:
            names[level] = "unique_id" if len(of_series) == 1 and "unique_id" not in taken else f"level_{level}"
        elif index.inferred_type == "string" and not index.is_unique and "unique_id" not in taken:
            names[level] = "unique_id"
    return names

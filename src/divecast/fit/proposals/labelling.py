"""Reads a proposed labelling: spans of time, rows, or recordings, as classes of the units that have one each."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data import Label, Panel, Recordings
from divecast.data.names import check_known, listed
from divecast.data.source import Column
from divecast.data.tables.label_columns import label_array
from divecast.data.time.spans import rows_between
from divecast.errors import ConfigError, DataError

YES, NO = "yes", "no"
_START, _END = ("start", "first", "from"), ("end", "stop", "last", "to")
_TIME, _CLASS = ("ds", "time", "date", "timestamp", "datetime"), ("class", "label", "value")
_MOST_SPANS = 100_000
_FORMS = (
    'spans such as [("2024-06-03", "2024-06-09")], days such as ["2024-12-25"], a table of these, or a mapping of '
    'names to classes such as {"meter 7": "hospital"}'
)


@dataclass(frozen=True, slots=True)
class Span:
    """A class from one time to another, both included.

    Attributes:
        first: first time: text, date or datetime.
        last: last time; a day as a whole.
        of_class: the class.
    """

    first: Any
    last: Any
    of_class: str


def labelled(source: Panel | Recordings, labels: Any, name: str, otherwise: str | None) -> Panel | Recordings:
    """Return data with a column of proposed labels.

    Args:
        source: the data.
        labels: spans of time, a table, or a mapping of recordings, as in ``DeepDIVE.propose_factor``.
        name: name of the labelling.
        otherwise: class of what is not named; None if it is unknown, ``auto`` for "no" where a single class is named.

    Raises:
        DataError: no row or recording is named, or a time or name is not in the data.
        ConfigError: the labelling has another form.
    """
    if isinstance(source, Recordings):
        return _of_recordings(source, labels, name, otherwise)
    spans = [*_spans(labels, name)]
    column = np.full(len(source.values), None, dtype=object)
    for span in spans:
        first, stop = rows_between(source.clock, span.first, span.last)
        if first >= stop:
            raise DataError(
                f"No row is from {span.first} to {span.last}", expected=f"times among {source.clock}", argument="labels"
            )
        there = {*column[first:stop].tolist()} - {None, span.of_class}
        if there:
            raise DataError(
                f"Rows from {span.first} to {span.last} have two classes",
                found=listed(sorted({*there, span.of_class})),
                argument="labels",
            )
        column[first:stop] = span.of_class
    return replace(source, labels={**source.labels, name: completed(column, otherwise)})


def completed(column: Column, otherwise: str | None) -> Column:
    """Return labels, (unit,), with the class of what is not named; see :func:`labelled`."""
    named = {each for each in column.tolist() if each is not None}
    other = (NO if len(named) == 1 else None) if otherwise == "auto" else otherwise
    cells = [other if each is None else each for each in column.tolist()]
    found: NDArray[np.object_] = np.array([*cells, None], dtype=object)[:-1]
    return found


def _of_recordings(source: Recordings, labels: Any, name: str, otherwise: str | None) -> Recordings:
    if isinstance(labels, Mapping):
        check_known([*map(str, labels)], source.names, "recording", argument="labels")
        cells = [labels.get(each) for each in source.names]
        column = label_array([None if cell is None else str(cell) for cell in cells])
        return replace(source, labels={**source.labels, name: completed(column, otherwise)})
    found = source.with_labels(labels)
    if not found.has_label(name):
        raise DataError(
            f"The table of labels has no column {name!r}",
            hint="Name the column of classes as the labelling",
            argument="labels",
        )
    return replace(found, labels={**source.labels, name: completed(found.labels[name], otherwise)})


def _spans(labels: Any, name: str) -> Iterator[Span]:
    """Yield the spans of a labelling of a panel."""
    rows = [*_rows(labels, name)]
    if not rows:
        raise DataError("The labelling names no time", expected=_FORMS, argument="labels")
    if len(rows) > _MOST_SPANS:
        raise DataError("The labelling is too long", expected=f"at most {_MOST_SPANS:,} spans", found=f"{len(rows):,}")
    for first, last, of_class in rows:
        if of_class is not None and str(of_class).strip():
            yield Span(first, last, str(of_class))


def _rows(labels: Any, name: str) -> Iterator[tuple[Any, Any, Any]]:
    if isinstance(labels, str | Mapping) or not isinstance(labels, Iterable) or hasattr(labels, "columns"):
        yield from _of_table(labels, name)
        return
    for entry in labels:
        if isinstance(entry, Mapping):
            yield _of_cells(entry, name)
        elif isinstance(entry, tuple | list) and len(entry) in (2, 3):
            yield entry[0], entry[1], entry[2] if len(entry) == 3 else YES
        elif isinstance(entry, tuple | list):
            raise ConfigError(expected=_FORMS, found=repr(entry), argument="labels")
        else:
            yield entry, entry, YES


def _of_table(table: Any, name: str) -> Iterator[tuple[Any, Any, Any]]:
    try:
        frame = nw.from_native(table, eager_only=True)
    except TypeError:
        raise ConfigError(expected=_FORMS, found=type(table).__name__, argument="labels") from None
    for row in frame.iter_rows(named=True):
        yield _of_cells(row, name)


def _of_cells(row: Mapping[str, Any], name: str) -> tuple[Any, Any, Any]:
    """Return first time, last time and class of a row of a table, by the usual names of its columns."""
    by_name = {str(title).lower(): cell for title, cell in row.items()}
    first = next((by_name[each] for each in (*_START, *_TIME) if each in by_name), None)
    last = next((by_name[each] for each in _END if each in by_name), None)
    if first is None:
        raise DataError(
            "The table of labels has no column of times",
            expected=f"a column {listed([*_START[:1], *_TIME])}, and {_END[0]!r} for spans",
            found=listed([*row]),
            argument="labels",
        )
    titles = [title for title in (name.lower(), *_CLASS) if title in by_name]
    return first, first if last is None else last, by_name[titles[0]] if titles else YES


def as_label(name: str) -> Label:
    """Return the factor of a labelling.

    Raises:
        ConfigError: the name is empty.
    """
    if not isinstance(name, str) or not name.strip():
        raise ConfigError(expected="a name of the labelling, such as strike", found=repr(name), argument="name")
    return Label(name.strip())

"""A long table, one row per series and time, placed on its clock.

Ids and time stamps are read as places among their different cells, and values piece by piece, so that beside table and
panel a row costs a dozen bytes.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast.data.as_read import AsRead, Backend
from divecast.data.names import check_known, listed, repeated
from divecast.data.source import Column
from divecast.data.tables.columns import Frame, column_names, get_series, open_frame, warn_unused
from divecast.data.tables.date_and_clock import with_clock
from divecast.data.tables.dictionary import Codes, encode
from divecast.data.tables.grid import Grid, drop_repeats, empty_values
from divecast.data.tables.ids import Ids, number_ids
from divecast.data.tables.label_columns import encoded_labels
from divecast.data.tables.long_names import LongNames
from divecast.data.tables.numbers import RowText, read_numbers
from divecast.data.tables.origin import row_name
from divecast.data.tables.places import Spread
from divecast.data.tables.roles import Roles
from divecast.data.tables.skipped import NameRow, without_skipped
from divecast.data.tables.times import times_of
from divecast.data.time.business_days import Opening
from divecast.data.time.clock import Clock
from divecast.data.time.regular import clock_of_utc
from divecast.data.time.same_step import Encoded, check_same_step
from divecast.data.time.stamps import StampForm, Stamps, zoned_stamps
from divecast.errors import DataError, told, warn_data

_ROWS_AT_ONCE = 1 << 18


class LongRows(NamedTuple):
    """Where the rows of a long table lie.

    Attributes:
        clock: the clock of all series.
        rows: (table row,) row of the clock.
        ids: the series, and that of every table row.
        as_read: which columns are keys, and their types.
        name_row: what to call a row, from its number and what is known of it.
    """

    clock: Clock
    rows: NDArray[np.int32]
    ids: Ids
    as_read: AsRead
    name_row: NameRow

    def row_text(self, row: int) -> str:
        """A row of the table, for messages."""
        name = self.ids.names[self.ids.numbers[row]]
        return self.name_row(row, f"series {name!r}", self.clock.time_text(self.rows[row]))


def check_columns(columns: Sequence[str], names: LongNames, roles: Roles) -> None:
    """Check that a long table has the columns that are named, and warn of those that are not.

    Raises:
        DataError: a column is absent, or has two roles.
    """
    for name in (*names.ids, names.time, names.value):
        argument = "id" if name in names.ids else "time" if name == names.time else "value"
        check_known([name], columns, f"{argument} column", argument=argument)
    check_known(roles.names, columns, "column")
    used = (*names.ids, names.time, names.value, *roles.names)
    if twice := repeated(used):
        raise DataError(
            f"Column {listed(twice)} names the series, the time or the value, and cannot be a label too",
            hint="Copy it under another name, or leave it out of the labels",
        )
    if unused := [name for name in columns if name not in used]:
        warn_unused(unused, "the table")


def place_rows(
    frame: Frame, names: LongNames, form: StampForm, calendar: Opening = "auto", name_row: NameRow | None = None
) -> LongRows:
    """Find series and time of every row of a long table, of which only these columns are needed.

    Raises:
        DataError: a row has no name or time, or the times fit no clock.
    """
    ids = number_ids(frame, names.ids)
    times = times_of(frame, names.time)
    name_row = name_row or partial(row_name, frame)
    codes, utc, zone = _utc(times.stamps, replace(form, row_name=name_row), ids.numbers)
    _report_unsorted(codes, utc, ids.numbers)
    check_same_step(Encoded(codes, utc), ids.numbers, ids.names)
    clock, places = clock_of_utc(utc, zone, calendar)
    clock = clock.ending() if form.ends else clock
    as_read = AsRead("long", times.name, names.value, times.kind, ids.names, ids.columns)
    for first in range(0, len(codes), _ROWS_AT_ONCE):  # in place, for memory
        codes[first : first + _ROWS_AT_ONCE] = places[codes[first : first + _ROWS_AT_ONCE]]
    return LongRows(clock, codes, ids, as_read, name_row)


def read_long(
    native: Any, names: LongNames, roles: Roles, form: StampForm, calendar: Opening = "auto"
) -> tuple[Grid, Backend]:
    """Read a long table; see :meth:`divecast.data.sources.panel.Panel.from_long`."""
    frame, backend = open_frame(native)
    frame = with_clock(frame, names.time, [names.value, *roles.names], names.ids)
    check_columns(column_names(frame), names, roles)
    frame, form, name_row = without_skipped(frame, names.time, [names.value], form)
    there = place_rows(frame, names, form, calendar, name_row)
    values = empty_values(there.clock.length, len(there.ids.names))
    kept = _without_repeats(frame, names, roles, there)
    pieces = _pieces(frame, names.value, roles, there.row_text)
    labels, covariates = fill(values, there, roles, pieces, kept)
    return Grid(values, there.ids.names, there.clock, labels, covariates, there.as_read), backend


Piece = tuple[int, Column, dict[str, Column]]
"""First row, values, and labels and covariates by name of consecutive rows."""


def fill(
    values: NDArray[np.float32],
    there: LongRows,
    roles: Roles,
    pieces: Iterator[Piece],
    kept: NDArray[np.bool_] | None = None,
) -> tuple[dict[str, Column], dict[str, Column]]:
    """Put the values of a long table on its clock, and return its labels and covariates there.

    Args:
        values: (row, channel) NaN, filled.
        there: where the rows lie.
        roles: labels and covariates.
        pieces: consecutive rows, in order.
        kept: (table row,) True for rows to use; all if None.

    Raises:
        DataError: series have different values at the same time of a column that they share.
    """
    names = there.ids.names
    labels = {label.name: Spread(there.clock, names, label) for label in roles.labels}
    covariates = {covariate.name: Spread(there.clock, names, covariate) for covariate in roles.covariates}
    for first, value, columns in pieces:
        span = slice(first, first + len(value))
        rows, series = there.rows[span], there.ids.numbers[span]
        chosen = slice(None) if kept is None else kept[span]
        rows, series = rows[chosen], series[chosen]
        values[rows, series] = value[chosen]
        for name, spread in {**labels, **covariates}.items():
            spread.add(rows, series, columns[name][chosen])
    found = [{name: spread.column for name, spread in spreads.items()} for spreads in (labels, covariates)]
    return found[0], found[1]


def has_repeats(there: LongRows) -> bool:
    """Whether several rows of a table have the same series and time."""
    n_series, n_rows = len(there.ids.names), len(there.rows)
    seen = np.zeros((there.clock.length, n_series), dtype=bool)
    for start in range(0, n_rows, _ROWS_AT_ONCE):
        span = slice(start, start + _ROWS_AT_ONCE)
        seen[there.rows[span], there.ids.numbers[span]] = True
    return int(np.count_nonzero(seen)) < n_rows


def _utc(stamps: nw.Series[Any], form: StampForm, group: Codes) -> tuple[Codes, Stamps, str]:
    """Time stamps as places among the different ones, these in UTC, and the zone in which to show them."""
    encoded = encode(stamps)
    try:
        if encoded is None or (encoded[0] < 0).any():
            raise DataError("Not all stamps can be encoded")
        codes, cells = encoded
        utc, zone = zoned_stamps(cells, form=form)
        if zone != "UTC" and len(cells) and _is_ambiguous(cells, form):
            raise DataError("Times occur twice")
    except DataError:  # row by row: a message names the row of the table, and an hour that occurs twice is in order
        utc, zone = zoned_stamps(stamps, None, group.astype(np.int64), form)
        different, places = np.unique(utc, return_inverse=True)
        return places.astype(np.int32), different, zone
    return codes, utc, zone


def _is_ambiguous(cells: Any, form: StampForm) -> bool:
    """Whether a time occurs twice in its zone, so that its second appearance differs from the first."""
    import pyarrow as pa

    twice, _ = zoned_stamps(pa.concat_arrays([cells, cells]), form=form)
    return bool((twice[: len(cells)] != twice[len(cells) :]).any())


def _report_unsorted(codes: Codes, utc: Stamps, series: Codes) -> None:
    rank = np.empty(len(utc), dtype=np.int32)
    rank[np.argsort(utc, kind="stable")] = np.arange(len(utc), dtype=np.int32)
    for start in range(0, len(codes), _ROWS_AT_ONCE):
        span = slice(start, start + _ROWS_AT_ONCE + 1)
        if np.any((np.diff(rank[codes[span]]) < 0) & (np.diff(series[span]) == 0)):
            warn_data("Time stamps of a series were not in order; the rows were sorted by time")
            return


def _without_repeats(frame: Frame, names: LongNames, roles: Roles, there: LongRows) -> NDArray[np.bool_] | None:
    """(table row,) False for rows that repeat another one; None if none does.

    Raises:
        DataError: rows of the same series and time hold different values.
    """
    if not has_repeats(there):
        return None
    value = read_numbers(get_series(frame, names.value), names.value, there.row_text)
    columns = {names.value: value, **roles.read(frame, there.row_text)}
    keys = there.ids.numbers.astype(np.int64) * there.clock.length + there.rows
    kept = np.zeros(len(keys), dtype=bool)

    def hint(one: int, two: int) -> str:
        return _hint(frame, names, roles, one, two)

    kept[drop_repeats(keys, columns, there.clock, hint, lambda row: there.ids.names[there.ids.numbers[row]])] = True
    return kept


def _hint(frame: Frame, names: LongNames, roles: Roles, one: int, two: int) -> str:
    """What to do about two rows of the same series and time that differ."""
    aside = {*names.ids, names.time, names.value, *roles.names}
    free = [name for name in column_names(frame) if name not in aside]
    differ = [name for name in free if get_series(frame, name)[one] != get_series(frame, name)[two]]
    differ.sort(key=lambda name: get_series(frame, name).dtype.is_float())
    if not differ:
        return "Keep one of them"
    return f"If {differ[0]!r} tells the series apart, too, pass {told('id', *names.ids, differ[0])}; else keep one row"


def _pieces(frame: Frame, value: str, roles: Roles, row_text: RowText) -> Iterator[Piece]:
    labels = {label.name: _label_codes(get_series(frame, label.name)) for label in roles.labels}
    for first in range(0, len(frame), _ROWS_AT_ONCE):
        span = slice(first, first + _ROWS_AT_ONCE)

        def text(row: int, first: int = first) -> str:
            return row_text(first + row)

        columns = {name: cells(span) for name, cells in labels.items()}
        for covariate in roles.covariates:
            columns[covariate.name] = read_numbers(
                get_series(frame, covariate.name)[span], covariate.name, text, "covariate"
            )
        yield first, read_numbers(get_series(frame, value)[span], value, text), columns


def _label_codes(series: nw.Series[Any]) -> Callable[[slice], Column]:
    """A function that gives the labels of a range of rows, held as places among the different ones."""
    codes, labels = encoded_labels(series)
    return lambda span: labels[codes[span]]

"""Rows of which all is known but the target: those to forecast, and how many a panel has."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data.covariates import Covariate
from divecast.data.factors import Factor, Label
from divecast.data.names import listed
from divecast.data.source import Column, Source, Values
from divecast.data.sources.panel import Panel
from divecast.data.tables.as_written import AsWritten
from divecast.data.tables.columns import Frame, column_names, open_frame
from divecast.data.tables.known import Known, KnownNames, read_known
from divecast.data.tables.label_columns import as_text, label_missing
from divecast.data.tables.long_names import LongNames, Names, as_names
from divecast.data.tables.places import empty_like
from divecast.data.tables.roles import Roles
from divecast.data.text_format import TextFormat
from divecast.data.time.stamps import StampForm
from divecast.errors import DataError, warn_data

_ROWS_AT_ONCE = 1024


def n_future(source: Source) -> int:
    """Number of rows at the end of a source that are to forecast.

    These are all rows after the last value of any channel, if a label or covariate of one of them is known; without
    such a label or covariate there are none, since rows may lack values because a meter failed.

    Args:
        source: Panel or recordings; recordings have no rows of the future.

    Example:
        >>> import pandas as pd
        >>> days = pd.date_range("2024-01-01", periods=4)
        >>> table = pd.DataFrame({"ds": days, "sales": [5, 7, None, None], "price": [3, 2, 2, 3]})
        >>> n_future(Panel.from_wide(table, covariates=["price"]))
        2
    """
    if not isinstance(source, Panel) or not (source.labels or source.covariates):
        return 0
    last = _end_of_values(source.values)
    columns = [*source.labels.values(), *source.covariates.values()]
    known = any(not label_missing(column[last:]).all() for column in columns)
    return len(source.values) - last if known else 0


def past_rows(source: Source) -> Source:
    """A source without its rows of the future; itself if it has none.

    Example:
        >>> past_rows(panel) is panel
        True
    """
    n_ahead = n_future(source)
    return source.rows(0, len(source.values) - n_ahead) if n_ahead and isinstance(source, Panel) else source


def own_ends(source: Panel) -> NDArray[np.int64]:
    """Return the row after the last value of each series, (series,); that after the last row where it has none.

    Rows of the future do not count.
    """
    n_rows = len(source.values) - n_future(source)
    known = ~np.isnan(source.values[:n_rows])
    return np.where(known.any(axis=0), n_rows - known[::-1].argmax(axis=0), n_rows)


def add_future(  # noqa: PLR0913  one argument for each thing a table may not say itself
    source: Panel,
    future: Any,
    factors: Sequence[Factor] = (),
    covariates: Sequence[str | Covariate] = (),
    *,
    time: str | None = None,
    id: Names = None,  # noqa: A002  as in Panel.from_long
    text: TextFormat | None = None,
    time_format: str | None = None,
    unused: Collection[str] = (),
) -> Panel:
    """A panel with rows after its end, of which labels and covariates are known but no value.

    Args:
        source: the panel.
        future: a pandas, polars or pyarrow table, or the path of one, with the columns of time stamps, labels and
            covariates, one row per time; or one row per time and series, with a column that names the series. It
            starts at the panel's next step; earlier rows are left out, with a DataWarning, but those that follow the
            last value of a series, if columns differ by series.
        factors: factors; those that are labels name columns.
        covariates: covariates, by name or as :class:`Covariate`.
        time: column of time stamps; by default that of the panel, ``ds``, or the only one.
        id: columns that name the series, if the table has them; by default those of the panel, else ``unique_id``.
        text: how a text file is written, where it does not tell itself.
        time_format: how time stamps are written as text, as in :meth:`Panel.from_wide`.
        unused: names of labels and covariates that the table may lack without a warning.

    Returns:
        The panel, its values NaN in the new rows. A label or covariate that the table lacks is missing there; columns
        of the table that are not used are named in a DataWarning.

    Raises:
        DataError: the table has no column of these factors and covariates, another step than the panel, or no row
            after its end.

    Example:
        >>> import pandas as pd
        >>> days = pd.date_range("2024-01-01", periods=4)
        >>> table = pd.DataFrame({"ds": days[:2], "sales": [5, 7], "price": [3, 2]})
        >>> tomorrow = pd.DataFrame({"ds": days[2:], "price": [2, 3]})
        >>> longer = add_future(Panel.from_wide(table, covariates=["price"]), tomorrow, covariates=["price"])
        >>> longer.covariate("price").tolist(), longer.values[:, 0].tolist()
        ([3.0, 2.0, 2.0, 3.0], [5.0, 7.0, nan, nan])
    """
    columns = _names("the table of the future", source, time, id, time_format)
    written = AsWritten(columns.ids, tuple(factor.name for factor in factors if isinstance(factor, Label)))
    frame = open_frame(written.read(future, text))[0]
    names = column_names(frame)
    roles = Roles.of([factor for factor in factors if isinstance(factor, Label)], covariates)
    told = _as_in(source, roles.only(names))
    if not told.names:
        raise DataError(
            f"The table of the future has no column of the labels and covariates {listed(roles.names)}, only "
            f"{listed(names)}",
            hint="Name the columns in {factors} or {covariates}, or leave out {future}",
        )
    ahead = {*(label.name for label in roles.labels), *(one.name for one in roles.covariates if one.known_ahead)}
    if absent := [name for name in roles.names if name in ahead and name not in {*names, *unused}]:
        warn_data(f"The table of the future has no column {listed(absent)}, which is missing there")
    ends = partial(own_ends, source) if told.per_series else None
    known = read_known(frame, columns, told, source.clock, source.channels, source.clock.length, ends)
    return _extended(source, known)


def _names(
    title: str,
    source: Panel,
    time: str | None,
    id: Names,  # noqa: A002  as in Panel.from_long
    time_format: str | None,
) -> KnownNames:
    """Columns of a table that go with a panel, named as those of the panel unless it is said."""
    as_read = source.as_read
    targets = (*source.channels, LongNames().value, *([as_read.value] if as_read.value else []))
    ids = as_names(id) or as_names(as_read.id if as_read.layout == "long" else None)
    form = StampForm(text=time_format)
    return KnownNames(title, time or as_read.time, ids or LongNames().ids, targets, form)


def add_known(
    source: Panel,
    frame: Frame,
    roles: Roles,
    time: str | None,
    id: Names = None,  # noqa: A002  as in Panel.from_long
    time_format: str | None = None,
) -> Panel:
    """A panel with labels and covariates of a second table, and its rows past the end as rows of the future.

    Args:
        source: the panel, which lacks these columns.
        frame: the table, by time or by time and series.
        roles: the labels and covariates to read.
        time: column of time stamps, if the table has it; else ``ds``, else the only one.
        id: columns that name the series, if the table has them.
        time_format: how time stamps are written as text, as in :meth:`Panel.from_wide`.

    Raises:
        DataError: the table has none of these columns, another step than the panel, or no row of its time.
    """
    told = roles.only(column_names(frame))
    if not told.names:
        raise DataError(
            f"The table of what is known adds no label or covariate; its columns are {listed(column_names(frame))}",
            hint="Name those that the data lack in {factors} or {covariates}",
            argument="known",
        )
    columns = _names("the table of what is known", source, time, id, time_format)
    columns = columns._replace(targets=(), skips_closed=True)
    known = read_known(frame, columns, told, source.clock, source.channels, 0)
    longer = _padded(source, known.clock.length - len(source.values))
    labels, covariates = {**longer.labels, **known.labels}, {**longer.covariates, **known.covariates}
    return replace(longer, labels=labels, covariates=covariates)


def at_least(source: Panel, lookback: int) -> Panel:
    """A panel with a whole look-back before the first row of its future, which a forecast needs.

    Args:
        source: the panel.
        lookback: rows that there should be.

    Returns:
        The panel, with missing rows before its start if it is shorter, which a DataWarning says.

    Example:
        >>> at_least(panel.rows(0, 20), 24).values.shape[0]
        24
    """
    n_rows = len(source.values) - n_future(source)
    if n_rows >= lookback:
        return source
    warn_data(f"The data have {n_rows} rows before the forecast, the look-back {lookback}: those before are missing")
    return _padded(source, 0, lookback - n_rows)


def padded_before(source: Panel, n_rows: int) -> Panel:
    """The panel with rows before its start of which nothing is known."""
    return _padded(source, 0, n_rows)


def _as_in(source: Panel, roles: Roles) -> Roles:
    """Roles that are per series where the panel's columns are."""
    columns = {**source.labels, **source.covariates}
    return roles.like({name: column.ndim == 2 for name, column in columns.items()})


def _extended(source: Panel, known: Known) -> Panel:
    n_rows = len(source.values)
    longer = _padded(source, known.first + known.clock.length - n_rows)
    labels: dict[str, Column] = {**longer.labels, **_after(source.labels, known.labels, n_rows, known.first)}
    covariates: dict[str, Values] = {
        **longer.covariates,
        **_after(source.covariates, known.covariates, n_rows, known.first),
    }
    return replace(longer, labels=labels, covariates=covariates)


def _after(past: Mapping[str, Column], future: Mapping[str, Column], n_rows: int, first: int) -> dict[str, Column]:
    """Columns of the past followed by those of the future, which they may lack, and which begin in row ``first``."""
    return {
        name: _filled(_joined(past.get(name, empty_like(column, (n_rows, *column.shape[1:]))), column), n_rows, first)
        for name, column in future.items()
    }


def _filled(joined: Column, n_rows: int, first: int) -> Column:
    """A column without the rows from ``n_rows`` on that repeat those from ``first`` on, in which they fill gaps."""
    n_early = n_rows - first
    if not n_early:
        return joined
    last, early = joined[first:n_rows], joined[n_rows : n_rows + n_early]
    gaps = label_missing(last)
    last[gaps] = early[gaps]
    return np.delete(joined, slice(n_rows, n_rows + n_early), axis=0)


def _padded(source: Panel, n_rows: int, n_before: int = 0) -> Panel:
    """The panel with rows at its end, and before its start, of which nothing is known."""
    if not n_rows and not n_before:
        return source

    clock = source.clock.rows(-n_before, source.clock.length) if n_before else source.clock

    def pad(column: Column) -> Column:
        before, after = ([empty_like(column, (n, *column.shape[1:]))] if n else [] for n in (n_before, n_rows))
        return np.concatenate([*before, column, *after])

    return replace(
        source,
        values=pad(source.values),
        clock=replace(clock, length=clock.length + n_rows),
        labels={name: pad(column) for name, column in source.labels.items()},
        covariates={name: pad(column) for name, column in source.covariates.items()},
    )


def _joined(past: Column, future: Column) -> Column:
    """One column; numbers become text where the other one is text, unless all are missing."""
    if past.dtype.kind == future.dtype.kind:
        return np.concatenate([past, future])
    if label_missing(past).all():
        return np.concatenate([empty_like(future, past.shape), future])
    if label_missing(future).all():
        return np.concatenate([past, empty_like(past, future.shape)])
    return np.concatenate([_text(past), _text(future)])


def _text(column: Column) -> Column:
    if column.dtype.kind == "O":
        return column
    text, known = np.full(column.shape, None, dtype=object), ~label_missing(column)
    text[known] = as_text(column[known].tolist())
    return text


def _end_of_values(values: Values) -> int:
    """Row after the last one that has a value, looked for from the end."""
    for last in range(len(values), 0, -_ROWS_AT_ONCE):
        first = max(0, last - _ROWS_AT_ONCE)
        rows = np.flatnonzero(~np.isnan(values[first:last]).all(axis=1))
        if len(rows):
            return first + int(rows[-1]) + 1
    return 0

"""A table of what is known of rows, by time or by time and series, placed on the clock of a panel."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.names import listed
from divecast.data.source import Column, Values
from divecast.data.tables.columns import Frame, column_names, get_series, warn_unused
from divecast.data.tables.date_and_clock import with_clock
from divecast.data.tables.grid import drop_repeats
from divecast.data.tables.ids import number_ids
from divecast.data.tables.label_columns import label_missing, read_labels
from divecast.data.tables.long_names import LongNames
from divecast.data.tables.places import Places
from divecast.data.tables.roles import Roles
from divecast.data.tables.skipped import without_skipped
from divecast.data.tables.times import times_of
from divecast.data.time.clock import Clock
from divecast.data.time.regular import named_day
from divecast.data.time.stamps import StampForm, local_stamps, zoned_stamps
from divecast.errors import DataError, warn_data

_MOST_ROWS_PER_STAMP = 20
_FEWEST_OF_A_STEP = 3


class Known(NamedTuple):
    """What is known of rows.

    Attributes:
        clock: their times.
        first: the first row, of the clock of the panel.
        labels: label columns, each (row,) or (row, channel).
        covariates: numbers, float32 of such shapes.
    """

    clock: Clock
    first: int
    labels: Mapping[str, Column]
    covariates: Mapping[str, Values]


class KnownNames(NamedTuple):
    """Columns of a table of what is known.

    Attributes:
        title: what to call the table in messages.
        time: column of time stamps; if the table lacks it, ``ds``, else the only one.
        ids: columns that name the series, if the table has them all.
        targets: columns that may hold values of the target, which are not known.
        form: how time stamps are written; those that name no zone are of the panel's.
        skips_closed: whether rows at closed times are left out with a DataWarning; else they are refused.
    """

    title: str
    time: str | None = None
    ids: tuple[str, ...] = LongNames().ids
    targets: Sequence[str] = ()
    form: StampForm = StampForm()
    skips_closed: bool = False


def read_known(  # noqa: PLR0913  the table, and the panel that it goes with
    frame: Frame,
    names: KnownNames,
    roles: Roles,
    clock: Clock,
    channels: Sequence[str],
    first: int,
    ends: Callable[[], NDArray[np.int64]] | None = None,
) -> Known:
    """Read what a table says of the rows from ``first`` to the end of the clock, or to its own end if that is later.

    What cannot be used is named in a DataWarning: earlier rows, unknown series, columns without a role.

    Args:
        frame: the table.
        names: its columns of time and series.
        roles: the columns to read; a column per series fills all of them where the table names no series.
        clock: clock of the panel.
        channels: series of the panel.
        first: first row to read, of the clock.
        ends: where given, the rows of a series from the one that it returns for it on, (series,), are read as well.

    Raises:
        DataError: the table has another step, no row from ``first`` on, or rows that contradict each other.
    """
    there = column_names(frame)
    default = LongNames().time if LongNames().time in there else None
    ids = next((each for each in (names.ids, LongNames().ids) if {*each} <= {*there}), ())
    time = times_of(frame, names.time if names.time in there else default, {*ids, *roles.names}).name
    frame = with_clock(frame, time, [*roles.names, *names.targets], ids)
    form = replace(names.form, tz=clock.tz, ends=clock.ends)
    frame, form, name_row = without_skipped(frame, time, roles.names, form)
    times = times_of(frame, time)
    _report_unused(frame, names, {time, *roles.names, *ids})
    titles, numbers = number_ids(frame, ids)[:2] if ids else ((), None)
    utc, _ = zoned_stamps(times.stamps, clock.tz, None if numbers is None else numbers.astype(np.int64), form)
    rows, exact = clock.rows_at(utc)
    is_open = np.full(len(rows), True)
    if clock.slots is not None and not exact.all():
        _report_closed(exact, utc, clock, names)
        is_open = exact
    _check_step(rows[is_open], exact[is_open], utc[is_open], clock, names.title)
    place_of = {name: place for place, name in enumerate(channels)}
    series = None if numbers is None else np.array([place_of.get(name, -1) for name in titles])[numbers]
    late = rows >= first
    if not (late.all() or series is None or ends is None):
        late |= (series >= 0) & (rows >= ends()[series])
    kept = np.flatnonzero(is_open & _kept(rows, late, series, titles, clock, first, channels, names.title))
    last = max(clock.length, int(rows[kept].max()) + 1)
    _report_gaps(np.unique(rows[kept][rows[kept] >= first] - first), clock.rows(first, last), names.title)
    start = min(first, int(rows[kept].min()))
    span = clock.rows(start, last)
    if series is not None and roles.per_series:
        _report_absent_series(channels, series, names.title)

    def row_text(row: int) -> str:
        return name_row(row, names.title, clock.time_text(rows[row]))

    columns = {name: column[kept] for name, column in roles.read(frame, row_text).items()}
    places = Places(span, rows[kept] - start, None if series is None else series[kept], channels)
    keys = places.rows if places.series is None else places.series * span.length + places.rows
    drop_repeats(keys, columns, span)
    return Known(span, start, *places.put(columns, roles))


def _report_closed(exact: NDArray[np.bool_], utc: NDArray[np.datetime64], clock: Clock, names: KnownNames) -> None:
    """Refuse rows at closed times, or warn that they are left out."""
    off = int(np.argmin(exact))
    where = named_day(local_stamps(utc[off : off + 1], clock.tz)[0])
    count, verb = int((~exact).sum()), "is" if (~exact).sum() == 1 else "are"
    problem = f"{plural(count, 'row')} of {names.title} {verb} at closed times, the first at {where}"
    if not names.skips_closed or not exact.any():
        raise DataError(problem, expected=f"times on {clock.slots}", hint="Leave these rows out")
    warn_data(f"{problem}, and left out")


def _report_unused(frame: Frame, names: KnownNames, used: set[str | None]) -> None:
    unused = [name for name in column_names(frame) if name not in used]
    targets = [name for name in unused if name in names.targets]
    told = [name for name in targets if not label_missing(read_labels(get_series(frame, name))).all()]
    others = [name for name in unused if name not in targets]
    if told:
        warn_data(f"Values to forecast, in {listed(told)} of {names.title}, are not used")
    if others:
        warn_unused(others, names.title)


def _check_step(
    rows: NDArray[np.int64], exact: NDArray[np.bool_], utc: NDArray[np.datetime64], clock: Clock, title: str
) -> None:
    if not exact.all():
        off = int(np.argmin(exact))
        raise DataError(
            f"The step of {title} is not that of the data",
            expected=f"times every {clock.frequency} such as {clock.time_text(rows[off])}",
            found=f"{utc[off]} UTC in row {off}",
            hint="Give it at the times of the data",
        )
    steps = np.diff(np.unique(rows))
    if len(steps) + 1 >= _FEWEST_OF_A_STEP and steps.min() > 1:
        raise DataError(
            f"The step of {title} is not that of the data",
            expected=f"a row every {clock.frequency}",
            found=f"only every {steps.min()} of these steps",
            hint="Fill in the rows between",
        )


def _kept(  # noqa: PLR0913  places of the rows, and what they are compared with
    rows: NDArray[np.int64],
    late: NDArray[np.bool_],
    series: NDArray[np.int64] | None,
    titles: Sequence[str],
    clock: Clock,
    first: int,
    channels: Sequence[str],
    title: str,
) -> NDArray[np.bool_]:
    """(table row,) True for rows that are late enough and belong to a series of the panel."""
    known = np.full(len(rows), True) if series is None else series >= 0
    if known.any() and not known.all():
        there = set(channels)
        absent = [name for name in titles if name not in there]
        warn_data(f"{_start(title)} has {plural(len(absent), 'series')} that the data lack, left out: {listed(absent)}")
    if not late.all():
        reason = "the data have them already" if first else "the data begin there"
        early = plural(int((~late).sum()), "row")
        warn_data(f"{early} of {title} before {clock.time_text(first)} left out, as {reason}")
    if not known.any():
        raise DataError(
            f"{_start(title)} has no row of the series of the data",
            expected=listed(channels),
            found=listed(titles),
            hint="Write the names as in the data, or name their column in {id}",
        )
    if not (late & known).any():
        raise DataError(
            f"{_start(title)} has no row for the data",
            expected=f"rows of these series from {clock.time_text(first)} on",
            found=f"rows from {clock.time_text(rows.min())} to {clock.time_text(rows.max())}",
            hint="Give the rows that follow the data",
        )
    return late & known


def _report_gaps(told: NDArray[np.int64], span: Clock, title: str) -> None:
    missing = span.length - len(told)
    if not missing:
        return
    is_told = np.zeros(span.length, dtype=bool)
    is_told[told] = True
    where = f"{missing} of {span.length} times, the first at {span.time_text(int(np.argmin(is_told)))}"
    if span.length > _MOST_ROWS_PER_STAMP * len(told):
        raise DataError(f"{_start(title)} has no row for {where}", hint="Correct a wrong stamp, or give more rows")
    warn_data(f"{_start(title)} has no row for {where}; what it tells is missing there")


def _report_absent_series(channels: Sequence[str], series: NDArray[np.int64], title: str) -> None:
    told = set(series.tolist())
    absent = [name for place, name in enumerate(channels) if place not in told]
    if absent:
        warn_data(f"{_start(title)} lacks {plural(len(absent), 'series')}, of which nothing is known: {listed(absent)}")


def _start(title: str) -> str:
    """A title at the start of a sentence."""
    return title[0].upper() + title[1:]

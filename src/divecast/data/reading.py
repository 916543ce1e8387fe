"""A panel or recordings from anything a user may pass: an object, a table, a path, or a shipped data set by name."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from divecast._text import did_you_mean, plural
from divecast.data.as_read import ReadNames
from divecast.data.covariates import Covariate
from divecast.data.datasets import available, is_shipped, load
from divecast.data.factors import CALENDAR_NAMES, Factor, Label
from divecast.data.future import add_known
from divecast.data.names import chosen, listed, one_form
from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import RECORDING, Recordings
from divecast.data.sources.store import open_store
from divecast.data.tables.as_written import AsWritten
from divecast.data.tables.columns import Frame, column_names, open_frame
from divecast.data.tables.folder import Files, is_folder_of_tables, read_folder
from divecast.data.tables.long_names import IDS, LongNames, Names, as_names, long_names
from divecast.data.tables.parquet_files import is_address
from divecast.data.tables.roles import Roles
from divecast.data.text_format import UNTOLD, TextFormat
from divecast.data.time.business_days import Opening
from divecast.data.time.stamp_options import StampEdge, StampOptions
from divecast.errors import DataError, warn_data


def as_panel(  # noqa: PLR0913  as read_source
    data: Any,
    time: str | None = None,
    labels: Sequence[str | Label] = (),
    tz: str | None = None,
    covariates: Sequence[str | Covariate] = (),
    static: Any = None,
    known: Any = None,
    id: Names = None,  # noqa: A002  as in Panel.from_long
    value: str | None = None,
    text: TextFormat | None = None,
    time_format: str | None = None,
    stamps: StampEdge = "start",
    calendar: Opening = "auto",
) -> Panel:
    """Read a panel.

    Args:
        data: a Panel; a pandas, polars or pyarrow table (long if its columns have the usual names of a long table,
            such as unique_id, ds and y, else wide) or a pandas series; the path of a text, Parquet or Excel file or of
            the folder of a store; or the name of a shipped data set.
        time: column of time stamps; detected automatically if omitted.
        labels: columns that hold labels, not channels.
        tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.
        covariates: columns of numbers that are not forecast.
        static: facts of the series: a table, or the path of one, as in :meth:`Panel.from_wide`.
        known: labels and covariates that the data lack: a second table, or the path of one, as in :func:`read_source`.
        id: column of a long table that names the series, or several that do so together, as in :func:`read_source`.
        value: column of a long table that holds the values.
        text: how a text file is written, where it does not tell itself.
        time_format: how time stamps are written as text, as in :meth:`Panel.from_wide`.
        stamps: whether a stamp is the "start" or the "end" of the time that its row is about.
        calendar: opening times, as in :meth:`Panel.from_wide`.

    Returns:
        The panel.

    Raises:
        DataError: the data cannot be read as a panel.

    Example:
        >>> as_panel("loads").values.shape
        (8784, 27)
    """
    source = read_source(
        data,
        labels=labels,
        time=time,
        tz=tz,
        covariates=covariates,
        static=static,
        known=known,
        id=id,
        value=value,
        text=text,
        time_format=time_format,
        stamps=stamps,
        calendar=calendar,
    )
    if isinstance(source, Recordings):
        raise DataError("A panel is needed here, and recordings have no common clock", argument="data")
    return source


def read_source(  # noqa: PLR0913  one argument for each thing a table may not say itself
    data: Any,
    *,
    factors: Sequence[Factor] = (),
    absent_labels: bool = False,
    labels: Sequence[str | Label] = (),
    time: str | None = None,
    tz: str | None = None,
    recording: str | None = None,
    rate: float | None = None,
    channels: Sequence[str] = (),
    covariates: Sequence[str | Covariate] = (),
    static: Any = None,
    known: Any = None,
    id: Names = None,  # noqa: A002  as in Panel.from_long
    value: str | None = None,
    text: TextFormat | None = None,
    time_format: str | None = None,
    stamps: StampEdge = "start",
    calendar: Opening = "auto",
    like: ReadNames | None = None,
) -> Panel | Recordings:
    """Read a panel or recordings.

    All arguments but ``channels``, ``static`` and ``known`` describe a table and are ignored where the data are none.

    Args:
        data: a Panel, Recordings, or what :func:`as_panel` takes; or a folder of files with one recording each, as in
            :meth:`Recordings.from_folder`. A file or folder that exists comes before a shipped data set of the same
            name.
        factors: factors of the model; those that are labels name columns of the table.
        absent_labels: whether the table may lack these columns and covariates, as data to forecast from may.
        labels: further columns that hold labels, not channels.
        time: column of time stamps; detected automatically if omitted.
        tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.
        recording: column that names the recording; if given, the table is read as recordings. Of a folder, the files
            name them, and this is their column in ``known``, if it has one.
        rate: sampling rate of recordings, Hz; by default that of the clock, of a table if ``time`` names it.
        channels: channels to keep, in order; all if empty. A text that names no channel may name several, with commas.
        covariates: columns of numbers that are not forecast, of panels.
        static: facts of the series of a panel: a table, or the path of one, as in :meth:`Panel.from_wide`.
        known: a second table, or the path of one, with columns of labels and covariates that the data lack, aligned by
            time: one row per time, or one per time and series with a column ``unique_id``. Rows after the end of the
            data become rows of the future. Of recordings, labels with one row per recording, as in
            :meth:`Recordings.with_labels`.
        id: column that names the series of a long table, or several that do so together, as in
            :meth:`Panel.from_long`. A table is read as long if ``id`` or ``value`` is given, or if its columns have
            the usual names of a long table, such as unique_id, ds and y.
        value: column of the values of a long table.
        text: how text files are written, where they do not tell themselves.
        time_format: how time stamps are written as text, in all tables, as in :meth:`Panel.from_wide`.
        stamps: whether a stamp is the "start" or the "end" of the time that its row is about.
        calendar: opening times of a panel, as in :meth:`Panel.from_wide`.
        like: names of the columns of another table, used where this one has them, and how it was written; both only
            where nothing else is said.

    Raises:
        DataError: the data cannot be read so.
        ConfigError: no installed package reads Excel files.
    """
    like = like or ReadNames()
    text, time_format = (text or UNTOLD).or_as(like.text), time_format or like.time_format
    written: StampOptions = {"time_format": time_format, "stamps": stamps, "calendar": calendar}
    of_factors = [factor for factor in factors if isinstance(factor, Label)]
    roles = Roles.of([*labels, *of_factors], covariates)
    told = tuple(label.name for label in roles.labels)
    ids = (*as_names(id), *as_names(recording), *like.ids)
    as_written = AsWritten(ids, (*told, *([] if ids else IDS)))
    second = None
    if known is not None:
        second = open_frame(AsWritten(as_names(id) or LongNames().ids, told).read(known, text))[0]
    elsewhere = [] if second is None else column_names(second)
    needed = Roles() if absent_labels else Roles(tuple(of_factors), roles.covariates)
    source = _without_table(data)
    if source is None and _is_folder(data):
        beside = Path(known) if isinstance(known, str | Path) else None
        files = Files(as_written, text, channels or like.channels, beside)
        source = _of_folder(Path(data), recording, files, roles, ReadNames(time=time, rate=rate).or_as(like))
    if source is None:
        table = open_frame(as_written.read(data, text))[0]
        columns = column_names(table)
        layout, keys = ("recordings", (recording,)) if recording is not None else ("", as_names(id))
        said = ReadNames(layout, keys, time, value, rate, tuple(chosen(channels, columns)), (), text, time_format)
        _check_needed(needed, [*columns, *elsewhere], _title(data), "columns")
        asked = {label.name for label in roles.labels} - {factor.name for factor in of_factors} - {*elsewhere}
        source = _of_table(table, (said, like), roles.only({*columns, *asked}), elsewhere, tz, written)
    elif source is not data:
        there = [*source.labels, *(source.covariates if isinstance(source, Panel) else ()), *elsewhere]
        _check_needed(needed, there, _title(data), "labels")
    if isinstance(source, Recordings):
        source = _labelled(source, roles, static, known, recording if recording in elsewhere else None)
    else:
        facts = AsWritten(as_names(id or source.as_read.id) or IDS).read(static, text)
        source = source.with_static(facts, id)
        if second is not None:
            lacking = roles.only({*roles.names} - {*source.labels} - {*source.covariates})
            source = add_known(source, second, lacking, time, id, time_format)
    return source.select(chosen(channels, source.channels)) if channels else source


def _labelled(source: Recordings, roles: Roles, static: Any, known: Any, key: str | None) -> Recordings:
    """Recordings with the labels of a second table, if there is one."""
    if roles.covariates or static is not None:
        raise DataError(
            "Recordings have no covariates and no facts of their channels, only panels do",
            hint="Leave out {covariates} and {static}, or keep the covariates as channels",
        )
    return source if known is None else source.with_labels(known, key)


def _report_unknown(columns: Sequence[str], names: ReadNames, source: Panel | Recordings, aside: Sequence[str]) -> None:
    """Warn of columns that a model does not know."""
    used = {*names.channels, *names.left_out, *names.ids, source.as_read.time, *aside}
    if surplus := [name for name in columns if name not in used]:
        warn_data(f"{plural(len(surplus), 'channel')} unknown to the model left out: {listed(surplus)}")


def _of_table(
    table: Frame,
    told: tuple[ReadNames, ReadNames],
    roles: Roles,
    elsewhere: Sequence[str],
    tz: str | None,
    written: StampOptions,
) -> Panel | Recordings:
    """Read a table whose columns are named, or some of them, by a user and by a model."""
    said, like = told
    columns = column_names(table)
    names = said.or_as(like.known(columns))
    if not {*names.channels} <= {*columns}:
        names = replace(names, channels=())  # so that a message can name all that are there
    source = _of_columns(table, names, roles, tz, written)
    if names.channels and not said.channels and names.layout != "long":
        _report_unknown(columns, names, source, (*roles.names, *elsewhere))
    as_read = replace(source.as_read, text=names.text, time_format=names.time_format)
    return replace(source, as_read=as_read)


def _of_columns(
    table: Frame, names: ReadNames, roles: Roles, tz: str | None, written: StampOptions
) -> Panel | Recordings:
    columns = column_names(table)
    channels = [name for name in names.channels if name in columns and name not in roles.names]
    if names.layout == "recordings":
        labels = [label.name for label in roles.labels]
        return Recordings.from_long(table, names.ids[0], channels or None, labels, names.rate, names.time)
    long = long_names(table, names.ids, names.time, names.value, roles.names)
    if long is not None:
        return Panel.from_long(table, *long, labels=roles.labels, tz=tz, covariates=roles.covariates, **written)
    return Panel.from_wide(table, names.time, roles.labels, tz, roles.covariates, channels=channels, **written)


def _is_folder(data: Any) -> bool:
    """Whether data are the path of a folder of files with one recording each."""
    return isinstance(data, str | Path) and not is_address(data) and is_folder_of_tables(Path(data))


def _of_folder(folder: Path, recording: str | None, files: Files, roles: Roles, like: ReadNames) -> Recordings:
    """Read a folder of files with one recording each.

    Args:
        folder: the folder.
        recording: name of the column of their names.
        files: how to read them.
        roles: columns that are labels, where the files have them.
        like: names of the columns of other recordings, with the time and the rate if they are told.
    """
    before = like.ids[0] if like.layout == "recordings" else RECORDING
    key = one_form(recording or before)
    table = open_frame(read_folder(folder, key, files))[0]
    columns = column_names(table)
    channels = chosen(files.channels, columns)
    read = roles.only({*columns})
    time = like.time if like.time in columns or not like.channels else None
    labels = [each.name for each in read.labels]
    source = Recordings.from_files(table, key, channels or None, labels, like.rate, time)
    if files.channels == like.channels != ():
        _report_unknown(columns, replace(like, ids=(key,)), source, read.names)
    return replace(source, as_read=replace(source.as_read, text=files.text or UNTOLD))


def _without_table(data: Any) -> Panel | Recordings | None:
    """Return the source of data that are not a table; None for a table or the path of one."""
    if isinstance(data, Panel | Recordings):
        return data
    if isinstance(data, np.ndarray):
        raise DataError(
            "A numpy array has no time stamps",
            hint='Pass Panel.from_array(values, start="2024-01-01", step="1h") or a table',
            argument="data",
        )
    if not isinstance(data, str | Path) or is_address(data):
        return None
    if is_shipped(data):
        return load(str(data))
    path = Path(data)
    if _is_folder(path):
        return None
    if path.is_dir():
        return open_store(path)
    if not path.exists():
        raise DataError(
            f"There is no file or folder {path}",
            hint=f"Pass the path of a text, Parquet or Excel file or of a store, or one of the shipped data sets: "
            f"{', '.join(available())}",
            argument="data",
        )
    return None


def _title(data: Any) -> str:
    return Path(data).name if isinstance(data, str | Path) else "the table"


def _check_needed(needed: Roles, names: Sequence[str], title: str, kind: str) -> None:
    has = f"{title} has the {kind} {listed(names)}" if names else f"{title} has no {kind}"
    for label in needed.labels:
        if label.name not in names:
            raise DataError(
                f"There is no label column {label.name!r} for the factor {label.name!r}: {has}",
                hint=did_you_mean(label.name, [*names, *CALENDAR_NAMES])
                or f"Name one of its labels in {{factors}}, or a calendar factor: {', '.join(CALENDAR_NAMES)}",
                argument="factors",
            )
    for covariate in needed.covariates:
        if covariate.name not in names:
            raise DataError(
                f"There is no column {covariate.name!r} for the covariate {covariate.name!r}: {has}",
                hint=did_you_mean(covariate.name, names)
                or "Name one of them in {covariates}, or give it in a second table in {known}",
                argument="covariates",
            )

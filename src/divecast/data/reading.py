"""A panel or recordings from anything a user may pass: an object, a table, a path, or a shipped data set by name."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from divecast._text import did_you_mean
from divecast.data.datasets import available, is_shipped, load
from divecast.data.factors import CALENDAR_NAMES, Factor, Label
from divecast.data.names import listed
from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import Recordings
from divecast.data.sources.store import open_store
from divecast.data.tables.columns import Frame, column_names, open_frame
from divecast.data.tables.long import is_long
from divecast.data.tables.parquet_files import is_address
from divecast.data.tables.read import read_table
from divecast.errors import DataError


def as_panel(data: Any, time: str | None = None, labels: Sequence[str] = (), tz: str | None = None) -> Panel:
    """Read a panel.

    Args:
        data: a Panel; a pandas, polars or pyarrow table (long if it has the columns unique_id, ds and y, else wide);
            the path of a CSV, CSV.gz or Parquet file or of the folder of a store; or the name of a shipped data set.
        time: column of time stamps; detected automatically if omitted.
        labels: columns that hold labels, not channels.
        tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.

    Returns:
        The panel.

    Raises:
        DataError: the data cannot be read as a panel.

    Example:
        >>> as_panel("loads").values.shape
        (8784, 27)
    """
    source = read_source(data, labels=labels, time=time, tz=tz)
    if isinstance(source, Recordings):
        raise DataError("A panel is needed here, and recordings have no common clock", argument="data")
    return source


def read_source(  # noqa: PLR0913  one argument for each thing a table may not say itself
    data: Any,
    *,
    factors: Sequence[Factor] = (),
    absent_labels: bool = False,
    labels: Sequence[str] = (),
    time: str | None = None,
    tz: str | None = None,
    recording: str | None = None,
    rate: float = 1.0,
    channels: Sequence[str] = (),
) -> Panel | Recordings:
    """Read a panel or recordings.

    All arguments but ``channels`` describe a table and are ignored where the data are no table.

    Args:
        data: a Panel, Recordings, or what :func:`as_panel` takes. A file or folder that exists comes before a shipped
            data set of the same name.
        factors: factors of the model; those that are labels name columns of the table.
        absent_labels: whether the table may lack these columns, as data to forecast from may.
        labels: further columns that hold labels, not channels.
        time: column of time stamps; detected automatically if omitted.
        tz: time zone of stamps that name none, and of calendar factors; by default that of the stamps, else UTC.
        recording: column that names the recording; if given, the table is read as recordings.
        rate: sampling rate of recordings, Hz.
        channels: channels to keep, in order; all if empty.

    Raises:
        DataError: the data cannot be read so.
    """
    needed = [] if absent_labels else [factor.name for factor in factors if isinstance(factor, Label)]
    source = _without_table(data)
    if source is None:
        table = open_frame(read_table(data) if isinstance(data, str | Path) else data)[0]
        columns = column_names(table)
        _check_factors(needed, columns, _title(data), "columns")
        of_factors = [factor.name for factor in factors if isinstance(factor, Label) and factor.name in columns]
        names = list(dict.fromkeys([*labels, *of_factors]))
        if recording is not None:
            aside = {recording, time, *names}
            wanted = channels or [name for name in columns if name not in aside]
            source = Recordings.from_long(table, recording, wanted, names, rate)
        else:
            source = _panel(table, columns, time, names, tz)
    elif source is not data:
        _check_factors(needed, list(source.labels), _title(data), "labels")
    return source.select(channels) if channels else source


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
    if path.is_dir():
        return open_store(path)
    if not path.exists():
        raise DataError(
            f"There is no file or folder {path}",
            hint=f"Pass the path of a CSV, CSV.gz or Parquet file or of a store, or one of the shipped data sets: "
            f"{', '.join(available())}",
            argument="data",
        )
    return None


def _panel(table: Frame, columns: Sequence[str], time: str | None, labels: Sequence[str], tz: str | None) -> Panel:
    if is_long(columns):
        return Panel.from_long(table, time=time or "ds", labels=labels, tz=tz)
    return Panel.from_wide(table, time, labels, tz)


def _title(data: Any) -> str:
    return Path(data).name if isinstance(data, str | Path) else "the table"


def _check_factors(needed: Sequence[str], names: Sequence[str], title: str, kind: str) -> None:
    has = f"{title} has the {kind} {listed(names)}" if names else f"{title} has no {kind}"
    for name in needed:
        if name not in names:
            raise DataError(
                f"There is no label column {name!r} for the factor {name!r}: {has}",
                hint=did_you_mean(name, [*names, *CALENDAR_NAMES])
                or f"Name one of its labels in {{factors}}, or a calendar factor: {', '.join(CALENDAR_NAMES)}",
                argument="factors",
            )

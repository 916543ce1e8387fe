"""Data named on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from divecast.cli.settings import Settings
from divecast.data import Panel, Recordings, as_panel
from divecast.data.datasets import load
from divecast.data.factors import CalendarName
from divecast.data.tables.parquet_files import is_address
from divecast.data.tables.read import read_table
from divecast.errors import DataError

SHIPPED = "dataset:"
_MOST = 12  # columns named in an error


def read_data(
    name: str, settings: Settings, *, needed_labels: Sequence[str] = (), optional_labels: Sequence[str] = ()
) -> Panel | Recordings:
    """Read a file, a store or a shipped data set.

    Args:
        name: A path, or "dataset:" and the name of a shipped data set.
        settings: Which columns are what.
        needed_labels: Label columns of the factors of a fit.
        optional_labels: Label columns that may be absent, as those a fitted model knows.

    Returns:
        Panel or recordings, with the channels that were asked for.

    Raises:
        DataError: There is no such file, it cannot be used as the settings say, or has no column of a factor.
        ConfigError: There is no such data set.
    """
    try:
        source = _read(name, settings, needed_labels, optional_labels)
    except (OSError, UnicodeError) as error:  # what the readers let through
        raise DataError(f"expected data that can be read at {name}: {error}; save them anew, text as UTF-8") from error
    _check_labels(needed_labels, list(source.labels), f"{name} has the labels")
    return source.select(settings.channels) if settings.channels else source


def _read(name: str, settings: Settings, needed: Sequence[str], optional: Sequence[str]) -> Panel | Recordings:
    if name.startswith(SHIPPED):
        return load(name.removeprefix(SHIPPED))
    path = Path(name)
    if path.is_dir():
        return as_panel(path)
    if not (is_address(name) or path.exists()):
        raise DataError(f"expected data at {name}, there is no such file or folder")
    table = read_table(name)
    _check_labels(needed, table.column_names, f"{path.name} has the columns")
    factors = [label for label in (*needed, *optional) if label in table.column_names]
    labels = list(dict.fromkeys([*settings.label_columns, *factors]))
    if settings.recording is not None:
        return _recordings(table, settings.recording, labels, settings)
    return as_panel(table, settings.time, labels, settings.tz)


def _recordings(table: Any, recording: str, labels: Sequence[str], settings: Settings) -> Recordings:
    aside = {recording, settings.time, *labels}
    channels = settings.channels or [name for name in table.column_names if name not in aside]
    return Recordings.from_long(table, recording, channels, labels, settings.rate)


def _check_labels(needed: Sequence[str], have: Sequence[str], lead: str) -> None:
    for label in needed:
        if label not in have:
            found = f"{', '.join(have[:_MOST])}{', ...' if have[_MOST:] else ''}" if have else "none"
            raise DataError(
                f"expected a column {label!r} for the factor {label}, {lead} {found}; "
                f"name one of its labels with --factor, or a calendar factor: {', '.join(get_args(CalendarName))}"
            )

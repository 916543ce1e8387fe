"""Data named on the command line."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from divecast.cli.settings import Settings
from divecast.data import Panel, Recordings, as_panel
from divecast.data.datasets import load
from divecast.data.tables import read_table
from divecast.errors import DataError

SHIPPED = "dataset:"


def read_data(name: str, settings: Settings, optional_labels: Sequence[str] = ()) -> Panel | Recordings:
    """Read a file, a store or a shipped data set.

    Args:
        name: A path, or "dataset:" and the name of a shipped data set.
        settings: Which columns are what.
        optional_labels: Label columns that may be absent, as those a fitted model knows.

    Returns:
        Panel or recordings, with the channels that were asked for.

    Raises:
        DataError: There is no such file, or it cannot be used as the settings say.
        ConfigError: There is no such data set.
    """
    source = _read(name, settings, optional_labels)
    return source.select(settings.channels) if settings.channels else source


def _read(name: str, settings: Settings, optional_labels: Sequence[str]) -> Panel | Recordings:
    if name.startswith(SHIPPED):
        return load(name.removeprefix(SHIPPED))
    path = Path(name)
    if path.is_dir():
        return as_panel(path)
    if not path.exists():
        raise DataError(f"expected data at {name}, there is no such file or folder")
    table = read_table(path)
    labels = list(settings.label_columns)
    labels += [label for label in optional_labels if label in table.column_names and label not in labels]
    if settings.recording is not None:
        return _recordings(table, settings.recording, labels, settings)
    return as_panel(table, settings.time, labels, settings.tz or "UTC")


def _recordings(table: Any, recording: str, labels: Sequence[str], settings: Settings) -> Recordings:
    aside = {recording, settings.time, *labels}
    channels = settings.channels or [name for name in table.column_names if name not in aside]
    return Recordings.from_long(table, recording, channels, labels, settings.rate)

"""Data named on the command line."""

from collections.abc import Sequence

from divecast.cli.settings import CommandSettings
from divecast.data import Label, Panel, Recordings, read_source
from divecast.errors import DataError


def read_data(
    name: str, settings: CommandSettings, *, needed_labels: Sequence[str] = (), optional_labels: Sequence[str] = ()
) -> Panel | Recordings:
    """Read a file, a store or a shipped data set, with the selected channels.

    Args:
        name: A path, or the name of a shipped data set.
        settings: How to read it.
        needed_labels: Label columns of the factors of a fit.
        optional_labels: Label columns that may be absent, such as those of a fitted model.

    Raises:
        DataError: The data do not exist, cannot be read with these settings, or lack a column of a factor.
    """
    try:
        return read_source(
            name,
            factors=[Label(label) for label in needed_labels or optional_labels],
            absent_labels=not needed_labels,
            labels=settings.label_columns,
            time=settings.time,
            tz=settings.tz,
            recording=settings.recording,
            rate=settings.rate,
            channels=settings.channels,
        )
    except (OSError, UnicodeError) as error:  # what the readers let through
        raise DataError(f"{name} cannot be read ({error})", hint="Save it again, text as UTF-8") from error

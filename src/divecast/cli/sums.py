"""Groups of series named on the command line, and their sums as further series."""

import json
import tomllib
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

from divecast._optional import need
from divecast._text import plural
from divecast.data import Panel, Recordings
from divecast.data.names import listed, one_form
from divecast.errors import ConfigError, DataError, warn_data
from divecast.inference.results import Forecast
from divecast.inference.results.ensemble import Groups, members_of
from divecast.interfaces.group_table import read_groups
from divecast.interfaces.hierarchy import Method, reconcile, with_totals

_KEYED = (".toml", ".json")


def groups_in(path: str | Path, channels: Collection[str] | None = None) -> Groups:
    """Read groups of series: a TOML or JSON file of lists by name, or a table of the groups of each series.

    Args:
        path: the file.
        channels: series of the data; a table may have more, which are left out. None for all.

    Raises:
        ConfigError: the file cannot be read, or has no groups.
        DataError: the table does not fit (see ``divecast.interfaces.group_table.read_groups``), or names none of them.
    """
    path = Path(path)
    if path.suffix.lower() not in _KEYED:
        table = read_groups(path)
        return table if channels is None else _of_channels(table, {*channels})
    try:
        text = one_form(path.read_text("utf-8"))
        groups: Any = json.loads(text) if path.suffix.lower() == ".json" else tomllib.loads(text)
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigError(f"The groups in {path} cannot be read: {error}", argument="groups") from error
    if not isinstance(groups, dict) or not groups:
        raise ConfigError(expected="names of groups with lists of series", found=f"{groups!r:.80}", argument="groups")
    return groups


def _of_channels(groups: Groups, channels: set[str]) -> Groups:
    """Return the groups of the series of data, without those that have none.

    Raises:
        DataError: all have none.
    """
    found = {name: tuple(each for each in members if each in channels) for name, members in members_of(groups).items()}
    if not any(found.values()):
        raise DataError(
            f"The table of groups names none of the series {listed(sorted(channels))}: {listed(_series(groups))}",
            hint="Write the names as in the data",
            argument="groups",
        )
    return {name: members for name, members in found.items() if members}


def _series(groups: Groups) -> dict[str, None]:
    """Return all series of groups, each once."""
    return dict.fromkeys(name for members in members_of(groups).values() for name in members)


def with_sums(source: Panel | Recordings, path: str, known: Collection[str] | None = None) -> Panel | Recordings:
    """Return data with the sums of groups as further series, unless the data have them.

    Args:
        source: the data.
        path: file of the groups.
        known: series of a fitted model, of which only sums that it knows are taken; None for all.

    Warns (DataWarning) of series in a table of groups that the data lack.

    Raises:
        DataError: the data are recordings, or ``with_totals`` refuses them.
    """
    if not isinstance(source, Panel):
        raise DataError("Recordings have no series to sum in groups", argument="groups")
    groups = groups_in(path, source.channels)
    there = _series(groups)
    if surplus := [name for name in _series(groups_in(path)) if name not in there]:
        warn_data(
            f"The table of groups has {plural(len(surplus), 'series')} that the data lack, and their sums leave out: "
            f"{listed(surplus)}"
        )
    wanted = [name for name in members_of(groups) if known is None or name in known]
    if not wanted or {*wanted} <= {*source.channels}:
        return source
    return with_totals(source, groups).select([*source.channels, *wanted])


def check_sums(path: str | None, known: Collection[str]) -> None:
    """Refuse groups of whose sums a model knows none.

    Raises:
        ConfigError: the model knows none.
    """
    if path is not None and not {*members_of(groups_in(path))} & {*known}:
        raise ConfigError(
            f"The model has no series with the name of a group: {listed(members_of(groups_in(path)))}",
            hint='Fit it with {groups}, or choose "bottom_up" as {reconcile}',
            argument="groups",
        )


def reconciled(path: str | None, method: Method | None) -> Callable[[Forecast], Forecast]:
    """Return what makes forecasts of a hierarchy add up; nothing is done without a method.

    Raises:
        ConfigError: there are no groups, they cannot be read, or the package of the method is not installed.
    """
    if method is None:
        return lambda forecast: forecast
    if path is None:
        raise ConfigError(
            "Which series add up to which is not said",
            hint="Name a table of their groups in {groups}",
            argument="groups",
        )
    groups_in(path)
    if method != "bottom_up":
        need("hierarchicalforecast.methods")
    return lambda forecast: reconcile(forecast, groups_in(path, forecast.channels), method)

"""Files that a command reads and writes; none is both.

Options that name files carry a mark, :class:`Reads` or :class:`Writes`, beside what typer reads of them, so that one
check covers every command, before anything is read.
"""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from glob import glob
from inspect import Parameter
from itertools import combinations
from pathlib import Path
from typing import Any, get_args

from divecast.cli.settings import read_settings
from divecast.data.datasets import is_shipped
from divecast.data.tables.parquet_files import is_address
from divecast.errors import ConfigError

_LOCAL = ("file://", "local://")


@dataclass(frozen=True, slots=True)
class Reads:
    """Marks an option that names a file, a folder or an address to read.

    Attributes:
        named: returns what a value of the option names, by argument, if that is more than the value itself.
    """

    named: Callable[[Any], Mapping[str, str | Path | None]] | None = None


@dataclass(frozen=True, slots=True)
class Writes:
    """Marks an option that names what to write.

    Attributes:
        files: returns all that is written because of the option, from the values of all options of the command; by
            default the value of the option itself.
        over: arguments whose file it may replace.
    """

    files: Callable[[Mapping[str, Any]], Sequence[Path]] | None = None
    over: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Place:
    """A file or folder on this machine, and the argument that names it."""

    argument: str
    path: Path


def of_settings(config: Path | None) -> dict[str, str | Path | None]:
    """Return the files that a settings file names, and itself.

    Raises:
        ConfigError: a setting is wrong.
    """
    return {"config": config, **_tables(config)} if config is not None else {}


def of_assignments(assignments: Sequence[str] | None) -> dict[str, str | Path | None]:
    """Return the files that values of ``--set`` name.

    Raises:
        ConfigError: a setting is wrong.
    """
    return {**_tables(None, assignments)} if assignments else {}


def _tables(config: Path | None, assignments: Sequence[str] = ()) -> dict[str, str | None]:
    settings = read_settings(config, {}, assignments)
    return {name: getattr(settings, name) for name in ("static", "known", "groups", "future")}


def check_files(parameters: Sequence[Parameter], values: Mapping[str, Any]) -> None:
    """Refuse a command that would write over what it reads, or write one file twice.

    Files are compared as the file system knows them: a link, another way to write a path, or on some systems another
    case, is the same file.

    Args:
        parameters: options of the command, with their marks.
        values: values of the options.

    Raises:
        ConfigError: a file to write is one to read or lies in a folder to read, or two files to write are one.
    """
    marks = {
        parameter.name: mark
        for parameter in parameters
        for mark in get_args(parameter.annotation)[1:]  # the last one counts
        if isinstance(mark, Reads | Writes)
    }
    read = [place for name, mark in marks.items() if isinstance(mark, Reads) for place in _read(name, mark, values)]
    for place, over in _written(marks, values):
        for other in read:
            if other.argument not in over and (_same(place, other) or _within(place, other)):
                raise _refusal(f"{place.path} would be written over {other.path}, which is read", place, other)
    for (place, _), (other, _) in combinations(_written(marks, values), 2):
        if place.argument != other.argument and _same(place, other):
            raise _refusal(f"{place.path} would be written twice", place, other)


def _refusal(problem: str, place: _Place, other: _Place) -> ConfigError:
    hint = f"Choose another {{{place.argument}}} than {{{other.argument}}}"
    return ConfigError(problem, hint=hint, argument=place.argument)


def _read(name: str, mark: Reads, values: Mapping[str, Any]) -> Iterator[_Place]:
    """Existing files and folders that an option names."""
    value = values[name]
    for argument, place in (mark.named(value) if mark.named else {name: value}).items():
        if place is None or is_shipped(place):
            continue
        for path in _local_paths(place):
            if os.path.exists(path):  # unlike Path.exists also for a name that is too long
                yield _Place(argument, Path(path))


def _local_paths(place: str | Path) -> Sequence[str]:
    """Paths of a place: several for an address with ``*``, none for an address on another machine."""
    if not is_address(place):
        return [str(place)]
    address = str(place)
    return next((glob(address.removeprefix(start)) for start in _LOCAL if address.startswith(start)), [])


def _written(marks: Mapping[str, Reads | Writes], values: Mapping[str, Any]) -> Iterator[tuple[_Place, Sequence[str]]]:
    """All that is written, each with the arguments whose file it may replace."""
    for name, mark in marks.items():
        if isinstance(mark, Writes):
            paths = mark.files(values) if mark.files else [values[name]] if values[name] is not None else []
            yield from ((_Place(name, path), mark.over) for path in paths)


def _same(place: _Place, other: _Place) -> bool:
    try:
        return place.path.samefile(other.path)
    except (OSError, ValueError):  # one does not exist
        return _real(place) == _real(other)


def _within(place: _Place, folder: _Place) -> bool:
    return os.path.isdir(folder.path) and _real(place).is_relative_to(_real(folder))


def _real(place: _Place) -> Path:
    return Path(os.path.normcase(os.path.realpath(place.path)))

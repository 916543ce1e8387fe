"""Settings of a command: those of the TOML file, overridden by the options."""

import difflib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

from divecast.config import LossConfig, ModelConfig, SeriesMode, TrainingConfig
from divecast.data import TextFormat
from divecast.data.tables.long_names import as_names
from divecast.data.time.stamp_options import StampEdge
from divecast.errors import ConfigError
from divecast.persistence.adapters import adapter_of

Table = dict[str, Any]

_OF_DATA = (
    *("id", "time", "value", "factors", "covariates", "static", "known", "groups", "future"),
    *("label_columns", "tz", "calendar", "holidays", "channels", "recording", "rate"),
    *("sep", "decimal", "thousands", "na", "encoding", "time_format", "stamps"),
)
"""Settings that say how to read the data, which may stand in a table ``[data]``."""


@dataclass(frozen=True, slots=True)
class CommandSettings:
    """What a settings file may contain; each command uses the settings that concern it.

    Those that say how to read a table may stand in a table ``[data]`` of the file.

    Attributes:
        horizon: number of steps to forecast.
        lookback: number of steps in a window.
        factors: see :func:`divecast.cli.factors.parse_factors`.
        covariates: see :func:`divecast.cli.factors.parse_covariates`.
        split: shares of the training, validation and test part, "3:1:1".
        split_by: split in order of time, or by whole recordings; None for the latter if there is a group.
        group: Label of recordings; those of one class stay in one part.
        series: whether all series are forecast together ("joint"), or each on its own ("independent").
        bounds: what forecasts do not exceed: "auto", "none", or a lower and an upper number such as "0,".
        own_origin: whether each series is forecast from its own last value on.
        seed: random seed.
        device: cpu, cuda or mps.
        id: column of a long table that names the series, or several that do so together.
        time: column of time stamps.
        value: column of a long table that holds the values.
        static: file of the facts of the series.
        known: file of labels and covariates that the data lack.
        groups: file of groups of series, whose sums are further series.
        future: file of labels and covariates of the rows after the end of the data.
        label_columns: columns that are labels, not channels.
        tz: time zone of naive time stamps and of calendar factors; by default that of the model, else UTC.
        calendar: opening times; by default those of the model, else those that the data tell.
        holidays: dates that are closed, or one country.
        channels: channels to use; empty for all.
        recording: column of the recording's name.
        rate: sampling rate of recordings, rows per second (Hz); None for that of the clock.
        sep: sign between the columns of a text file.
        decimal: sign before decimals in a text file.
        thousands: sign between thousands in a text file.
        na: further texts that mean a missing number.
        encoding: encoding of a text file.
        time_format: how time stamps are written as text.
        stamps: whether a stamp is the start or the end of the time that its row is about; by default as in the fit of
            the model, else the start.
        levels: quantile levels of forecasts.
        model: settings of the network.
        training: settings of the optimisation.
        losses: weights of the loss terms.
    """

    horizon: int | None = None
    lookback: int | None = None
    factors: list[str] = field(default_factory=list)
    covariates: list[str] = field(default_factory=list)
    split: str | None = None
    split_by: Literal["time", "recording"] | None = None
    group: str | None = None
    series: SeriesMode = "auto"
    bounds: str = "auto"
    own_origin: bool | None = None
    seed: int = 0
    device: str = "cpu"
    id: str | list[str] | None = None
    time: str | None = None
    value: str | None = None
    static: str | None = None
    known: str | None = None
    groups: str | None = None
    future: str | None = None
    label_columns: list[str] = field(default_factory=list)
    tz: str | None = None
    calendar: str | None = None
    holidays: list[str] = field(default_factory=list)
    channels: list[str] = field(default_factory=list)
    recording: str | None = None
    rate: float | None = None
    sep: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    na: list[str] = field(default_factory=list)
    encoding: str | None = None
    time_format: str | None = None
    stamps: StampEdge | None = None
    levels: list[float] = field(default_factory=lambda: [0.05, 0.25, 0.5, 0.75, 0.95])
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    losses: LossConfig = field(default_factory=LossConfig)

    @property
    def says_split(self) -> bool:
        """Whether anything is said of the split."""
        return self.split is not None or self.group is not None or self.split_by is not None

    @property
    def rising_levels(self) -> tuple[float, ...]:
        """The quantile levels in rising order."""
        return tuple(sorted(self.levels))

    @property
    def text(self) -> TextFormat:
        """How text files are written."""
        return TextFormat(self.sep, self.decimal, self.thousands, self.na, self.encoding)

    def reading_options(self) -> list[str]:
        """Return the options, as words of a command line, that read the data as these settings do."""
        pairs: list[tuple[str, str | None]] = [("--id", name) for name in as_names(self.id)]
        pairs += [("--time", self.time), ("--value", self.value), ("--tz", self.tz)]
        pairs += [("--calendar", self.calendar), *(("--holidays", dates) for dates in self.holidays)]
        pairs += [("--static", self.static), ("--known", self.known), ("--groups", self.groups)]
        pairs += [("--recording", self.recording), ("--rate", None if self.rate is None else str(self.rate))]
        pairs += [("--sep", self.sep), ("--decimal", self.decimal), ("--thousands", self.thousands)]
        pairs += [("--encoding", self.encoding), ("--time-format", self.time_format), ("--stamps", self.stamps)]
        pairs += [("--na", text) for text in self.na]
        pairs += [("--label", name) for name in self.label_columns]
        pairs += [("--channels", name) for name in self.channels]
        return [word for option, value in pairs if value is not None for word in (option, value)]


def read_settings(path: Path | None, options: Mapping[str, Any], assignments: Sequence[str] = ()) -> CommandSettings:
    """Read the settings of a command.

    Args:
        path: TOML file, if any.
        options: values of options by the dotted name of their setting ("training.epochs"); None and empty lists are
            ignored.
        assignments: values of ``--set`` as text, "training.clip=0.5", with the value as in TOML.

    Raises:
        ConfigError: the file does not exist or is not TOML, or a setting is unknown, of another type or out of range.
    """
    table = _without_data_table(_read_toml(path), str(path)) if path else {}
    _check_known(table, CommandSettings, "", str(path))
    origins = dict.fromkeys(_leaves(table), str(path))
    for name, value in options.items():
        if value is not None and value != []:
            _put(table, name, value)
            origins[name] = "the options"
    for assignment in assignments:
        name, value = parse_assignment(assignment)
        name = name.removeprefix("data.") if name.removeprefix("data.") in _OF_DATA else name
        _put(table, name, value)
        _check_known(table, CommandSettings, "", "--set")
        origins[name] = "--set"
    return _validated(table, origins)


def _read_toml(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"The settings file {path} cannot be read: {error.strerror}", argument="config") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"{path} is not a valid TOML file: {error}", argument="config") from error


def parse_assignment(text: str, expected: str = "--set NAME=VALUE, such as training.clip=0.5") -> tuple[str, Any]:
    """Read a dotted name and a value, which is a TOML value or a bare word.

    Raises:
        ConfigError: there is no name; the message contains ``expected``.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(expected=expected, found=repr(text))
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return name.strip(), value.strip()  # a bare word, which TOML would want in quotes


def _without_data_table(table: Table, origin: str) -> Table:
    """The settings of a file with those of its table ``[data]`` among the others."""
    if "data" not in table:
        return table
    data = table["data"]
    if not isinstance(data, dict):
        raise ConfigError(f"[data] in {origin}", expected="a table", found=repr(data))
    for name in data:
        if name not in _OF_DATA:
            close = difflib.get_close_matches(name, _OF_DATA, 1)
            hint = f"Did you mean data.{close[0]}?" if close else f"Known settings: {', '.join(_OF_DATA)}"
            raise ConfigError(f"Unknown setting 'data.{name}' in {origin}", hint=hint)
        if name in table:
            raise ConfigError(f"Setting {name!r} is in {origin} twice, in [data] and outside it", hint="Keep one")
    return {**{name: value for name, value in table.items() if name != "data"}, **data}


def _leaves(table: Table, prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _put(table: Table, name: str, value: Any) -> None:
    *parents, last = name.split(".")
    for parent in parents:
        table = table.setdefault(parent, {})
        if not isinstance(table, dict):
            raise ConfigError(f"{name!r} cannot be set: {parent!r} is not a table but {table!r}")
    table[last] = value


def _check_known(table: Table, kind: Any, prefix: str, origin: str) -> None:
    types = get_type_hints(kind)
    known = [setting.name for setting in fields(kind)]
    for name, value in table.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"Did you mean {prefix}{close[0]}?" if close else f"Known settings: {', '.join(known)}"
            raise ConfigError(f"Unknown setting {prefix + name!r} in {origin}", hint=hint)
        if is_dataclass(types[name]):
            if not isinstance(value, dict):
                raise ConfigError(f"[{prefix}{name}] in {origin}", expected="a table", found=repr(value))
            _check_known(value, types[name], f"{prefix}{name}.", origin)


def _validated(table: Table, origins: Mapping[str, str]) -> CommandSettings:
    from pydantic import ValidationError

    text = json.dumps(table, default=str, ensure_ascii=False)
    if undecoded := re.search(r"[\ud800-\udfff]", text):
        context = text[max(0, undecoded.start() - 20) : undecoded.end() + 20]
        raise ConfigError("A setting is not text in UTF-8", found=repr(context))
    try:
        # Through JSON, since strict validation of Python values would take no table for a dataclass.
        settings: CommandSettings = adapter_of(CommandSettings).validate_json(text, strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"Setting {name!r}{_origin(name, origins)}: {first['msg']}, got {first['input']!r}", argument=name
        ) from error
    return settings


def _origin(name: str, origins: Mapping[str, str]) -> str:
    """Return where a setting, or the list it is an item of, comes from."""
    return next((f" in {origin}" for leaf, origin in origins.items() if f"{name}.".startswith(f"{leaf}.")), "")

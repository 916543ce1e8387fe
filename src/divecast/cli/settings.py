"""Settings of a command: the TOML file first, then what the command line says."""

import difflib
import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, get_type_hints

from divecast.config import LossConfig, ModelConfig, TrainingConfig
from divecast.errors import ConfigError

Table = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a settings file may hold; every command reads what concerns it.

    Attributes:
        horizon: Steps to forecast.
        lookback: Steps of a window.
        factors: See :func:`divecast.cli.factors.parse_factors`.
        split: Shares of the parts, "3:1:1".
        split_by: Cut in order of time, or give whole recordings to the parts.
        group: Label of recordings whose groups are not torn apart by the split.
        seed: Of every random draw.
        device: cpu, cuda or mps.
        time: Column of time stamps.
        label_columns: Columns that are labels and no channels.
        tz: Zone of stamps that name none, and of calendar factors; that of the model, else UTC, when left out.
        channels: Channels to use; empty for all.
        recording: Column that names the recording.
        rate: Rows a second of recordings, Hz.
        levels: Quantiles of forecasts.
        model: Of the network.
        training: Of the optimisation.
        losses: Weights.
    """

    horizon: int | None = None
    lookback: int | None = None
    factors: list[str] = field(default_factory=list)
    split: str | None = None
    split_by: Literal["time", "recording"] = "time"
    group: str | None = None
    seed: int = 0
    device: str = "cpu"
    time: str | None = None
    label_columns: list[str] = field(default_factory=list)
    tz: str | None = None
    channels: list[str] = field(default_factory=list)
    recording: str | None = None
    rate: float = 1.0
    levels: list[float] = field(default_factory=lambda: [0.05, 0.25, 0.5, 0.75, 0.95])
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    losses: LossConfig = field(default_factory=LossConfig)


def reading(settings: Settings) -> list[str]:
    """Return the options, as words of a command, that have data read as these settings say."""
    rate = settings.rate if settings.recording is not None else None
    one = {"--time": settings.time, "--tz": settings.tz, "--recording": settings.recording, "--rate": rate}
    several = {"--label": settings.label_columns, "--channels": settings.channels}
    pairs = [(flag, str(value)) for flag, value in one.items() if value is not None]
    pairs += [(flag, value) for flag, values in several.items() for value in values]
    return [word for pair in pairs for word in pair]


def read_settings(path: Path | None, options: Mapping[str, Any], assignments: Sequence[str] = ()) -> Settings:
    """Read the settings of a command.

    Args:
        path: TOML file, if any.
        options: By dotted name ("training.epochs"), what the command line says; None and empty lists say nothing.
        assignments: Further ones as text, "training.clip=0.5", with the value as in TOML.

    Returns:
        The settings.

    Raises:
        ConfigError: The file is absent or no TOML, or a setting is unknown, of another type or out of its range.
    """
    table = _read_toml(path) if path else {}
    _refuse_unknown(table, Settings, "", f" in {path}")
    origins = dict.fromkeys(_leaves(table), f"{path}")
    for name, value in options.items():
        if value is not None and value != []:
            _put(table, name, value)
            origins[name] = "the options"
    for assignment in assignments:
        name, value = parse_assignment(assignment)
        _put(table, name, value)
        _refuse_unknown(table, Settings, "", " in --set")
        origins[name] = "--set"
    return _validated(table, origins)


def _read_toml(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"expected a settings file at {path}, could not read it: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ConfigError(f"expected TOML in {path}: {error}") from error


def parse_assignment(text: str, expected: str = "--set NAME=VALUE, such as training.clip=0.5") -> tuple[str, Any]:
    """Read a dotted name and a value, which is as in TOML or else a bare word.

    Raises:
        ConfigError: There is no name; it says what was ``expected``.
    """
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise ConfigError(f"expected {expected}, got {text!r}")
    try:
        return name.strip(), tomllib.loads(f"value = {value}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        return name.strip(), value.strip()  # a bare word, which TOML would want in quotes


def _leaves(table: Table, prefix: str = "") -> Iterator[str]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from _leaves(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"


def _put(table: Table, name: str, value: Any) -> None:
    *above, last = name.split(".")
    for at in above:
        table = table.setdefault(at, {})
        if not isinstance(table, dict):
            raise ConfigError(f"expected the setting {at!r} to be a table to set {name!r} in it, got {table!r}")
    table[last] = value


def _refuse_unknown(table: Table, kind: Any, prefix: str, origin: str) -> None:
    types = get_type_hints(kind)
    known = [one.name for one in fields(kind)]
    for name, value in table.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"did you mean {prefix + close[0]!r}?" if close else f"there are {', '.join(known)}"
            raise ConfigError(f"unknown setting {prefix + name!r}{origin}; {hint}")
        if is_dataclass(types[name]):
            if not isinstance(value, dict):
                raise ConfigError(f"expected a table [{prefix}{name}]{origin}, got {value!r}")
            _refuse_unknown(value, types[name], f"{prefix}{name}.", origin)


def _validated(table: Table, origins: Mapping[str, str]) -> Settings:
    from pydantic import TypeAdapter, ValidationError

    try:
        # Through JSON, since strict validation of Python values would take no table for a dataclass.
        return TypeAdapter(Settings).validate_json(json.dumps(table, default=str), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(str(part) for part in first["loc"])
        raise ConfigError(
            f"setting {name!r}{_origin(name, origins)}: {first['msg']}, got {first['input']!r}"
        ) from error


def _origin(name: str, origins: Mapping[str, str]) -> str:
    """Where a setting, or the list it is an item of, came from."""
    return next((f" in {origin}" for leaf, origin in origins.items() if f"{name}.".startswith(f"{leaf}.")), "")

"""Factors and splits as they are written on the command line and in a settings file."""

from collections.abc import Sequence
from typing import Literal, get_args

from divecast.data import ByRecording, ByTime, Calendar, Factor, Label, as_factors
from divecast.data.factors import CalendarName, Kind
from divecast.errors import ConfigError


def parse_factors(texts: Sequence[str]) -> tuple[Factor, ...]:
    """Read factors.

    Args:
        texts: Each a calendar name, with the zone it is read in if that is not the clock's ("hour",
            "hour@America/New_York", "holiday:US-NY"), or a label column, with its kind and number of bins if wanted
            ("gait", "stride:ordered", "stride:ordered:14", "phase:cyclic").

    Returns:
        The factors.

    Raises:
        ConfigError: A text cannot be read so.
    """
    return as_factors([_factor(text) for text in texts])


def _factor(text: str) -> Factor:
    before, _, zone = text.partition("@")
    name, *rest = before.split(":")
    if name in get_args(CalendarName):
        return _calendar(text, name, rest, zone or None)
    name, *rest = text.split(":")
    kinds = {kind: kind for kind in get_args(Kind)}
    if not name or len(rest) > 2 or (rest and rest[0] not in kinds) or (len(rest) == 2 and not rest[1].isdecimal()):
        raise ConfigError(
            f"expected a factor as NAME, NAME:KIND or NAME:ordered:BINS with a kind of {', '.join(kinds)}, got {text!r}"
        )
    return Label(name, kinds[rest[0]] if rest else "plain", int(rest[1]) if len(rest) == 2 else None)


def _calendar(text: str, name: str, rest: list[str], zone: str | None) -> Factor:
    if len(rest) > 1 or (rest and name != "holiday"):
        raise ConfigError(f"expected the calendar factor {name!r} alone, or holiday:COUNTRY, got {text!r}")
    if name == "holiday" and rest in ([], [""]):
        raise ConfigError(f"expected holiday with a country, as holiday:DE or holiday:US-NY, got {text!r}")
    known = {each: each for each in get_args(CalendarName)}
    return Calendar(known[name], tz=zone, country=rest[0] if rest else None)


def parse_split(text: str | None, by: Literal["time", "recording"], group: str | None) -> ByTime | ByRecording:
    """Read a split.

    Args:
        text: Shares of training, validation and test part, "3:1:1"; None for the usual ones.
        by: Cut every recording or the panel in order of time, or give whole recordings to the parts.
        group: A label of recordings whose groups are never torn apart.

    Returns:
        The split.

    Raises:
        ConfigError: The shares cannot be read, or a group is given for a split by time.
    """
    if by == "recording":
        return ByRecording(*_shares(text), group=group) if text is not None else ByRecording(group=group)
    if group is not None:
        raise ConfigError(f"expected --split-by recording with --group {group}, got a split by time")
    return ByTime(*_shares(text)) if text is not None else ByTime()


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, valid, test = (float(share) for share in text.split(":"))
    except ValueError:
        raise ConfigError(f"expected a split as TRAIN:VALID:TEST, such as 3:1:1, got {text!r}") from None
    return train, valid, test

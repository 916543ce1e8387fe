"""Factors and splits as they are written on the command line and in a settings file."""

from collections.abc import Sequence
from typing import Literal, get_args

from divecast.data import ByRecording, ByTime, Factor, Label, as_factors
from divecast.data.factors import Kind, is_calendar
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


def _factor(text: str) -> str | Label:
    if is_calendar(text):
        return text
    name, *rest = text.split(":")
    kinds = {kind: kind for kind in get_args(Kind)}
    if not name or len(rest) > 2 or (rest and rest[0] not in kinds) or (len(rest) == 2 and not rest[1].isdecimal()):
        raise ConfigError(
            f"expected a factor as NAME, NAME:KIND or NAME:ordered:BINS with a kind of {', '.join(kinds)}, got {text!r}"
        )
    return Label(name, kinds[rest[0]] if rest else "plain", int(rest[1]) if len(rest) == 2 else None)


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

"""Factors, covariates and splits as written on the command line and in a settings file."""

from collections.abc import Sequence
from typing import Literal, get_args

from divecast.config import AskedBounds, as_bounds
from divecast.data import ByRecording, ByTime, Covariate, Factor, Label, as_covariates, as_factors
from divecast.data.factors import Kind, is_calendar
from divecast.errors import ConfigError

_PER_SERIES, _UNKNOWN_AHEAD = "per-series", "unknown-ahead"


def parse_factors(texts: Sequence[str]) -> tuple[Factor, ...]:
    """Read factors.

    Args:
        texts: Calendar names, with a time zone if not that of the clock ("hour", "hour@America/New_York",
            "holiday:US-NY"), or label columns, with kind and number of bins if wanted ("gait", "stride:ordered",
            "stride:ordered:14", "phase:cyclic"), and "per-series" at the end if every series has its own label at a
            time ("promo:per-series"). With a kind, the name of a calendar factor is a column, too ("holiday:plain").

    Raises:
        ConfigError: a text has another form.
    """
    return as_factors([_factor(text) for text in texts])


def parse_covariates(texts: Sequence[str]) -> tuple[Covariate, ...]:
    """Read covariates.

    Args:
        texts: columns of numbers, with what differs from the usual, in any order: "temp", "price:per-series",
            "wind:unknown-ahead", "sold:per-series:unknown-ahead".

    Raises:
        ConfigError: a text has another form.
    """
    return as_covariates([_covariate(text) for text in texts])


def _covariate(text: str) -> Covariate:
    name, *marks = text.split(":")
    if not name or len({*marks}) < len(marks) or {*marks} - {_PER_SERIES, _UNKNOWN_AHEAD}:
        raise ConfigError(
            expected=f"a covariate NAME, NAME:{_UNKNOWN_AHEAD}, NAME:{_PER_SERIES}, or with both",
            found=repr(text),
            argument="covariates",
        )
    return Covariate(name, known_ahead=_UNKNOWN_AHEAD not in marks, per_series=_PER_SERIES in marks)


def _factor(text: str) -> str | Label:
    name, *rest = text.split(":")
    kinds = {kind: kind for kind in get_args(Kind)}
    if is_calendar(text) and not {*rest} & {*kinds, _PER_SERIES}:
        return text
    per_series = rest[-1:] == [_PER_SERIES]
    rest = rest[:-1] if per_series else rest
    if not name or len(rest) > 2 or (rest and rest[0] not in kinds) or (len(rest) == 2 and not rest[1].isdecimal()):
        raise ConfigError(
            expected=f"a factor NAME, NAME:KIND or NAME:ordered:BINS, with a kind of {', '.join(kinds)}, and "
            f":{_PER_SERIES} at the end if every series has its own",
            found=repr(text),
            argument="factors",
        )
    bins = int(rest[1]) if len(rest) == 2 else None
    return Label(name, kinds[rest[0]] if rest else "plain", bins, per_series=per_series)


def parse_split(text: str | None, by: Literal["time", "recording"] | None, group: str | None) -> ByTime | ByRecording:
    """Read a split.

    Args:
        text: shares of the training, validation and test part, "3:1:1"; None for the default.
        by: split a panel or every recording in order of time, or assign whole recordings to the parts; None for the
            latter if there is a group, else for the former.
        group: a label of recordings; those of one class stay in one part.

    Raises:
        ConfigError: the shares have another form, or a group is given and the split said to be by time.
    """
    if by == "recording" or (by is None and group is not None):
        return ByRecording(*_shares(text), group=group) if text is not None else ByRecording(group=group)
    if group is not None:
        raise ConfigError(
            f"The group {group!r} needs a split by recording, and this one is by time",
            hint="Leave out {split_by} time",
            argument="group",
        )
    return ByTime(*_shares(text)) if text is not None else ByTime()


def _shares(text: str) -> tuple[float, float, float]:
    try:
        train, valid, test = (float(share) for share in text.split(":"))
    except ValueError:
        raise ConfigError(
            expected="a split TRAIN:VALID:TEST, such as 3:1:1", found=repr(text), argument="split"
        ) from None
    return train, valid, test


def parse_bounds(text: str) -> AskedBounds:
    """Read bounds: "auto", "none", or a lower and an upper number, each of which may be left out.

    Raises:
        ConfigError: the text is something else.
    """
    if text.strip() in ("auto", "none"):
        return "auto" if text.strip() == "auto" else None
    try:
        low, high = (float(part) if part.strip() else None for part in text.split(","))
    except ValueError:
        raise ConfigError(
            expected='bounds such as "0,", "0,100", "auto" or "none"', found=repr(text), argument="bounds"
        ) from None
    return as_bounds((low, high))

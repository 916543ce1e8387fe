"""What a user names as factors: parts of the calendar and label columns."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from divecast.errors import ConfigError

Kind = Literal["plain", "ordered", "cyclic"]
CalendarName = Literal["hour", "half_hour", "weekday", "weekend", "month", "season", "holiday"]

CALENDAR_NAMES: tuple[CalendarName, ...] = get_args(CalendarName)

_PLAIN_CALENDAR = ("weekend", "holiday")
_COUNTRY = re.compile(r"[A-Z]{2,3}(-.+)?")


@dataclass(frozen=True, slots=True)
class Calendar:
    """A factor that follows from the clock.

    Attributes:
        name: hour ("00".."23"), half_hour ("00:00".."23:30"), weekday ("Mon".."Sun"), weekend ("no", "yes"), month
            ("Jan".."Dec"), season ("winter" for December to February and on, as in the northern hemisphere) or
            holiday ("no", "yes").
        tz: Zone whose wall time is read; the clock's own when left out.
        country: Country of the holidays as ISO 3166 code, with a subdivision after a dash if wanted: "DE", "US-NY".
    """

    name: CalendarName
    tz: str | None = None
    country: str | None = None

    def __post_init__(self) -> None:
        """Check the name.

        Raises:
            ConfigError: The name is unknown, or a holiday factor names no country.
        """
        if self.name not in get_args(CalendarName):
            raise ConfigError(f"expected a calendar factor of {get_args(CalendarName)}, got {self.name!r}")
        if (self.name == "holiday") != (self.country is not None):
            raise ConfigError(
                'expected a country for the factor "holiday" and for no other, as Calendar("holiday", country="DE"), '
                f"got name {self.name!r}, country {self.country!r}"
            )
        if self.country is not None and not _COUNTRY.fullmatch(self.country):
            raise ConfigError(f'expected a country as "DE" or "US-NY", got {self.country!r:.80}')

    @property
    def kind(self) -> Kind:
        """Cyclic, but plain for weekend and holiday."""
        return "plain" if self.name in _PLAIN_CALENDAR else "cyclic"


@dataclass(frozen=True, slots=True)
class Label:
    """A factor given as a label column of rows or recordings.

    Attributes:
        name: The label column.
        kind: "plain" categories, "ordered" ones, or "cyclic" ones whose last is next to the first.
        bins: Cut numbers into this many bins of about equal share of the training part (ordered only).
        order: The classes in order; numbers are in order by themselves.
    """

    name: str
    kind: Kind = "plain"
    bins: int | None = None
    order: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        """Check that the settings agree.

        Raises:
            ConfigError: They do not.
        """
        if self.kind not in get_args(Kind):
            raise ConfigError(f"expected a kind of {get_args(Kind)} for factor {self.name!r}, got {self.kind!r}")
        if self.bins is not None and (self.kind != "ordered" or self.order is not None or self.bins < 2):
            raise ConfigError(
                f'expected bins >= 2 with kind="ordered" and without order for factor {self.name!r}, got '
                f"bins {self.bins}, kind {self.kind!r}, order {self.order}"
            )
        if self.order is not None and (self.kind == "plain" or len(set(self.order)) < max(2, len(self.order))):
            raise ConfigError(
                f"expected an order of at least two different classes, for an ordered or cyclic factor, got "
                f"{self.order} for {self.kind} factor {self.name!r}"
            )


Factor = Calendar | Label


def as_factors(specs: Sequence[str | Calendar | Label]) -> tuple[Factor, ...]:
    """Turn names into factors: a name of the calendar into :class:`Calendar`, any other into :class:`Label`.

    Args:
        specs: Names and factors. Of the calendar's a zone and, of holidays, the country are part of the name: "hour",
            "hour@America/New_York", "holiday:US-NY".

    Returns:
        The factors.

    Raises:
        ConfigError: Two factors share a name, one of the calendar cannot be read so, or something else is given.
    """
    if isinstance(specs, str) or not isinstance(specs, Iterable):
        raise ConfigError(f"expected a sequence of factors, got {specs!r}; write [{specs!r}]")
    factors = tuple(_as_factor(spec) for spec in specs)
    names = [factor.name for factor in factors]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigError(f"expected each factor once, got {twice} more than once")
    return factors


def is_calendar(text: str) -> bool:
    """Whether a factor as text is of the calendar, well written or not: "hour", "hour@Asia/Tokyo", "holiday:DE"."""
    return text.partition("@")[0].partition(":")[0] in get_args(CalendarName)


def _as_factor(spec: str | Calendar | Label) -> Factor:
    if isinstance(spec, Calendar | Label):
        return spec
    if not isinstance(spec, str):
        raise ConfigError(f"expected factor names, Calendar or Label, got {type(spec).__name__}")
    return _calendar(spec) if is_calendar(spec) else Label(spec)


def _calendar(text: str) -> Calendar:
    before, _, zone = text.partition("@")
    name, *rest = before.split(":")
    if len(rest) > 1 or (rest and name != "holiday"):
        raise ConfigError(
            f"expected the calendar factor {name!r} alone, or holiday:COUNTRY, got {text!r}; in Python Label({text!r}) "
            "is a column of that name"
        )
    if name == "holiday" and rest in ([], [""]):
        raise ConfigError(f"expected holiday with a country, as holiday:DE or holiday:US-NY, got {text!r}")
    known = {each: each for each in get_args(CalendarName)}
    return Calendar(known[name], tz=zone or None, country=rest[0] if rest else None)

"""Factors: parts of the calendar and label columns that a model is told about."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from divecast.data.names import listed, one_form, repeated
from divecast.errors import ConfigError

Kind = Literal["plain", "ordered", "cyclic"]
CalendarName = Literal["hour", "half_hour", "weekday", "weekend", "month", "season", "holiday"]
CALENDAR_NAMES: tuple[CalendarName, ...] = get_args(CalendarName)

_PLAIN_CALENDAR = ("weekend", "holiday")
_COUNTRY = re.compile(r"[A-Z]{2,3}(-.+)?")


@dataclass(frozen=True, slots=True)
class Calendar:
    """A factor computed from the time stamps.

    Attributes:
        name: hour ("00".."23"), half_hour ("00:00".."23:30"), weekday ("Mon".."Sun"), weekend ("no", "yes"), month
            ("Jan".."Dec"), season ("winter" is December to February, as in the northern hemisphere) or holiday ("no",
            "yes").
        tz: time zone in which it is read; by default that of the data.
        country: country whose holidays count, as ISO 3166 code with an optional subdivision: "DE", "US-NY".

    Example:
        >>> Calendar("hour", tz="Asia/Tokyo").kind
        'cyclic'
        >>> Calendar("holiday", country="DE").kind
        'plain'
    """

    name: CalendarName
    tz: str | None = None
    country: str | None = None

    def __post_init__(self) -> None:
        """Check the name and the country.

        Raises:
            ConfigError: the name is unknown, or a country is missing, malformed or given for another factor.
        """
        if self.name not in CALENDAR_NAMES:
            raise ConfigError(
                f"There is no calendar factor {self.name!r}", expected=", ".join(CALENDAR_NAMES), argument="name"
            )
        if self.name == "holiday" and self.country is None:
            raise ConfigError(
                "The factor holiday needs a country",
                hint='Write "holiday:DE" or Calendar("holiday", country="DE")',
                argument="country",
            )
        if self.name != "holiday" and self.country is not None:
            raise ConfigError(f"The factor {self.name} takes no country, only holiday does", argument="country")
        if self.country is not None and not _COUNTRY.fullmatch(self.country):
            raise ConfigError(expected='a country such as "DE" or "US-NY"', found=f"{self.country!r:.80}")

    @property
    def kind(self) -> Kind:
        """Relation of its classes: "plain" for weekend and holiday, else "cyclic"."""
        return "plain" if self.name in _PLAIN_CALENDAR else "cyclic"


@dataclass(frozen=True, slots=True)
class Label:
    """A factor given as a label column of rows or recordings.

    Attributes:
        name: name of the label column.
        kind: "plain" classes, "ordered" ones, or "cyclic" ones whose last is next to the first.
        bins: for ordered numbers: cut them into this many bins of about equal share of the training part.
        order: the classes in their order; numbers need none.
        per_series: whether every series has its own label at a time; else all series of a time share one.

    Example:
        >>> Label("size", kind="ordered", order=("small", "medium", "large")).order
        ('small', 'medium', 'large')
        >>> Label("speed", kind="ordered", bins=5)
        Label(name='speed', kind='ordered', bins=5, order=None, per_series=False)
    """

    name: str
    kind: Kind = "plain"
    bins: int | None = None
    order: tuple[str, ...] | None = None
    per_series: bool = False

    def __post_init__(self) -> None:
        """Check that the settings agree.

        Raises:
            ConfigError: two settings contradict each other, or one is out of range.
        """
        if isinstance(self.name, str):
            object.__setattr__(self, "name", one_form(self.name))
        if self.order is not None:
            object.__setattr__(self, "order", tuple(one_form(str(label)) for label in self.order))
        if self.kind not in get_args(Kind):
            raise ConfigError(
                f"Factor {self.name!r} has an unknown kind",
                expected=", ".join(get_args(Kind)),
                found=repr(self.kind),
                argument="kind",
            )
        if self.bins is not None and (self.kind != "ordered" or self.order is not None or self.bins < 2):
            raise ConfigError(
                f"Factor {self.name!r} cannot be cut into bins",
                expected='at least 2 bins, kind="ordered" and no order',
                found=f"bins={self.bins}, kind={self.kind!r}, order={self.order}",
                argument="bins",
            )
        if self.order is not None and (self.kind == "plain" or len(set(self.order)) < max(2, len(self.order))):
            raise ConfigError(
                f"Factor {self.name!r} cannot have this order",
                expected="two or more different classes of an ordered or cyclic factor",
                found=f"{self.order} of a {self.kind} factor",
                argument="order",
            )


Factor = Calendar | Label


def as_factors(specs: Sequence[str | Calendar | Label]) -> tuple[Factor, ...]:
    """Turn names into factors: the name of a calendar factor into :class:`Calendar`, any other into :class:`Label`.

    Args:
        specs: names and factors. The name of a calendar factor may include the time zone and, for holidays, the
            country: "hour", "hour@America/New_York", "holiday:US-NY".

    Raises:
        ConfigError: a name is malformed, two factors have the same name, or an entry is neither name nor factor.
    """
    if isinstance(specs, str) or not isinstance(specs, Iterable):
        raise ConfigError(
            expected="a list of factors", found=repr(specs), hint="Write it in brackets", argument="factors"
        )
    factors = tuple(_as_factor(spec) for spec in specs)
    if twice := repeated(factor.name for factor in factors):
        raise ConfigError(f"There is more than one factor {listed(twice)}", argument="factors")
    return factors


def as_name(factor: Factor) -> str | Factor:
    """Return the name alone where ``as_factors`` makes the same factor of it, else the factor.

    Example:
        >>> as_name(Calendar("hour")), as_name(Label("shift"))
        ('hour', 'shift')
        >>> as_name(Calendar("hour", tz="Asia/Tokyo"))
        Calendar(name='hour', tz='Asia/Tokyo', country=None)
    """
    if isinstance(factor, Calendar):
        is_plain = factor.tz is None and factor.country is None
    else:
        is_plain = factor == Label(factor.name) and not is_calendar(factor.name)
    return factor.name if is_plain else factor


def is_calendar(text: str) -> bool:
    """Whether a text names a calendar factor, well-formed or not: "hour", "hour@Asia/Tokyo", "holiday:DE"."""
    return text.partition("@")[0].partition(":")[0] in CALENDAR_NAMES


def _as_factor(spec: str | Calendar | Label) -> Factor:
    if isinstance(spec, Calendar | Label):
        return spec
    if not isinstance(spec, str):
        raise ConfigError(expected="names, Calendar or Label", found=type(spec).__name__, argument="factors")
    return _calendar(spec) if is_calendar(spec) else Label(spec)


def _calendar(text: str) -> Calendar:
    before, _, zone = text.partition("@")
    name, *rest = before.split(":")
    if len(rest) > 1 or (rest and name != "holiday"):
        raise ConfigError(
            f"{text!r} is not a calendar factor",
            expected=f"{name} alone, or holiday:COUNTRY",
            hint=f'A column of this name is {name}:plain in the shell, Label("{name}") in Python',
            argument="factors",
        )
    if name == "holiday" and not (rest and rest[0]):
        raise ConfigError(
            "The factor holiday needs a country",
            hint="Write holiday:DE or holiday:US-NY; a column of this name is holiday:plain in the shell, "
            'Label("holiday") in Python',
            argument="factors",
        )
    known: dict[str, CalendarName] = {calendar_name: calendar_name for calendar_name in CALENDAR_NAMES}
    return Calendar(known[name], tz=zone or None, country=rest[0] if rest else None)

"""Windows, classes and scenarios named on the command line."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from divecast.data import Panel, Recordings
from divecast.data.names import chosen, one_form
from divecast.errors import ConfigError

if TYPE_CHECKING:
    from divecast.explain.places import Place


def read_places(at: Sequence[str] | None, source: Panel | Recordings) -> "list[Place] | None":
    """Return places as ``DeepDIVE.what_if`` takes them; None if none is named."""
    if not at:
        return None
    return list(at) if source.clock is not None else [_of_recording(text, source.names) for text in at]


def parse_class(option: str, text: str) -> tuple[str, str]:
    """Read ``factor=class``, the value of an option.

    Raises:
        ConfigError: the text has another form.
    """
    factor, equals, name = (part.strip() for part in one_form(text).partition("="))
    if not (factor and equals and name):
        raise ConfigError(expected=f"{option} FACTOR=CLASS, such as {option} weekday=Sun", found=repr(text))
    return factor, name


def parse_classes(option: str, pairs: Sequence[str]) -> dict[str, str]:
    """Read several ``factor=class``, the values of an option.

    Raises:
        ConfigError: a text has another form, or a factor is named twice.
    """
    classes: dict[str, str] = {}
    for text in pairs:
        factor, name = parse_class(option, text)
        if factor in classes:
            raise ConfigError(f"{option} names the factor {factor!r} twice", hint="Ask for one class per factor")
        classes[factor] = name
    return classes


def parse_scenario(option: str, texts: Sequence[str], known: Collection[str] = ()) -> dict[str, Any]:
    """Read several changes of rows to forecast, the values of an option, as ``DeepDIVE.what_if`` takes them.

    Args:
        option: the option, for messages.
        texts: ``NAME=VALUE``, ``NAME+=NUMBER`` or ``NAME-=NUMBER``; after it ``@FIRST..LAST`` or ``@TIME``, where an
            end may be left out, and ``@SERIES``, separated by commas.
        known: all series, of which some may have a comma in their names.

    Raises:
        ConfigError: a text has another form.
    """
    scenario: dict[str, Any] = {}
    for text in texts:
        name, change = _change(option, text, known)
        scenario.setdefault(name, []).append(change)
    return scenario


def _change(option: str, text: str, known: Collection[str]) -> tuple[str, tuple[Any, ...]]:
    head, *more = one_form(text).split("@", 2)
    name, equals, value = (part.strip() for part in head.partition("="))
    sign = name[-1:] if name.endswith(("+", "-")) else ""
    name = name.removesuffix(sign).strip()
    if not (name and equals and value):
        raise ConfigError(
            expected=f"{option} NAME=VALUE, NAME=VALUE@FIRST..LAST, NAME+=NUMBER or NAME-=NUMBER, such as "
            f"{option} promo=on",
            found=repr(text),
        )
    number = _as_number(value)
    if sign and number is None:
        raise ConfigError(f"What {option} adds to {name!r}", expected="a number", found=repr(value))
    first, dots, last = (more[0] if more else "..").partition("..")
    times = slice(first.strip() or None, (last if dots else first).strip() or None)
    series = chosen([more[1].strip()], known) if len(more) > 1 else None
    # A class may look like a number, so what is set is passed as text.
    if not sign or number is None:
        return name, ("=", value, times, series)
    return name, (-number if sign == "-" else number, times, series)


def _as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _of_recording(text: str, names: Sequence[str]) -> "Place":
    text = one_form(text)
    name, _, second = text.rpartition("@")
    if text in names or name not in names:
        return text
    try:
        return name, float(second)
    except ValueError:
        return text

"""Windows and classes named on the command line."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from divecast.data import Panel, Recordings
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
    factor, equals, name = (part.strip() for part in text.partition("="))
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


def _of_recording(text: str, names: Sequence[str]) -> "Place":
    name, _, second = text.rpartition("@")
    if text in names or name not in names:
        return text
    try:
        return name, float(second)
    except ValueError:
        return text

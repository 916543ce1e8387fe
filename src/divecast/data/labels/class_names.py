"""A class as users name it: by its own name, or a day or month by its full English one."""

from collections.abc import Sequence

from divecast._text import did_you_mean
from divecast.data.names import one_form
from divecast.data.time.calendar import CALENDAR_CLASSES
from divecast.errors import ConfigError

_FULL_NAMES = {
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def class_place(factor: str, classes: Sequence[str], name: str) -> int:
    """Index of a class among the classes of a factor.

    Args:
        factor: name of the factor.
        classes: its classes; those of a calendar factor may lack some that the training part lacks.
        name: one of them, or the full name of a day or month, such as "Sunday".

    Raises:
        ConfigError: there is no such class.
    """
    name = one_form(name) if isinstance(name, str) else name
    index = {label: place for place, label in enumerate(classes)}
    short = dict(zip(_FULL_NAMES.get(factor, ()), CALENDAR_CLASSES.get(factor, ()), strict=False))
    place = index.get(name, index.get(short.get(name, ""))) if isinstance(name, str) else None
    if place is None:
        raise ConfigError(
            f"Factor {factor!r} has no class {name!r}",
            expected=", ".join(map(repr, classes)),
            hint=did_you_mean(str(name), classes),
        )
    return place

"""A class as a user names it: by its own name, or a day or month by its full English one."""

from collections.abc import Sequence

from divecast.data.time.calendar import CALENDAR_CLASSES
from divecast.errors import ConfigError

_FULL = {
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}


def class_place(factor: str, classes: Sequence[str], name: str) -> int:
    """Return the place of a class among the classes of a factor.

    Args:
        factor: Its name.
        classes: Its classes; those of a calendar factor may lack what the training part did.
        name: One of them, or the full name of a day or month, such as "Sunday".

    Raises:
        ConfigError: There is no such class.
    """
    known = {label: at for at, label in enumerate(classes)}
    full = dict(zip(_FULL.get(factor, ()), CALENDAR_CLASSES.get(factor, ()), strict=False))
    at = known.get(name, known.get(full.get(name, ""))) if isinstance(name, str) else None
    if at is None:
        raise ConfigError(f"expected a class of {factor!r} out of {tuple(classes)}, got {name!r}")
    return at

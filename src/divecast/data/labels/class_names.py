"""A class as users name it: by its own name or number, or a day or month by its full English name."""

from collections.abc import Sequence
from numbers import Integral, Real

from divecast._text import did_you_mean
from divecast.data.names import one_form
from divecast.data.tables.label_columns import as_text
from divecast.data.time.calendar import CALENDAR_CLASSES
from divecast.errors import ConfigError

_FULL_NAMES = {
    "weekday": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "month": (
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
}
_LARGEST_EXACT = 2.0**53  # float64 holds every integer up to here


def class_place(factor: str, classes: Sequence[str], name: str | float) -> int:
    """Index of a class among the classes of a factor.

    Args:
        factor: name of the factor.
        classes: its classes; those of a calendar factor may lack some that the training part lacks.
        name: one of them, also as the number or boolean that the data have, or as a number written in another way, such
            as "1.0" for 1; or the full name of a day or month, such as "Sunday".

    Raises:
        ConfigError: there is no such class.
    """
    index = {label: place for place, label in enumerate(classes)}
    place = next((index[text] for text in _texts(factor, name) if text in index), None)
    if place is None:
        raise ConfigError(
            f"Factor {factor!r} has no class {name!r}",
            expected=", ".join(map(repr, classes)),
            hint=did_you_mean(str(name), classes),
        )
    return place


def _texts(factor: str, name: str | float) -> list[str]:
    """What a class may be called that is named so, in order of preference; nothing for what names none."""
    if isinstance(name, bool | Integral):
        return [str(name)]
    if isinstance(name, Real):
        return as_text([float(name)])
    if not isinstance(name, str):
        return []
    text = one_form(name)
    short = dict(zip(_FULL_NAMES.get(factor, ()), CALENDAR_CLASSES.get(factor, ()), strict=False))
    return [text, *([short[text]] if text in short else ()), *_number_text(text)]


def _number_text(text: str) -> list[str]:
    """A number, however it is written, as labels have it; nothing for other text, and for what float64 may round."""
    try:
        number = float(text)
    except ValueError:
        return []
    return as_text([number]) if abs(number) < _LARGEST_EXACT else []

"""Counts, durations and similar names as text."""

import difflib
import re
from collections.abc import Mapping, Sequence
from typing import Any

_MOST_ITEMS = 6
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
"""What moves the cursor, colours, turns the direction of writing, or is no character: all but tabs and line ends."""


def plural(n: int, thing: str) -> str:
    """Return a count with its noun: "1 window", "2,000 windows".

    Args:
        n: the number.
        thing: the noun in the singular; its plural must end in s. A noun that ends in s, as "series", stays as it is.
    """
    ending = "" if n == 1 or thing.endswith("s") else "s"
    return f"{n:,} {thing}{ending}"


def duration(seconds: float) -> str:
    """Return a duration in a suitable unit: "45 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def did_you_mean(name: str, known: Sequence[str]) -> str | None:
    """Return a hint that names the known name spelled most similarly, if there is one."""
    similar = difflib.get_close_matches(str(name), known, 1)
    return f"Did you mean {similar[0]!r}?" if similar else None


def brief(value: Any) -> str:
    """Return a value for a ``repr`` of one line: an array by its shape, a long collection by its length."""
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return f"<array {tuple(value.shape)}>"
    if isinstance(value, Mapping) or (isinstance(value, list | tuple) and len(value) > _MOST_ITEMS):
        return f"<{plural(len(value), 'item')}>"
    if isinstance(value, list | tuple):
        items = ", ".join(map(brief, value))
        return f"[{items}]" if isinstance(value, list) else f"({items}{',' * (len(value) == 1)})"
    return f"<{type(value).__name__}>" if hasattr(value, "__dataclass_fields__") else repr(value)


def visible(text: str) -> str:
    r"""Return text that a terminal shows as it is: characters that would control it are written as escapes.

    Names of series, columns, labels and files come from strangers' data.

    Example:
        >>> print(visible("north\x1b[2J"))
        north\x1b[2J
    """
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def json_visible(text: str) -> str:
    """Return the text of a JSON document with the characters of :func:`visible` as escapes of JSON."""
    return _UNSEEN.sub(lambda found: f"\\u{ord(found[0]):04x}", text)

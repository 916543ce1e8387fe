"""Counts, durations and similar names as text."""

import difflib
from collections.abc import Sequence


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

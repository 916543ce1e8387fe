"""Numbers and names in messages."""

import difflib
from collections.abc import Sequence


def plural(n: int, thing: str) -> str:
    """Say how many: "1 window", "2,000 windows".

    Args:
        n: the number.
        thing: one of them, whose plural ends in s: "window", "series" for what has none.
    """
    ending = "" if n == 1 or thing.endswith("s") else "s"
    return f"{n:,} {thing}{ending}"


def duration(seconds: float) -> str:
    """Return a duration in its natural unit: "45 s", "3 min", "2.5 h"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 90 * 60 else f"{seconds / 3600:.1f} h"


def did_you_mean(name: str, known: Sequence[str]) -> str | None:
    """Return a hint that names the known name spelled most similarly, if there is one."""
    similar = difflib.get_close_matches(str(name), known, 1)
    return f"Did you mean {similar[0]!r}?" if similar else None

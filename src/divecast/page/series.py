"""Which series a page shows where it has no room for all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from divecast.page.scope import Scope


def room_for(values: int, each: int, low: int, high: int) -> int:
    """Return how many things of ``each`` values go into ``values``, from ``low`` to ``high``."""
    return min(high, max(low, values // max(1, each)))


def pick_series(scope: Scope, first: Sequence[str], most: int) -> NDArray[np.int64]:
    """Return numbers of series, rising: those named first, then those of the highest mean in the training part."""
    channels = scope.fitted.channels
    named = [channels.index(name) for name in dict.fromkeys(first) if name in channels]
    by_size = np.argsort(-np.abs(scope.fitted.scale.center), kind="stable").tolist()
    chosen = list(dict.fromkeys([*named, *by_size]))[:most]
    return np.sort(np.array(chosen, dtype=np.int64))


def said_of(n: int, of: int, how: str) -> str:
    """Say how many of the series are shown."""
    return ("the only series" if of == 1 else f"all {of} series") if n == of else f"{n} of {of} series ({how})"

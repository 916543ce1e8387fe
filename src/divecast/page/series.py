"""Which series the page shows if it has no room for all."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from divecast.page.scope import Scope


def room_for(values: int, size: int, low: int, high: int) -> int:
    """Return how many items of ``size`` values fit into ``values``, between ``low`` and ``high``."""
    return min(high, max(low, values // max(1, size)))


def pick_series(scope: Scope, first: Sequence[str], most: int) -> NDArray[np.int64]:
    """Return channel indices, rising: the named channels, then those with the highest mean in the training part."""
    channels = scope.fitted.channels
    named = [channels.index(name) for name in dict.fromkeys(first) if name in channels]
    by_size = np.argsort(-np.abs(scope.fitted.scale.center), kind="stable").tolist()
    chosen = list(dict.fromkeys([*named, *by_size]))[:most]
    return np.sort(np.array(chosen, dtype=np.int64))


def shown_series(n: int, total: int, how: str) -> str:
    """Return in words how many of the series are shown."""
    if n < total:
        return f"{n} of {total} series ({how})"
    return "the only series" if total == 1 else f"all {total} series"

"""Columns of a result's table."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.errors import ConfigError

Floats = NDArray[np.float32]
Columns = dict[str, NDArray[Any]]


def merged(*parts: Columns) -> Columns:
    """Return columns side by side.

    Raises:
        ConfigError: two of them would have one name, so that one would be lost.
    """
    found: Columns = {}
    for part in parts:
        twice = [name for name in part if name in found]
        if twice:
            raise ConfigError(
                f"expected channels, factors and classes that are not called as another column of the table, got "
                f"{twice[:5]}; rename them in the data, or take another layout"
            )
        found |= part
    return found

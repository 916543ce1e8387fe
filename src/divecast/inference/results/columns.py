"""Columns of the table of a result."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.errors import ConfigError

Floats = NDArray[np.float32]
Columns = dict[str, NDArray[Any]]


def merged(*tables: Columns) -> Columns:
    """Return the columns of several tables side by side.

    Raises:
        ConfigError: two columns have the same name.
    """
    columns: Columns = {}
    for table in tables:
        duplicates = [name for name in table if name in columns]
        if duplicates:
            raise ConfigError(
                f"Channels, factors or classes have the name of another column of the table: {duplicates[:5]}",
                hint="Rename them in the data, or choose another {layout}",
            )
        columns |= table
    return columns

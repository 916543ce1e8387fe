"""Anything a user may hand over as a panel, and a panel brought to the channels of a model."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from divecast._text import plural
from divecast.data.source import Source
from divecast.data.sources.panel import Panel
from divecast.data.sources.store import open_store
from divecast.data.tables.columns import open_frame
from divecast.errors import DataError, warn_data


def as_panel(data: Any, time: str | None = None, labels: Sequence[str] = (), tz: str | None = None) -> Panel:
    """Take a panel, a table, or a path to one.

    Args:
        data: A Panel, a pandas, polars or pyarrow table (long when it has unique_id, ds and y, else wide), a path
            to a CSV, CSV.gz or Parquet file, or to the folder of a store.
        time: The column of time stamps; found by itself when left out.
        labels: Columns that are labels and no channels.
        tz: Zone of stamps that name none, and of calendar factors; when left out, that of the stamps, else UTC.

    Returns:
        The panel.

    Raises:
        DataError: The data cannot be read so.
    """
    if isinstance(data, Panel):
        return data
    if isinstance(data, str | Path):
        return open_store(data) if Path(data).is_dir() else Panel.read(data, "auto", time, labels, tz)
    if isinstance(data, np.ndarray):
        raise DataError(
            "expected a table with time stamps, got a numpy array, which has none; "
            'use Panel.from_array(values, start="2024-01-01", step="1h")'
        )
    frame, _ = open_frame(data)
    if {"unique_id", "ds", "y"} <= set(frame.columns):
        return Panel.from_long(frame, time=time or "ds", labels=labels, tz=tz)
    return Panel.from_wide(frame, time, labels, tz)


def align(source: Source, channels: Sequence[str]) -> Source:
    """Bring a panel or recordings to the channels of a model.

    Another order is put right and surplus channels are left out, both with a DataWarning.

    Args:
        source: Panel or recordings.
        channels: The channels wanted, in order.

    Returns:
        The source with exactly these channels.

    Raises:
        DataError: Some of the channels are not in the source.
    """
    if source.channels == tuple(channels):
        return source
    wanted, found = set(channels), set(source.channels)
    missing = [name for name in channels if name not in found]
    surplus = [name for name in source.channels if name not in wanted]
    if missing:
        raise DataError(
            f"expected the {len(channels)} channels the model was fitted on; missing: {missing[:12]}, unknown to it: "
            f"{surplus[:12]}; give the missing ones (NaN where unknown) or fit on the channels you have"
        )
    if surplus:
        warn_data(f"left out {plural(len(surplus), 'channel')} unknown to the model: {surplus[:12]}")
    kept = tuple(name for name in source.channels if name in wanted)
    if kept != tuple(channels):
        warn_data("channels came in another order than the model's and were put in its order")
    return source.select(channels)

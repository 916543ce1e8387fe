"""How data were read, in one sentence: what no one would notice otherwise."""

from collections.abc import Sequence

import numpy as np

from divecast._text import plural
from divecast.data.names import listed
from divecast.data.source import Source

_MOST_CELLS = 20_000_000  # more would be read from disk only to be counted


def described(source: Source, factors: Sequence[str] = (), covariates: Sequence[str] = ()) -> str:
    """How data were read: layout, series, step, span, zone, factors and covariates.

    Args:
        source: the data.
        factors: names of the factors.
        covariates: names of the covariates.

    Example:
        >>> described(panel)
        'Read 4 series, 1344 rows every 1h from 2016-01-01T01:00 to 2016-02-26T00:00 UTC'
    """
    sentence = source.as_read.sentence()
    said = f" ({sentence})" if sentence else ""
    if source.clock is None:
        lengths = np.diff(source.offsets)
        size = f"{lengths.min()}" if lengths.min() == lengths.max() else f"{lengths.min()} to {lengths.max()}"
        what = f"{plural(len(source.names), 'recording')} of {size} rows at {source.rate or 1:g} Hz"
        parts = [f"Read {what}{said}, channels {listed(source.channels)}"]
    else:
        clock = source.clock
        first, last = (str(stamp)[:16] for stamp in clock.local(np.array([0, clock.length - 1])))
        span = f"{plural(clock.length, 'row')} every {clock.frequency} from {first} to {last} {clock.tz}"
        parts = [f"Read {plural(len(source.channels), 'series')}{said}, {span}"]
    for title, names in (("factors", factors), ("covariates", covariates)):
        if names:
            parts.append(f"{title} {', '.join(names)}")
    if source.values.size <= _MOST_CELLS and (missing := int(np.isnan(source.values).sum())):
        parts.append(f"{missing / source.values.size:.2g} of the values missing")
    return "; ".join(parts)

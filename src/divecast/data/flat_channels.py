"""Channels of recordings that do not change, as of a sensor that was off or stuck."""

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data.names import listed
from divecast.data.source import Source
from divecast.errors import warn_data


def flat_channels(source: Source) -> NDArray[np.bool_]:
    """Return where a channel has one value in all of a recording, (recording, channel).

    One that has no two values in half of the recordings or more is so by nature, and does not count.
    """
    first = source.offsets[:-1]
    low, high = (extreme.reduceat(source.values, first, axis=0) for extreme in (np.fmin, np.fmax))
    flat: NDArray[np.bool_] = (low == high) & (np.diff(source.offsets) > 1)[:, None]
    by_nature: NDArray[np.bool_] = 2 * flat.sum(axis=0) >= len(flat)
    flat[:, by_nature] = False
    return flat


def flat_in_words(flat: NDArray[np.bool_], channels: tuple[str, ...]) -> str:
    """Return what does not change in a recording, given (channel,) of ``flat_channels``."""
    if flat.all():
        return "its values do not change"
    names = [name for name, each in zip(channels, flat, strict=True) if each]
    return f"its channel {listed(names)} does not change" if len(names) == 1 else f"{listed(names)} do not change"


def warn_flat(source: Source) -> None:
    """Warn (DataWarning) of recordings with channels that do not change."""
    flat = flat_channels(source)
    found = np.flatnonzero(flat.any(axis=1)).tolist()
    if found:
        told = "; ".join(f"{source.names[each]!r}: {flat_in_words(flat[each], source.channels)}" for each in found[:6])
        more = f"; and {len(found) - 6} more" if len(found) > 6 else ""
        warn_data(
            f"{len(found)} of {plural(len(flat), 'recording')} have channels that do not change, as of a sensor that "
            f"was off or stuck, and are learned from as they are: {told}{more}",
            hint="Leave these recordings out, or make the values missing",
        )

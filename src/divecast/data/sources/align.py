"""A panel or recordings brought to the channels of a model."""

from collections.abc import Sequence

from divecast._text import plural
from divecast.data.names import listed
from divecast.data.source import Source
from divecast.errors import DataError, warn_data


def align(source: Source, channels: Sequence[str]) -> Source:
    """Bring a panel or recordings to the channels of a model.

    Channels are reordered, and those unknown to the model left out, both with a DataWarning.

    Args:
        source: Panel or recordings.
        channels: the channels of the model, in order.

    Raises:
        DataError: the source lacks a channel.
    """
    if source.channels == tuple(channels):
        return source
    wanted, present = set(channels), set(source.channels)
    missing = [name for name in channels if name not in present]
    surplus = [name for name in source.channels if name not in wanted]
    if missing:
        raise DataError(
            f"{len(missing)} of {len(channels)} channels of the model are missing: {listed(missing)}; unknown to it: "
            f"{listed(surplus)}",
            hint="Add the missing ones (NaN where unknown), or fit a model of the channels you have",
        )
    if surplus:
        warn_data(f"{plural(len(surplus), 'channel')} unknown to the model left out: {listed(surplus)}")
    kept = tuple(name for name in source.channels if name in wanted)
    if kept != tuple(channels):
        warn_data("The channels were put in the order of the model")
    return source.select(channels)

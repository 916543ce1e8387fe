"""A panel or recordings brought to the channels of a model."""

from collections.abc import Sequence

from divecast._text import plural
from divecast.data.names import listed
from divecast.data.source import Source
from divecast.data.sources.panel import Panel
from divecast.errors import DataError, warn_data


def align(source: Source, channels: Sequence[str]) -> Source:
    """Bring a panel or recordings to the channels of a model.

    Channels are reordered, those unknown to the model left out, and those that a panel lacks added without a value,
    each with a DataWarning.

    Args:
        source: Panel or recordings.
        channels: the channels of the model, in order.

    Raises:
        DataError: recordings lack a channel, or a panel all of them.
    """
    if source.channels == tuple(channels):
        return source
    wanted, present = set(channels), set(source.channels)
    missing = [name for name in channels if name not in present]
    surplus = [name for name in source.channels if name not in wanted]
    if missing and (len(missing) == len(channels) or not isinstance(source, Panel)):
        raise DataError(
            f"{len(missing)} of {len(channels)} channels of the model are missing: {listed(missing)}; unknown to it: "
            f"{listed(surplus)}",
            hint="Add the missing ones (NaN where unknown), or fit a model of the channels you have",
        )
    if surplus:
        warn_data(f"{plural(len(surplus), 'channel')} unknown to the model left out: {listed(surplus)}")
    kept = tuple(name for name in source.channels if name in wanted)
    if kept != tuple(name for name in channels if name in present):
        warn_data("The channels were put in the order of the model")
    if missing and isinstance(source, Panel):
        warn_data(
            f"{len(missing)} of {len(channels)} series of the model are not in the data, so that their values are "
            f"missing: {listed(missing)}"
        )
        return source.select(kept).with_missing(channels)
    return source.select(channels)

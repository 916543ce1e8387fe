"""A panel or recordings brought to the channels of a model."""

from collections.abc import Sequence

from divecast._text import plural
from divecast.data.source import Source
from divecast.errors import DataError, warn_data


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

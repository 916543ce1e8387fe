"""Which windows to explain: by the time at which their forecast starts, or by recording."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from divecast._text import plural
from divecast.data import Source, Windows
from divecast.errors import ConfigError, DataError
from divecast.inference.forecast_starts import Moment, forecast_starts

Place = Moment | tuple[str, float]
"""The first stamp of a forecast; for recordings a name (its last window), or a name and the second a window ends at."""

Places = Place | Sequence[Place] | None


def windows_at(windows: Windows, at: Places) -> Windows:
    """Return the windows at some places, in the order asked for.

    Args:
        windows: all windows of the data.
        at: one place or more; None is the end of a panel, or of every recording.

    Raises:
        DataError: no window is there.
        ConfigError: no place is given, or one that does not go with these data.
    """
    if at is None:
        return windows.subset(forecast_starts(windows, None, None, 1))
    numbers = [_number(windows, place) for place in _listed(at)]
    return windows.subset(np.array(numbers, dtype=np.int64))


def _listed(at: Any) -> list[Any]:
    pair = isinstance(at, tuple) and len(at) == 2 and isinstance(at[0], str) and isinstance(at[1], Real)
    if pair or isinstance(at, str) or not isinstance(at, Iterable):
        return [at]
    places = list(at)
    if not places:
        raise ConfigError("expected at least one place to explain, got an empty list for at")
    return places


def _number(windows: Windows, place: Place) -> int:
    source = windows.source
    origin = _of_recording(source, place) if source.clock is None else _of_panel(source, place)
    number = int(np.searchsorted(windows.origins, origin))
    if number < len(windows) and windows.origins[number] == origin:
        return number
    raise DataError(
        f"no window can be explained at {place}: before it there must be {plural(windows.shape.lookback, 'row')}; "
        + (f"the clock has {source.clock}" if source.clock else "choose a later second or a longer recording")
    )


def _of_panel(source: Source, place: Place) -> int:
    assert source.clock is not None  # noqa: S101  the caller asked
    if isinstance(place, tuple):
        raise ConfigError(f"a panel has no recordings: give the first stamp of a forecast, got {place!r}")
    return source.clock.row_of(place, after_end=True)


def _of_recording(source: Source, place: Place) -> int:
    name, second = place if isinstance(place, tuple) else (place, None)
    if name not in source.names:
        raise DataError(f"expected the name of a recording, such as {source.names[0]!r}, got {name!r}")
    segment = source.names.index(str(name))
    first, stop = (int(row) for row in source.offsets[segment : segment + 2])
    if second is None:
        return stop
    rate = source.rate or 1.0
    row = second * rate  # of the window's last observation
    if not np.isfinite(row) or not 0 <= round(row) < stop - first or abs(row - round(row)) > 0.01:
        raise DataError(
            f"expected a second at which a row of {name!r} lies, 0 to {(stop - first - 1) / rate:g} in steps of "
            f"{1 / rate:g}, got {second!r}"
        )
    return first + round(row) + 1

"""Windows chosen by the time at which their forecast starts, or by recording."""

from collections.abc import Iterable, Sequence
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data import Source, Windows
from divecast.data.sources.series_rows import SeriesRows
from divecast.errors import ConfigError, DataError
from divecast.inference.forecast_starts import Moment, forecast_starts

Place = Moment | tuple[str, float]
"""First stamp of a forecast; for recordings a name (last window), or a name and the second at which a window ends."""

Places = Place | Sequence[Place] | None


def windows_at(windows: Windows, at: Places) -> Windows:
    """Return the windows at some places, in the given order.

    Args:
        windows: all windows of the data.
        at: one or more places; None is the end of a panel, or of every recording.

    Raises:
        DataError: there is no window at a place.
        ConfigError: no place is given, or one that does not suit the data.
    """
    if at is None:
        return windows.subset(forecast_starts(windows, None, None, 1))
    if isinstance(windows.source, SeriesRows):
        return windows.subset(np.concatenate([_of_series(windows, windows.source, place) for place in _as_list(at)]))
    return windows.subset(np.array([_window_number(windows, place) for place in _as_list(at)], dtype=np.int64))


def _of_series(windows: Windows, source: SeriesRows, place: Place) -> NDArray[np.int64]:
    """Return the numbers of the windows of all independent series at a time."""
    row = _of_panel(source.panel, place)
    numbers = np.flatnonzero(source.blocks.panel_rows(windows.origins) == row)
    if not len(numbers):
        lookback = plural(windows.shape.lookback, "row")
        raise DataError(f"There is no window at {place}: no series has a value in the {lookback} before", argument="at")
    return numbers


def _as_list(at: Any) -> list[Any]:
    pair = isinstance(at, tuple) and len(at) == 2 and isinstance(at[0], str) and isinstance(at[1], Real)
    if pair or isinstance(at, str) or not isinstance(at, Iterable):
        return [at]
    places = list(at)
    if not places:
        raise ConfigError(expected="at least one place", found="an empty list", argument="at")
    return places


def _window_number(windows: Windows, place: Place) -> int:
    source = windows.source
    origin = _of_recording(source, place) if source.clock is None else _of_panel(source, place)
    number = int(np.searchsorted(windows.origins, origin))
    if number < len(windows) and windows.origins[number] == origin:
        return number
    lookback = plural(windows.shape.lookback, "row")
    if source.clock:
        raise DataError(
            f"There is no window at {place}: it needs {lookback} before this time, and the clock has {source.clock}",
            argument="at",
        )
    raise DataError(
        f"There is no window at {place}: it needs {lookback} up to this time",
        hint="Choose a later second or a longer recording",
        argument="at",
    )


def _of_panel(source: Source, place: Place) -> int:
    assert source.clock is not None  # noqa: S101  checked by the caller
    if isinstance(place, tuple):
        raise ConfigError(
            "A panel has no recordings",
            found=repr(place),
            hint="Pass the first time of a forecast as {at}",
            argument="at",
        )
    return source.clock.row_of(place, after_end=True)


def _of_recording(source: Source, place: Place) -> int:
    name, second = place if isinstance(place, tuple) else (place, None)
    if name not in source.names:
        raise DataError(
            expected=f"the name of a recording, such as {source.names[0]!r}", found=repr(name), argument="at"
        )
    segment = source.names.index(str(name))
    first, stop = (int(row) for row in source.offsets[segment : segment + 2])
    if second is None:
        return stop
    rate = source.rate or 1.0
    row = second * rate  # of the window's last row
    if not np.isfinite(row) or not 0 <= round(row) < stop - first or abs(row - round(row)) > 0.01:
        raise DataError(
            f"{name!r} has no row at second {second!r}: it has 0 to {(stop - first - 1) / rate:g} s in steps of "
            f"{1 / rate:g} s",
            argument="at",
        )
    return first + round(row) + 1

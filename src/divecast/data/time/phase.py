"""The phase of a row: its time of the day, its weekday, or its month, whichever the step is a part of."""

import numpy as np
from numpy.typing import NDArray

from divecast.data.time.clock import Clock
from divecast.data.time.open_slots import OpenSlots
from divecast.data.time.step import Unit

_DAY, _HOUR, _MOST = 86400, 3600, 96  # a shorter step than a quarter of an hour counts by the hour


def n_phases(clock: Clock | None) -> int:
    """Return the number of phases; 1 without a clock, and of steps that no period is made of."""
    return 1 if clock is None else n_phases_of(clock.step, clock.unit, clock.slots)


def n_phases_of(step: int, unit: Unit, slots: OpenSlots | None = None) -> int:
    """Return the number of phases of a clock with a step, by its open times if some are closed."""
    if unit in ("M", "ME"):
        return 12 // step if 12 % step == 0 else 1
    seconds = step * (_DAY if unit == "D" else 1) if slots is None else slots.step
    if seconds == _DAY:
        return 7
    if seconds > _DAY or _DAY % seconds:
        return 1
    return _DAY // seconds if _DAY // seconds <= _MOST else _DAY // _HOUR


def phases(clock: Clock | None, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the phase of rows, from 0, of the same shape; they may lie beyond the end of the clock."""
    n = n_phases(clock)
    if clock is None or n == 1:
        return np.zeros(rows.shape, np.int64)
    local = clock.local(rows)
    if clock.unit in ("M", "ME"):
        return local.astype("datetime64[M]").astype(np.int64) % 12 * n // 12
    seconds = local.astype("datetime64[s]").astype(np.int64)
    return (seconds // _DAY + 3) % 7 if n == 7 else seconds % _DAY * n // _DAY

"""Windows of rows as arrays. Needs numpy alone."""

import numpy as np
from numpy.typing import NDArray

from research.race.contract import Calendar, Known, Origins
from research.race.heats import Floats, Heat


def pasts(rows: Floats, origins: Origins, lookback: int) -> Floats:
    """Return (origin, lookback, series) rows before each origin, a copy."""
    return np.ascontiguousarray(rows[origins[:, None] + np.arange(-lookback, 0)])


def cyclic(calendar: Calendar, n_classes: tuple[int, ...]) -> Floats:
    """Return (row, 2 x column) sine and cosine of the class of each column, once round a cycle."""
    turns = calendar * (2 * np.pi / np.array(n_classes, dtype=np.float64).reshape(1, -1))
    return np.concatenate([np.sin(turns), np.cos(turns)], axis=1).astype(np.float32)


def features(heat: Heat, known: Known) -> Floats:
    """Return (row, feature): the calendar as sine and cosine, and the other known columns, standardised."""
    train = known.columns[: heat.n_train]
    spread = np.where(train.std(axis=0) > 0, train.std(axis=0), 1.0)
    standard = (known.columns - train.mean(axis=0)) / spread
    return np.concatenate([cyclic(known.calendar, heat.n_classes), standard], axis=1, dtype=np.float32)


def moments(heat: Heat, past: Floats) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return mean and standard deviation (series,) of the training part; 1 where a series stands still."""
    train = past[: heat.n_train].astype(np.float64)
    spread = train.std(axis=0)
    return train.mean(axis=0).astype(np.float32), np.where(spread > 0, spread, 1.0).astype(np.float32)

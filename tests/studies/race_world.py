"""A small heat and series to race on."""

from dataclasses import replace

import numpy as np

from research.race.contract import Known
from research.race.heats import Heat

N_TRAIN, N_VALID, N_TEST, SERIES, HORIZON = 120, 60, 40, 3, 6


def heat(**changes):
    """A small heat in which every test row is a target at every step."""
    past, end = N_TRAIN + N_VALID, N_TRAIN + N_VALID + N_TEST
    plain = Heat(
        "toy", HORIZON, 24, (1, 6), 12, N_TRAIN, N_VALID, past - HORIZON + 1, end, 2, ("a", "b", "c"), (), (), (), (),
        "2020-01-01T00:00:00", "1h", "UTC", 1, 0, 0.0, 1.0,
    )  # fmt: skip
    return replace(plain, **changes)


def world(seed=0):
    """Series of quite different sizes."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(N_TRAIN + N_VALID + N_TEST, SERIES)).cumsum(axis=0) * [1.0, 10.0, 100.0]
    return values.astype(np.float32)


def known(n_rows, calendar=None, columns=None):
    """What is known of all rows: nothing, unless it is given."""
    return Known(
        np.zeros((n_rows, 0), np.int16) if calendar is None else calendar,
        np.zeros((n_rows, 0), np.float32) if columns is None else columns,
    )

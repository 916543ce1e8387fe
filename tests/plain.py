"""A model without factors, fitted once for all tests of a process."""

from functools import cache

from divecast import DeepDIVE
from worlds import fit_hours, hours


@cache
def plain_model() -> DeepDIVE:
    """A small model of four weeks of ``worlds.hours`` without factors; tests must not change it."""
    return fit_hours(factors=(), epochs=1, data=hours(weeks=4).panel)

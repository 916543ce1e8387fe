"""How long the fit of a rival should and may take, next to that of divecast."""

from typing import NamedTuple

WHOLE = frozenset({"etth1", "etth2", "exchange", "electricity", "bike", "tetouan", "motion", "gait"})
"""Tracks on which every rival makes all steps that were published, unless its published patience ends it earlier."""

NO_LIMIT = 1e9
_TIMES = {"eia": 3.0}  # of divecast's CPU time, at least, on a track too large for whole schedules


class Budget(NamedTuple):
    """CPU seconds of a fit.

    Attributes:
        least: it goes on for so long, though all published steps are made.
        most: then it is cut short.
    """

    least: float
    most: float


def budget(track: str, own: float, most: float) -> Budget:
    """Return the budget of a rival.

    Args:
        track: name of the track.
        own: CPU seconds of divecast's fit.
        most: times ``own`` after which a fit is cut short, where it need not make all steps.
    """
    least = _TIMES.get(track, 1.0) * own
    return Budget(least, NO_LIMIT if track in WHOLE else max(least, most * own))

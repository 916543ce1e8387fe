"""Effects of the training rows as they would be without the rows themselves, so that a fit is not told its answer.

Effects fitted to a row know some of its noise: the weather of its year is part of the season they found. What is fitted
on such residuals (the linear path, the code, the network) would trust effects more than those of a later year deserve.
So the rows of each training year have the effects that were fitted to the other years: cross-fitting (Chernozhukov et
al. 2018, for a regression on what another one leaves).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from divecast.data import Panel, Part, Scale
from divecast.effects.basis import Basis
from divecast.effects.effects import Effects
from divecast.effects.facts import Facts
from divecast.effects.fit import fit_effects

_MOST_FOLDS = 5
_YEAR = np.timedelta64(365, "D")


@dataclass(frozen=True, eq=False, slots=True)
class Fold:
    """Some rows, and the effects that were fitted to the other training rows.

    Attributes:
        rows: the rows.
        effects: the effects.
    """

    rows: slice
    effects: Effects


def fit_folds(source: Panel, train: Part, scale: Scale, basis: Basis, facts: Facts) -> tuple[Fold, ...]:
    """Return the training part in years (at most five folds), each with the effects of the others.

    A part of less than two years has none: what a season does cannot be learned from the rest of the year.

    Args:
        source: the panel.
        train: its training part.
        scale: scale of its channels.
        basis: the features.
        facts: known columns of its rows.
    """
    (whole,) = train.ranges()
    first, last = source.clock.at(np.array([whole.start, whole.stop]))
    n_folds = min(_MOST_FOLDS, round(float((last - first) / _YEAR)))
    if n_folds < 2:
        return ()
    edges = np.linspace(whole.start, whole.stop, n_folds + 1).astype(np.int64)
    folds = []
    for start, stop in pairwise(edges.tolist()):
        others = Part(np.array([whole.start, stop]), np.array([start, whole.stop]))
        folds.append(Fold(slice(start, stop), fit_effects(source, others, scale, basis, facts)))
    return tuple(folds)

"""People held out in turn, windows of the recordings, and which recordings have a label."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from divecast import Recordings, datasets

FOLDS, LOOKBACK, EVERY = 5, 200, 50
FACTORS = ("exercise", "side")
SHARES = {1.0: 1, 0.25: 3, 0.1: 3}
"""Shares of the recordings that have their labels, and draws of each."""
Rows = NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Fold:
    """The recordings of ``motion`` with two people held out.

    Attributes:
        data: the recordings.
        valid: people whose labels stop a fit.
        test: people held out.
    """

    data: Recordings
    valid: tuple[str, ...]
    test: tuple[str, ...]

    @classmethod
    def of(cls, number: int) -> "Fold":
        """Return a fold; two people of ten are held out in each, and the two of the next fold are for validation."""
        data = datasets.load("motion")
        people = np.random.default_rng(0).permutation(np.unique(data.labels["subject"].astype(str)))
        test, valid = (tuple(people[(number + more) % FOLDS :: FOLDS].tolist()) for more in (0, 1))
        return cls(data, valid, test)

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """(recording,) whether it is of a person held out."""
        return np.isin(self.data.labels["subject"].astype(str), self.test)

    def of_others(self) -> Recordings:
        """Return the recordings of the other people alone, which are all that a fit may see."""
        kept, data = np.flatnonzero(~self.held_out), self.data
        return Recordings.from_arrays(
            [data.values[data.offsets[each] : data.offsets[each + 1]] for each in kept],
            {name: list(column[kept]) for name, column in data.labels.items()},
            data.rate,
            data.channels,
            [data.names[each] for each in kept],
        )

    def labelled(self, share: float, draw: int) -> NDArray[np.bool_]:
        """Return which recordings of the other people have their labels, (recording,)."""
        others = np.flatnonzero(~self.held_out)
        n = max(1, round(share * len(others)))
        chosen = np.random.default_rng([draw, round(1000 * share)]).permutation(others)[:n]
        return np.isin(np.arange(len(self.data.names)), chosen)

    def with_labels_of(self, labelled: NDArray[np.bool_]) -> "Fold":
        """Return the fold without the factors' labels of the other recordings; those held out keep theirs."""
        kept = labelled | self.held_out
        labels = {
            name: np.where(kept, column, np.array(None)) if name in FACTORS else column
            for name, column in self.data.labels.items()
        }
        return replace(self, data=replace(self.data, labels=labels))

    def origins(self, held_out: bool) -> tuple[Rows, Rows]:
        """Return the row after each window, and its recording; a window begins every ``EVERY`` rows."""
        ends = [
            (end, recording)
            for recording, out in enumerate(self.held_out)
            if out == held_out
            for end in range(self.data.offsets[recording] + LOOKBACK, self.data.offsets[recording + 1] + 1, EVERY)
        ]
        return np.array([end for end, _ in ends]), np.array([recording for _, recording in ends])

    def windows(self, origins: Rows) -> NDArray[np.float32]:
        """Return windows, (window, time, channel)."""
        return np.asarray(self.data.values)[origins[:, None] + np.arange(-LOOKBACK, 0)].astype(np.float32)

    def classes(self, factor: str) -> tuple[list[str], Rows]:
        """Return the names of the classes, and the class of each recording."""
        names, index = np.unique(self.data.labels[factor].astype(str), return_inverse=True)
        return names.tolist(), index

"""The recordings of a fold of a track, in the order of the parts."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from divecast import Recordings, datasets
from research.paper.gait import read_gait
from research.race.heats import Floats
from research.race.tracks import Track

_SMALL_RECORDINGS = 2  # of each person


@dataclass(frozen=True, eq=False, slots=True)
class Recorded:
    """Recordings, those of the people for training first, then validation, then test.

    Attributes:
        values: (row, channel) original units.
        channels: their names.
        starts: first row of each recording.
        people: whose recording each is.
        rows: rows of the training, validation and test part.
    """

    values: Floats
    channels: tuple[str, ...]
    starts: tuple[int, ...]
    people: tuple[str, ...]
    rows: tuple[int, int, int]


def read_recorded(track: Track, root: Path, fold: int, small: bool) -> Recorded:
    """Read the recordings of a track, cut for a fold.

    Args:
        track: whose.
        root: folder that has the track's file below it.
        fold: who is held out.
        small: two recordings of each person only.

    Raises:
        DataError: the data are not what the track says.
    """
    recordings = read_gait(root / track.file)[0] if track.file else datasets.load("motion")
    return cut(recordings, track, fold, small)


def cut(recordings: Recordings, track: Track, fold: int, small: bool = False) -> Recorded:
    """Cut recordings for a fold; arguments as in ``read_recorded``."""
    if track.people is None:
        raise ValueError(f"expected a track of recordings, got {track.name}")
    folds, people = track.people.folds, np.asarray(recordings.labels[track.people.label]).astype(str)
    order = np.random.default_rng(0).permutation(np.unique(people))
    test, valid = (order[(fold + more) % folds :: folds] for more in (0, 1))
    part = np.where(np.isin(people, test), 2, np.where(np.isin(people, valid), 1, 0))
    chosen = np.argsort(part, kind="stable")
    if small:
        chosen = np.array([at for at in chosen if (people[:at] == people[at]).sum() < _SMALL_RECORDINGS])
    lengths = np.diff(recordings.offsets)[chosen]
    pieces = [recordings.values[recordings.offsets[at] : recordings.offsets[at + 1]] for at in chosen]
    n_train, n_valid, n_test = (int(lengths[part[chosen] == number].sum()) for number in range(3))
    return Recorded(
        np.concatenate(pieces).astype(np.float32),
        tuple(recordings.channels),
        tuple(np.concatenate([[0], lengths.cumsum()[:-1]]).tolist()),
        tuple(people[chosen].tolist()),
        (n_train, n_valid, n_test),
    )

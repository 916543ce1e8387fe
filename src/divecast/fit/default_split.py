"""The split of data for which none is said."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from divecast.data import ByRecording, ByTime, Factor, Recordings, Source, Split, WindowShape, split
from divecast.data.names import listed
from divecast.data.tables.label_columns import distinct
from divecast.errors import warn_data

Rows = NDArray[np.int64]

_FEWEST_RECORDINGS = 5


def default_split(source: Source, factors: Sequence[Factor], shape: WindowShape) -> Split:
    """Split rows by time; recordings whole, with a DataWarning, where a class occurs at their ends alone.

    The first rows of every recording would have no window of such a class to learn it from.

    Args:
        source: the data.
        factors: factors, some of which may be labels of the rows of recordings.
        shape: look-back and horizon.
    """
    if not isinstance(source, Recordings) or len(source.names) < _FEWEST_RECORDINGS:
        return ByTime()
    stop = split(source, ByTime()).train.stop
    for factor in factors:
        if factor.name not in source.row_labels:
            continue
        classes, labels = distinct(source.row_labels[factor.name])
        first, last = source.offsets[:-1], source.offsets[1:]
        absent = _usual(labels, first, last) - _seen(labels, first + shape.lookback - 1, stop - shape.horizon)
        if absent:
            warn_data(
                f"The recordings are split whole, not by time: at their start no window of {shape.lookback} + "
                f"{shape.horizon} rows has the classes {listed([classes[label] for label in sorted(absent)])} of "
                f"{factor.name!r}",
                hint="Name another {split}, or use a shorter {lookback} or {horizon}",
            )
            return ByRecording()
    return ByTime()


def _usual(labels: Rows, first: Rows, stop: Rows) -> set[int]:
    """Labels that at least half of the recordings have; a split could not bring the others into every part."""
    counts = Counter(
        label for one, two in zip(first, stop, strict=True) for label in np.unique(labels[one:two]).tolist()
    )
    return {label for label, count in counts.items() if 2 * count >= len(first) and label >= 0}


def _seen(labels: Rows, first: Rows, stop: Rows) -> set[int]:
    """Labels in rows ``first`` to ``stop``, half-open, of every recording; missing ones do not count."""
    pieces = [labels[one:two] for one, two in zip(first, stop, strict=True) if one < two]
    return {*np.unique(np.concatenate(pieces)).tolist()} - {-1} if pieces else set()

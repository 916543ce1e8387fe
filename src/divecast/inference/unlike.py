"""Recordings, and groups of them such as a person, that are unlike all of the fit."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.data import ByTime, Windows
from divecast.data.names import listed
from divecast.data.parts import kind_of_unit
from divecast.data.tables.label_columns import distinct
from divecast.errors import warn_data
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches
from divecast.model.marginal import RBFBlocks

_LOOKED_AT = 16  # windows of a recording


def means_by(unit: NDArray[np.int64], values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the units, (unit,), and the mean of the values, (row,), of each."""
    units, place = np.unique(unit, return_inverse=True)
    return units, np.bincount(place, values) / np.bincount(place)


@dataclass(frozen=True, eq=False, slots=True)
class Unlike:
    """Recordings, or groups of them, of which some are unlike all of the fit.

    Attributes:
        group: the label whose classes are the groups; None for recordings.
        n: how many were looked at.
        names: those that are unlike.
        of_recording: (recording,) name of the group of each recording, "" where it is not told; or its own name.
    """

    group: str | None
    n: int
    names: tuple[str, ...]
    of_recording: tuple[str, ...]


@torch.inference_mode()
def unlike_units(fitted: FittedModel, windows: Windows) -> tuple[Unlike, ...]:
    """Return the recordings and groups that are farther from the fit than any in it.

    Empty if classes are not read by random convolutions, whose features tell the distance.
    """
    path, source = fitted.network.marginal, windows.source
    reader = path.reader if isinstance(path, RBFBlocks) else None
    if reader is None or not reader.solved() or source.clock is not None:
        return ()
    some = windows.subset(_spread_out(windows.segments))
    distance = torch.cat([reader.distance(batch.x).cpu() for batch in batches(fitted, some)]).double().numpy()
    split = fitted.provenance.split
    group = None if isinstance(split, ByTime) else split.group
    named: list[tuple[str | None, NDArray[np.int64], Sequence[str]]] = [
        (None, np.arange(len(source.names)), source.names)
    ]
    if group is not None and source.has_label(group):
        classes, of_recording = distinct(source.label_column(group)[source.offsets[:-1]])
        named.append((group, of_recording, classes))
    found = []
    for (name, of_recording, names), limit in zip(named, reader.farthest.cpu().numpy(), strict=False):
        unit = of_recording[some.segments]
        told = unit >= 0  # -1 for a recording without its group
        units, means = means_by(unit[told], distance[told])
        far = tuple(names[each] for each in units[means > limit])
        found.append(Unlike(name, len(units), far, tuple("" if each < 0 else names[each] for each in of_recording)))
    return tuple(found)


def warn_of_unlike(fitted: FittedModel, windows: Windows) -> None:
    """Warn (DataWarning) of recordings and groups that are farther from the fit than any in it."""
    for unlike in unlike_units(fitted, windows):
        if unlike.names:
            warn_data(
                f"{len(unlike.names)} of {unlike.n} {kind_of_unit(unlike.group)} are unlike all of the training part: "
                f"{listed(unlike.names)}. What is read from them may be wrong",
                hint="Look whether the sensor sat otherwise, or label some of these recordings and fit again",
            )


def _spread_out(segments: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the places of a few windows of each recording, evenly spaced."""
    ends = np.flatnonzero(np.diff(segments, prepend=-1, append=-1))
    places = [
        np.unique(np.linspace(first, last - 1, _LOOKED_AT).round().astype(np.int64))
        for first, last in pairwise(ends.tolist())
    ]
    return np.concatenate(places)

"""Recordings, and groups of them such as a person, that are unlike all of the fit."""

from collections.abc import Sequence
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


@torch.inference_mode()
def warn_of_unlike(fitted: FittedModel, windows: Windows) -> None:
    """Warn (DataWarning) of recordings and groups that are farther from the fit than any in it.

    Nothing is done if classes are not read by random convolutions, whose features tell the distance.
    """
    path, source = fitted.network.marginal, windows.source
    reader = path.reader if isinstance(path, RBFBlocks) else None
    if reader is None or not reader.solved() or source.clock is not None:
        return
    some = windows.subset(_spread_out(windows.segments))
    distance = torch.cat([reader.distance(batch.x).cpu() for batch in batches(fitted, some)]).double().numpy()
    split = fitted.provenance.split
    group = None if isinstance(split, ByTime) else split.group
    named: list[tuple[str, NDArray[np.int64], Sequence[str]]] = [(kind_of_unit(None), some.segments, source.names)]
    if group is not None and source.has_label(group):
        classes, of_recording = distinct(source.label_column(group)[source.offsets[:-1]])
        named.append((kind_of_unit(group), of_recording[some.segments], classes))
    for (what, unit, names), limit in zip(named, reader.farthest.cpu().numpy(), strict=False):
        told = unit >= 0  # -1 for a recording without its group
        units, means = means_by(unit[told], distance[told])
        far = [names[each] for each in units[means > limit]]
        if far:
            warn_data(
                f"{len(far)} of {len(units)} {what} are unlike all of the training part: {listed(far)}. What is read "
                "from them may be wrong",
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

"""Classes that look like slips of the pen."""

import re
from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from divecast.data.factors import Factor, Label
from divecast.data.labels.vocabulary import Vocabulary
from divecast.data.names import listed
from divecast.data.parts import Part
from divecast.data.source import Source
from divecast.errors import warn_data

_USUAL = 3  # recordings of most classes from which on a class of one recording is unusual


def warn_unusual_classes(
    source: Source, factors: Sequence[Factor], vocabularies: Sequence[Vocabulary], train: Part
) -> None:
    """Warn (DataWarning) of classes that differ in case or spaces only, and of those that one recording alone has.

    Args:
        source: Panel or recordings.
        factors: the factors.
        vocabularies: their vocabularies.
        train: the training part.
    """
    for factor, vocabulary in zip(factors, vocabularies, strict=True):
        if not isinstance(factor, Label) or factor.bins is not None:
            continue
        if alike := _alike(vocabulary.classes):
            warn_data(
                f"Classes of {factor.name!r} differ in case or spaces only, and count as different: {alike}",
                hint="Write a class in one way",
            )
        if source.clock is None and (single := _of_one_recording(source, factor, vocabulary, train)):
            warn_data(
                f"Classes of {factor.name!r} that one recording of the training part alone has: {listed(single)}",
                hint="Correct their spelling, or label more recordings",
            )


def _alike(classes: Sequence[str]) -> str:
    """Return groups of classes that differ in case or spaces only, in words."""
    groups = defaultdict(list)
    for name in classes:
        groups[re.sub(r"[\s_]+", "", name.casefold())].append(name)
    return "; ".join(listed(names) for names in groups.values() if len(names) > 1)


def _of_one_recording(source: Source, factor: Label, vocabulary: Vocabulary, train: Part) -> list[str]:
    """Return the classes that only one recording has, where most have several."""
    rows = train.rows()
    classes = vocabulary.encode(source.label_column(factor.name)[rows]).astype(np.int64)
    recordings = np.searchsorted(source.offsets, rows, side="right")
    pairs = np.unique(recordings[classes >= 0] * vocabulary.n_classes + classes[classes >= 0])
    counts = np.bincount(pairs % vocabulary.n_classes, minlength=vocabulary.n_classes)
    if np.median(counts) < _USUAL:
        return []
    return [name for name, count in zip(vocabulary.classes, counts, strict=True) if count == 1]

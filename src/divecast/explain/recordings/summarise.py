"""From windows of recordings to a summary of each."""

import numpy as np
from numpy.typing import NDArray

from divecast.data import Vocabulary, Windows
from divecast.data.flat_channels import flat_channels, flat_in_words
from divecast.data.tables.label_columns import label_missing
from divecast.explain.anomalies.anomalies import Anomalies
from divecast.explain.anomalies.anomaly_reasons import describe, place_in_words
from divecast.explain.recordings.summary import RecordingSummary
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import pool_recordings
from divecast.inference.unlike import unlike_units
from divecast.inference.with_added import infer_all_labels

_NOTABLE = 2.0  # a score of one window in a hundred
_FAR, _OF_NORMAL = 3.5, 1.4826  # modified z score (Iglewicz and Hoaglin 1993)
_FEWEST = 8


def summarise_recordings(fitted: FittedModel, windows: Windows, found: Anomalies, seen: bool) -> RecordingSummary:
    """Summarise recordings.

    A recording is anomalous if a channel of it does not change, if it, or its person, is unlike all of the training
    part, or if the mean score of its windows is that of one window in a hundred of the reference, or far above that of
    the other recordings (a modified z score over 3.5, of eight recordings or more).

    Args:
        fitted: the model, which infers labels.
        windows: the windows, without readings beyond the limits.
        found: anomaly scores of the same windows.
        seen: whether windows of the training part may be among them.
    """
    labels = pool_recordings(infer_all_labels(fitted, windows), windows.segments)
    ids, row = np.unique(windows.segments, return_inverse=True)
    known = ~np.isnan(found.score)
    count = np.bincount(row, known, len(ids))
    with np.errstate(invalid="ignore"):
        score = np.bincount(row, np.where(known, found.score, 0.0), len(ids)) / count
        anomalous = np.bincount(row, np.where(known, found.score >= _NOTABLE, 0.0), len(ids)) / count
    reasons: list[list[str]] = [[] for _ in ids]
    for unit in unlike_units(fitted, windows):
        far = {*unit.names}
        for place, recording in enumerate(ids.tolist()):
            if unit.of_recording[recording] in far:
                whose = "it" if unit.group is None else f"its {unit.group} {unit.of_recording[recording]}"
                reasons[place].append(f"{whose} is unlike all of the training part")
    flat = flat_channels(windows.source)[ids]
    for place in np.flatnonzero(flat.any(axis=1)).tolist():
        reasons[place].append(flat_in_words(flat[place], windows.source.channels))
    for place in np.flatnonzero(_far_above(score) | (score >= _NOTABLE)).tolist():
        window = int(np.flatnonzero(row == place)[np.nanargmax(found.score[row == place])])
        event = describe(found, window)
        reasons[place].append(
            f"its windows score {score[place]:.2f} on average, those of all recordings {np.nanmedian(score):.2f} "
            f"(median); most at {place_in_words(event.end, None)}: {'; '.join(event.reasons)}"
        )
    last = windows.origins[np.searchsorted(row, np.arange(len(ids)), side="right") - 1] - 1
    unlearned = zip(*(_unlearned(windows, each, last) for each in _vocabularies(fitted)), strict=True)
    return RecordingSummary(
        labels=labels,
        n_windows=np.bincount(row),
        score=score,
        anomalous=anomalous,
        reasons=tuple(map(tuple, reasons)),
        compared_with=found.reference.name,
        unlearned=tuple(unlearned),
        seen=seen,
    )


def _vocabularies(fitted: FittedModel) -> tuple[Vocabulary, ...]:
    return (*fitted.vocabularies, *(added.vocabulary for added in fitted.added))


def _unlearned(windows: Windows, vocabulary: Vocabulary, rows: NDArray[np.int64]) -> list[str | None]:
    """Return the class in the data at each row if the model has not learned it, else None."""
    if not windows.source.has_label(vocabulary.name):
        return [None] * len(rows)
    given = windows.source.label_column(vocabulary.name)[rows]
    other = ~label_missing(given) & (vocabulary.encode(given) < 0)
    return [str(value) if each else None for value, each in zip(given, other, strict=True)]


def _far_above(score: NDArray[np.float64]) -> NDArray[np.bool_]:
    known = score[~np.isnan(score)]
    if len(known) < _FEWEST:
        return np.zeros(len(score), dtype=bool)
    middle = np.median(known)
    spread = _OF_NORMAL * np.median(np.abs(known - middle))
    far: NDArray[np.bool_] = np.nan_to_num(score, nan=middle) - middle > _FAR * spread
    return far & (score > middle)

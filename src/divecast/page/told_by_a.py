"""Section of the page: what a tells of recordings (person, exercise, speed), beside chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.data import Recordings
from divecast.data.names import listed
from divecast.inference.predict import batches
from divecast.inference.results import Codes
from divecast.metrics.linear_reading import read_left_out
from divecast.page.packed import Packed, number, pack
from divecast.page.scope import Scope, spread

Floats = NDArray[np.float64]

_MOST_POINTS, _MOST_CLASSES, _FEWEST_RECORDINGS = 500, 40, 4
_OVERSAMPLED = 4  # frequencies are read at quarters of a cycle in a window
_LARGE, _SMALL = 0.5, 0.1  # of what there is to tell beyond chance
FREQUENCY = "strongest frequency"


@dataclass(frozen=True, slots=True)
class Property:
    """Something that a may tell of a window.

    Attributes:
        name: of the column, or of the strongest frequency.
        classes: its classes; empty for a number.
        values: (point,) number of the class, -1 where missing, or the number itself.
        read: share of the windows of recordings left out that are read right, or share of the variance told.
        chance: what is reached without a.
        sentence: the same in words.
    """

    name: str
    classes: tuple[str, ...]
    values: list[float | None]
    read: float | None
    chance: float
    sentence: str


@dataclass(frozen=True, slots=True)
class ToldByA:
    """What a tells.

    Attributes:
        note: how it was measured.
        points: (point, 2) windows along the two leading directions of a.
        share: share of the variance of a along them.
        properties: what it may tell.
    """

    note: str
    points: Packed
    share: float
    properties: tuple[Property, ...]


def told_by_a(scope: Scope, codes: Codes) -> ToldByA | str:
    """Read label columns and the strongest frequency from a, of recordings that are left out in turn."""
    a = codes.a_mean.astype(np.float64)
    if not isinstance(scope.source, Recordings):
        return "This is measured of recordings. Of a panel, the diagnosis says whether a tells the factors."
    windows = scope.scored
    segments = windows.segments
    if not a.shape[1] or len(np.unique(segments)) < _FEWEST_RECORDINGS:
        return "There are too few recordings here, or a has no dimensions, so what a tells cannot be measured."
    standard = (a - a.mean(0)) / np.maximum(a.std(0), 1e-9)
    _, sizes, directions = np.linalg.svd(standard, full_matrices=False)
    directions = np.pad(directions, ((0, max(0, 2 - len(directions))), (0, 0)))[:2]
    shown = spread(len(a), _MOST_POINTS)
    factors = set(scope.factors)
    found, left_out = [], []
    for name in sorted({*scope.source.labels, *scope.source.row_labels}):
        labels = scope.source.label_column(name)[windows.origins - 1]
        of_column = _column(name, labels, standard, segments, shown, name in factors)
        if of_column is None:
            left_out.append(name)
        else:
            found.append(of_column)
    found.append(_frequency(_strongest(scope), standard, segments, shown))
    n_recordings = plural(len(np.unique(segments)), "recording")
    unread = f" Not measured, with one class or too few recordings: {listed(left_out)}." if left_out else ""
    return ToldByA(
        note=(
            f"By a linear map of a, over {plural(len(a), 'window')} of {n_recordings} in {scope.part_name}; each "
            f"recording is read by a map that was fitted without it.{unread}"
        ),
        points=pack(standard[shown] @ directions.T),
        share=float(number((sizes[:2] ** 2).sum() / max((sizes**2).sum(), 1e-12)) or 0.0),
        properties=tuple(found),
    )


def _column(
    name: str, labels: NDArray[Any], a: Floats, segments: NDArray[np.int64], shown: NDArray[np.int64], is_factor: bool
) -> Property | None:
    """Return how well a column is told; None if it has one class, or about as many as there are recordings."""
    known = np.array([label is not None and label == label for label in labels])
    texts = np.array([str(label) for label in labels], dtype=object)
    classes = tuple(sorted(set(texts[known])))
    n_recordings = len(np.unique(segments[known]))
    if not 1 < len(classes) <= min(_MOST_CLASSES, n_recordings // 2):
        return None
    index = np.array([classes.index(text) if there else -1 for text, there in zip(texts, known, strict=True)])
    wanted = np.eye(len(classes))[index[known]]
    read = read_left_out(a[known], wanted, segments[known]).argmax(1)
    right, chance = float((read == index[known]).mean()), float(wanted.mean(0).max())
    role = "a factor of the model, which a should not tell" if is_factor else "no factor of the model"
    sentence = (
        f"{name} ({len(classes)} classes; {role}): {right:.0%} of the windows are read right, and "
        f"{chance:.0%} by naming the most frequent class; a tells {_amount((right - chance) / (1.0 - chance))} of it."
    )
    return Property(name, classes, [float(each) for each in index[shown]], number(right), chance, sentence)


def _frequency(frequency: Floats, a: Floats, segments: NDArray[np.int64], shown: NDArray[np.int64]) -> Property:
    logarithm = np.log(frequency)
    around = logarithm - logarithm.mean()
    error = around - read_left_out(a, around[:, None], segments)[:, 0]
    told = 1.0 - float(np.square(error).sum() / max(np.square(around).sum(), 1e-12))
    sentence = (
        f"{FREQUENCY} (median {np.median(frequency):.2g} Hz): {max(told, 0.0):.0%} of the variance of its logarithm is "
        f"told, and 0% without a; a tells {_amount(told)} of it."
    )
    return Property(FREQUENCY, (), [number(each) for each in frequency[shown]], number(told), 0.0, sentence)


def _amount(share: float) -> str:
    return "much" if share >= _LARGE else "some" if share >= _SMALL else "hardly anything"


def _strongest(scope: Scope) -> Floats:
    """Return the frequency with the most power in each window, over all channels in scaled units, Hz."""
    lookback, found = scope.fitted.shape.lookback, []
    for batch in batches(scope.fitted, scope.scored):
        x = batch.x.cpu().double().numpy()
        seen = np.isfinite(x)
        filled = np.where(seen, x, 0.0)
        centred = np.where(seen, filled - filled.sum(1, keepdims=True) / np.maximum(seen.sum(1, keepdims=True), 1), 0.0)
        power = np.square(np.abs(np.fft.rfft(centred, _OVERSAMPLED * lookback, axis=1))).sum(2)
        found.append(1.0 + power[:, 1:].argmax(1))
    rate = scope.source.rate if isinstance(scope.source, Recordings) else 1.0
    frequency: Floats = np.concatenate(found) * rate / (_OVERSAMPLED * lookback)
    return frequency

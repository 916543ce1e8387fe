"""Scores of the classes of one factor from products of features, and how they do on people left out."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from divecast.fit.class_ridge import ClassRidge
from divecast.fit.spread_labels import Units, group_free, spread_labels

_FOLDS = 5
_SHARPNESSES = torch.logspace(-1, 5, 37, base=2.0)
_USUAL, _DECADES = 3.0, 0.3  # median of the prior and spread of its log10; medians of 2 to 4 did as well on motion


def solve_classes(
    gram: Tensor, labels: Tensor, n_classes: int, recordings: NDArray[np.int64], groups: NDArray[np.int64] | None
) -> tuple[Tensor, Tensor]:
    """Return what makes the scores of windows of their products with these: (window, class), and a bias, (class,).

    Args:
        gram: (window, window) mean products of the features.
        labels: (window,) class, -1 where missing.
        n_classes: number of classes.
        recordings: (window,) recording.
        groups: (window,) group of the recording, such as its person; None if there are none.
    """
    units = Units.of(labels, recordings, groups)
    labels, back = units.label[units.of_window], None
    known = labels >= 0
    if not bool(known.any()):
        return gram.new_zeros(len(gram), n_classes), gram.new_full((n_classes,), 1.0 / n_classes)
    if groups is not None and units.groups_alike():
        gram, back = group_free(gram, groups)
    else:
        units = units.without_groups()
    one_hot = nn.functional.one_hot(labels[known], n_classes).to(gram.dtype)
    found = ClassRidge.chosen(gram[known][:, known], one_hot, recordings[known.numpy()])
    dual = gram.new_zeros(len(gram), n_classes)
    dual[known] = found.dual
    if not bool(known.all()):
        found = spread_labels(gram, units, found, n_classes)
        dual = found.dual
    return (dual if back is None else back @ dual), found.bias


def sharpness(
    gram: Tensor, labels: Tensor, n_classes: int, recordings: NDArray[np.int64], groups: NDArray[np.int64] | None
) -> float:
    """Return the factor that makes scores logits, by the likelihood of labels left out in turn; see ``solve_classes``.

    People are left out where enough of them have labels, else recordings. A recording counts once, however many windows
    it has, and of few recordings the likelihood says little, so it is weighed with what was found of others.
    """
    known, losses = labels >= 0, torch.zeros(len(_SHARPNESSES))
    for out in _left_out(known.numpy(), recordings, groups):
        left, judged = ~out, out & known
        if bool((known & left).any()):
            place = left.numpy()
            of_group = None if groups is None else groups[place]
            dual, bias = solve_classes(gram[left][:, left], labels[left], n_classes, recordings[place], of_group)
            logits = (gram[judged][:, left] @ dual + bias) * _SHARPNESSES[:, None, None]
            losses += _loss_of_recordings(logits, labels[judged], recordings[judged.numpy()])
    unlikely = (_SHARPNESSES / _USUAL).log10().div(_DECADES).square() / 2.0
    return float(_SHARPNESSES[(losses + unlikely).argmin()])


def _loss_of_recordings(logits: Tensor, labels: Tensor, recordings: NDArray[np.int64]) -> Tensor:
    """Return the cross-entropy of (sharpness, window, class) logits, (sharpness,): mean of a recording, summed."""
    loss = nn.functional.cross_entropy(logits.movedim(2, 1), labels.expand(len(logits), -1), reduction="none")
    _, unit, windows = np.unique(recordings, return_inverse=True, return_counts=True)
    return loss @ torch.from_numpy(1.0 / windows[unit]).to(loss.dtype)


def _left_out(
    known: NDArray[np.bool_], recordings: NDArray[np.int64], groups: NDArray[np.int64] | None
) -> Iterator[Tensor]:
    """Yield windows to leave out, (window,), in folds of groups or recordings."""
    unit = recordings if groups is None or len(np.unique(groups[known])) < _FOLDS else groups
    labelled = np.unique(unit[known])
    n_folds = min(_FOLDS, len(labelled))
    order = np.random.default_rng(0).permutation(len(labelled))
    for fold in range(n_folds if n_folds > 1 else 0):
        yield torch.from_numpy(np.isin(unit, labelled[order[fold::n_folds]]))

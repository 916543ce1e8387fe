"""Classes of recordings without a label, by self-training that keeps the shares of the classes.

Plain self-training drifts towards the classes it already prefers; held to their shares (distribution alignment,
Berthelot et al. 2020, by Sinkhorn's iterations) it does not. Where the labels say that all persons, or other groups of
recordings, do the same, each group is held to these shares, and what tells one group from another is taken out of the
features: a person may not tell the exercise.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from divecast.fit.class_ridge import ClassRidge

_ROUNDS, _SHARPNESS, _PENALTY, _ITERATIONS = 6, 10.0, 0.05, 30  # our choice, on training people of motion
_FEW_PAIRS = 3
_KEPT = 0.05  # of the variance between groups
_SMALLEST = 1e-12


@dataclass(frozen=True, slots=True)
class Units:
    """What has one class: whole recordings if no recording is seen with two, else windows.

    Attributes:
        of_window: (window,) the unit.
        group: (unit,) the group of recordings, such as a person; -1 throughout if there are none.
        label: (unit,) class, -1 where missing.
    """

    of_window: Tensor
    group: Tensor
    label: Tensor

    @classmethod
    def of(cls, labels: Tensor, recordings: NDArray[np.int64], groups: NDArray[np.int64] | None) -> "Units":
        """Find the units of a factor.

        Args:
            labels: (window,) class, -1 where missing.
            recordings: (window,) recording of the window.
            groups: (window,) group of the recording, or None.
        """
        known = labels.numpy() >= 0
        seen = np.unique(np.stack([recordings, labels.numpy()])[:, known], axis=1)
        whole = len(np.unique(seen[0])) == seen.shape[1]
        _, first, unit = np.unique(
            recordings if whole else np.arange(len(labels)), return_index=True, return_inverse=True
        )
        of_window = torch.from_numpy(unit)
        label = torch.full((len(first),), -1).scatter_reduce(0, of_window, labels, "amax")
        group = np.full(len(first), -1) if groups is None else np.unique(groups, return_inverse=True)[1][first]
        return cls(of_window, torch.from_numpy(group), label)

    def groups_alike(self) -> bool:
        """Return whether the labels say that a group does not tell the class.

        That is if two labelled units of one group are of the same class less often than half way from chance to always.
        """
        if len(self.group.unique()) == 1:
            return False
        known = self.label >= 0
        label, group = self.label[known], self.group[known]
        pair = (group[:, None] == group) & (group >= 0)
        pair.fill_diagonal_(fill_value=False)
        if int(pair.sum()) < 2 * _FEW_PAIRS:
            return False
        same = label[:, None] == label
        by_chance = float((same & ~torch.eye(len(label), dtype=torch.bool)).sum()) / max(
            1, len(label) * (len(label) - 1)
        )
        return float((same & pair).sum() / pair.sum()) < (1.0 + by_chance) / 2.0

    def without_groups(self) -> "Units":
        """Return the units in one group."""
        return Units(self.of_window, torch.zeros_like(self.group), self.label)

    def shares(self, n_classes: int) -> Tensor:
        """Return the shares of the classes, (class,): those of the labelled units, drawn towards equal ones.

        As far as equal shares explain the counts (James and Stein 1961): few units tell little of the shares, and
        recordings are mostly planned to be as many of each class.
        """
        counts = torch.bincount(self.label[self.label >= 0], minlength=n_classes).float()
        equal = counts.sum() / n_classes
        chi_square = float((counts - equal).square().sum() / equal)
        weight = min(1.0, (n_classes - 1) / max(chi_square, _SMALLEST))
        return (weight * equal + (1.0 - weight) * counts) / counts.sum()


def group_free(gram: Tensor, groups: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """Take most of what the means of groups tell out of features.

    Args:
        gram: (window, window) mean products of the features.
        groups: (window,) the group.

    Returns:
        The products that are left, and the map, (window, window), from ``dual`` of these products to that of the
        features as they were.
    """
    members = nn.functional.one_hot(torch.from_numpy(np.unique(groups, return_inverse=True)[1])).T.to(gram.dtype)
    means = members / members.sum(1, keepdim=True) - 1.0 / len(gram)
    of_groups = means @ gram
    between = of_groups @ means.T
    kept = _KEPT * between.diagonal().mean() * torch.eye(len(between), dtype=gram.dtype)
    taken = torch.linalg.solve(between + kept, of_groups)
    return gram - of_groups.T @ taken, torch.eye(len(gram), dtype=gram.dtype) - means.T @ taken


def spread_labels(gram: Tensor, units: Units, start: ClassRidge, n_classes: int) -> ClassRidge:
    """Return the solution of labelled and unlabelled windows.

    Args:
        gram: (window, window) mean products of the features.
        units: of all windows; each group is held to the shares.
        start: the solution of the windows of labelled units, in their order.
        n_classes: number of classes.
    """
    label = units.label[units.of_window]
    known, shares = label >= 0, units.shares(n_classes)
    given = nn.functional.one_hot(label.clamp(min=0), n_classes).to(gram.dtype)
    scores, solution = start.scores(gram[:, known]), start
    for number in range(1, _ROUNDS + 1):
        believed = torch.softmax(_SHARPNESS * _mean(scores, units.of_window), dim=1)
        held = held_to(believed, shares, units.group)[units.of_window]
        weight = torch.where(known, 1.0, number / _ROUNDS)
        solution = ClassRidge.of(gram, torch.where(known[:, None], given, held), weight, _PENALTY)
        scores = solution.scores(gram)
    return solution


def held_to(believed: Tensor, shares: Tensor, group: Tensor) -> Tensor:
    """Return probabilities whose mean in each group is the shares of the classes.

    Args:
        believed: (unit, class) probabilities.
        shares: (class,).
        group: (unit,) from 0 on.
    """
    for _ in range(_ITERATIONS):
        believed = believed * (shares / _mean(believed, group).clamp(min=_SMALLEST))[group]
        believed = believed / believed.sum(1, keepdim=True)
    return believed


def _mean(values: Tensor, unit: Tensor) -> Tensor:
    """Return the mean of (row, column) over the rows of each unit."""
    n_units = int(unit.max()) + 1
    sums = values.new_zeros(n_units, values.shape[1]).index_add_(0, unit, values)
    return sums / torch.bincount(unit, minlength=n_units).clamp(min=1)[:, None]

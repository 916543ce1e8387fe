"""Labels as covariates of a linear map: classes, and the joint classes of pairs of factors that recur."""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from divecast.errors import DataError

_MOST_CELLS, _LEAST_VISITS = 200, 30  # joint classes of a pair of factors, and visits of each (ours)

Pairs = tuple[tuple[int, int], ...]


def one_hots(labels: Tensor, n_classes: Sequence[int]) -> tuple[Tensor, ...]:
    """Turn class indices into indicator columns.

    Args:
        labels: (batch, factor) class indices, -1 where missing.
        n_classes: number of classes of each factor.

    Returns:
        For each factor (batch, class) float32; all zeros where the label is missing.

    Raises:
        DataError: the number of factors or a class index does not fit.
    """
    if labels.shape[1] != len(n_classes):
        raise DataError(f"expected labels of {len(n_classes)} factors, got {labels.shape[1]}")
    sizes = torch.tensor(n_classes, dtype=torch.int64, device=labels.device)
    wrong = (labels < -1) | (labels >= sizes)
    if wrong.any():
        row, factor = (int(i) for i in wrong.nonzero()[0])
        raise DataError(
            f"class indices of factor number {factor} must lie between -1 and {n_classes[factor] - 1}, "
            f"got {int(labels[row, factor])} in row {row}"
        )
    ends = sizes.cumsum(0)
    columns = torch.where(labels < 0, ends[-1] if len(n_classes) else 0, labels + ends - sizes)
    # Missing labels are scattered into one surplus column that is cut off again.
    ones = torch.zeros(labels.shape[0], sum(n_classes) + 1, device=labels.device)
    indicators = ones.scatter_(1, columns.long(), 1.0)[:, :-1]
    return indicators.split(list(n_classes), dim=1) if n_classes else ()


def label_covariates(classes: Sequence[Tensor], pairs: Pairs, like: Tensor) -> Tensor:
    """Lay class probabilities side by side, followed by the products of pairs of factors.

    Monday at eight is more than a Monday and an eight: products let the linear path know the shape of the week.

    Args:
        classes: for each factor (batch, class), probabilities or indicators.
        pairs: the factors to multiply.
        like: (batch, ...), gives batch size and device when there are no factors.

    Returns:
        (batch, covariate), as wide as ``n_label_covariates`` says.
    """
    products = [(classes[i][:, :, None] * classes[j][:, None]).flatten(1) for i, j in pairs]
    return torch.cat([*classes, *products], dim=1) if classes else like.new_empty(len(like), 0)


def n_label_covariates(n_classes: Sequence[int], pairs: Pairs) -> int:
    """Return the width of ``label_covariates``."""
    return sum(n_classes) + sum(n_classes[i] * n_classes[j] for i, j in pairs)


def recurring_pairs(labels: Tensor, n_classes: Sequence[int]) -> Pairs:
    """Return the pairs of factors whose joint classes come back often enough to learn each by itself.

    What counts is how often a joint class is *entered*, not how many rows it has: in three years every hour of the week
    comes 156 times, but a weekday of a given month in three short spells, whose mean would be learned by heart.

    Args:
        labels: (row, factor) class indices of the training rows in order of time, -1 where missing.
        n_classes: number of classes of each factor.
    """
    found = []
    for i, j in combinations(range(len(n_classes)), 2):
        cells = n_classes[i] * n_classes[j]
        joint = torch.where((labels[:, i] >= 0) & (labels[:, j] >= 0), labels[:, i] * n_classes[j] + labels[:, j], -1)
        entered = int(((joint[1:] != joint[:-1]) & (joint[1:] >= 0)).sum())
        if cells <= _MOST_CELLS and entered >= _LEAST_VISITS * cells:
            found.append((i, j))
    return tuple(found)

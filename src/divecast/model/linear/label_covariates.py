"""Labels as covariates of a linear map: classes, and the joint classes of some pairs of factors."""

from collections.abc import Sequence
from itertools import combinations

import torch
from torch import Tensor

from divecast.errors import DataError

_MOST_CELLS, _LEAST_VISITS = 200, 30  # joint classes of a pair of factors, and mean number of runs of each (our choice)

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
        raise DataError(expected=f"labels of {len(n_classes)} factors", found=str(labels.shape[1]), argument="labels")
    sizes = torch.tensor(n_classes, dtype=torch.int64, device=labels.device)
    wrong = (labels < -1) | (labels >= sizes)
    if wrong.any():
        row, factor = (int(i) for i in wrong.nonzero()[0])
        expected = f"label indices of factor number {factor} between -1 and {n_classes[factor] - 1}"
        raise DataError(expected=expected, found=f"{int(labels[row, factor])} in row {row}", argument="labels")
    ends = sizes.cumsum(0)
    columns = torch.where(labels < 0, ends[-1] if len(n_classes) else 0, labels + ends - sizes)
    # Missing labels are scattered into an additional column, which is then removed.
    ones = torch.zeros(labels.shape[0], sum(n_classes) + 1, device=labels.device)
    indicators = ones.scatter_(1, columns.long(), 1.0)[:, :-1]
    return indicators.split(list(n_classes), dim=1) if n_classes else ()


def label_covariates(classes: Sequence[Tensor], pairs: Pairs, like: Tensor) -> Tensor:
    """Return class probabilities side by side, followed by the products of pairs of factors.

    Products of hour and weekday, for example, describe the shape of a week.

    Args:
        classes: for each factor (batch, class), probabilities or indicators.
        pairs: pairs of factors to multiply.
        like: (batch, ...), for batch size and device if there are no factors.

    Returns:
        (batch, covariate), of ``n_label_covariates`` columns.
    """
    products = [(classes[i][:, :, None] * classes[j][:, None]).flatten(1) for i, j in pairs]
    return torch.cat([*classes, *products], dim=1) if classes else like.new_empty(len(like), 0)


def n_label_covariates(n_classes: Sequence[int], pairs: Pairs) -> int:
    """Return the number of columns of ``label_covariates``."""
    return sum(n_classes) + sum(n_classes[i] * n_classes[j] for i, j in pairs)


def recurring_pairs(labels: Tensor, n_classes: Sequence[int]) -> Pairs:
    """Return the pairs of factors whose joint classes recur often enough to learn an effect of each.

    This counts the runs of a joint class, not its rows: in three years every hour of the week has 156 runs, but a
    weekday of a given month has only those of three months, on which its effect would overfit.

    Args:
        labels: (row, factor) class indices of the training rows in time order, -1 where missing.
        n_classes: number of classes of each factor.
    """
    recurring = []
    for i, j in combinations(range(len(n_classes)), 2):
        cells = n_classes[i] * n_classes[j]
        joint = torch.where((labels[:, i] >= 0) & (labels[:, j] >= 0), labels[:, i] * n_classes[j] + labels[:, j], -1)
        n_runs = int(((joint[1:] != joint[:-1]) & (joint[1:] >= 0)).sum())
        if cells <= _MOST_CELLS and n_runs >= _LEAST_VISITS * cells:
            recurring.append((i, j))
    return tuple(recurring)

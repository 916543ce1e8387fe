"""Intervals that hold for people who are in no part: errors spread as those of people do, not of windows.

Where whole people (or other groups of recordings) are held out for validation, the pooled errors of their many windows
are those of few people, and some people are harder to forecast than all of these. Let the logarithm of the size of a
person's errors be normal, with a variance that is estimated within the training part and within the validation part,
and a mean from the people of the validation part. That of the next person then follows Student's t around this mean,
with 1 + 1 / people of the variance. The errors of each person are brought to sizes drawn from it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_SIZE = 0.9  # quantile of the absolute errors that tells a person's size: about the end of the usual interval
_N_NODES, _SAMPLE = 16, 100_000  # people that are drawn, at evenly spaced probabilities
_SMALLEST = 1e-6
_MOST = 1.5  # of the logarithm, by which a person's size may differ from the mean one


@dataclass(frozen=True, eq=False, slots=True)
class GroupedErrors:
    """Standardised errors of windows.

    Attributes:
        values: (window, horizon, channel), NaN where not observed.
        groups: (window,) whose each is.
    """

    values: Tensor
    groups: NDArray[np.int64]

    def log_sizes(self) -> dict[int, float]:
        """Return the logarithm of the size of the errors of each group that has some."""
        found = {}
        for group in np.unique(self.groups).tolist():
            size = np.abs(self.values[torch.from_numpy(self.groups == group)].numpy())
            if not np.isnan(size).all():
                found[group] = float(np.log(max(_SMALLEST, np.nanquantile(size, _SIZE))))
        return found


def spread_across_groups(errors: GroupedErrors, others: Sequence[GroupedErrors], seed: int) -> Tensor:
    """Return the errors with the sizes of groups that are drawn; as they are if no part has two groups.

    Args:
        errors: of the validation part.
        others: of other parts, which tell how sizes differ from group to group, but not their mean.
        seed: of the order in which windows get the sizes.

    Example:
        >>> groups = np.repeat([0, 1], 500)
        >>> values = torch.randn(1000, 1, 1) * torch.tensor([1.0, 2.0]).repeat_interleave(500)[:, None, None]
        >>> spread_across_groups(GroupedErrors(values, groups), (), seed=0).std() > values.std()
        tensor(True)
    """
    sizes = errors.log_sizes()
    parts = [np.array(list(part.values())) for part in (sizes, *(other.log_sizes() for other in others)) if part]
    free = sum(len(part) - 1 for part in parts)
    if not sizes or not free:
        return errors.values
    variance = sum(float(np.square(part - part.mean()).sum()) for part in parts) / free
    spread = np.sqrt(variance * (1.0 + 1.0 / len(sizes)))
    shift = np.zeros(len(errors.groups))
    draw, nodes = np.random.default_rng(seed), _nodes(free)
    for group, size in sizes.items():
        inside = errors.groups == group
        order = draw.permutation(int(inside.sum())) % _N_NODES
        shift[inside] = parts[0].mean() - size + np.clip(spread * nodes[order], -_MOST, _MOST)
    return errors.values * torch.from_numpy(np.exp(shift)).to(errors.values)[:, None, None]


def _nodes(free: int) -> NDArray[np.float64]:
    """Return quantiles of Student's t at evenly spaced probabilities, as the variance is estimated."""
    sample = np.random.default_rng(0).standard_t(free, _SAMPLE)
    return np.quantile(sample, (np.arange(_N_NODES) + 0.5) / _N_NODES)

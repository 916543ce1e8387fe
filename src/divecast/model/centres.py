"""The RBF centres of a factor in its block: on circles, on an ordered line, or free.

Wong et al. (2025) use one dimension per factor. In a block of several dimensions neighbouring classes can be close
without other classes in between (our choice; ``CodeConfig.block = "line"`` is the paper's).
"""

import math
from typing import Literal

import torch
from torch import Tensor, nn

from divecast.config import CodeConfig

_RADIUS = 3.0  # of a new block; q(b|x) and p(b) start with a width of about a third
_GAP = 1.0  # between neighbours on a new line

FactorKind = Literal["plain", "ordered", "cyclic"]


class Circle(nn.Module):
    """Evenly spaced points on one or more circles, of which only the radii are learned.

    Circle h turns h times per cycle: the first keeps neighbours close, the others separate them.

    Args:
        n_classes: points, in cyclic order.
        n_harmonics: circles, at most half the number of classes.
    """

    basis: Tensor
    harmonic: Tensor

    def __init__(self, n_classes: int, n_harmonics: int) -> None:
        super().__init__()
        angle = 2.0 * math.pi * torch.arange(n_classes) / n_classes
        columns, harmonic = [], []
        for turns in range(1, min(n_harmonics, max(n_classes // 2, 1)) + 1):
            waves = [torch.cos(turns * angle), torch.sin(turns * angle)]
            kept = waves if 2 * turns < n_classes else waves[:1]  # the sine vanishes on every point
            columns += kept
            harmonic += [turns - 1] * len(kept)
        self.register_buffer("basis", torch.stack(columns, dim=1), persistent=False)
        self.register_buffer("harmonic", torch.tensor(harmonic), persistent=False)
        self.log_radius = nn.Parameter(torch.full((max(harmonic) + 1,), math.log(_RADIUS)))

    def forward(self) -> Tensor:
        """Return the centres, (class, dim)."""
        return self.basis * self.log_radius.exp()[self.harmonic]


class Line(nn.Module):
    """Points in a fixed order on a line; the gaps between them are learned and positive.

    Args:
        n_classes: points, in order.
    """

    def __init__(self, n_classes: int) -> None:
        super().__init__()
        self.raw_gap = nn.Parameter(torch.full((n_classes - 1,), math.log(math.expm1(_GAP))))

    def forward(self) -> Tensor:
        """Return the centres, (class, 1), with mean 0."""
        steps = nn.functional.pad(nn.functional.softplus(self.raw_gap).cumsum(0), (1, 0))
        return (steps - steps.mean())[:, None]


class Free(nn.Module):
    """Points without constraints, initially far apart.

    Args:
        n_classes: points.
        dims: dimensions of the block.
    """

    def __init__(self, n_classes: int, dims: int) -> None:
        super().__init__()
        if dims == 1:
            start = _GAP * (torch.arange(n_classes) - (n_classes - 1) / 2.0)[:, None]
        else:
            start = _RADIUS * nn.functional.normalize(torch.randn(n_classes, dims), dim=1)
        self.points = nn.Parameter(start)

    def forward(self) -> Tensor:
        """Return the centres, (class, dim)."""
        return self.points


def build_centres(kind: FactorKind, n_classes: int, config: CodeConfig) -> nn.Module:
    """Return the centres of a factor of this kind; the module returns (class, dim)."""
    if kind == "ordered":
        return Line(n_classes)
    if config.block == "line":
        return Free(n_classes, 1)
    if kind == "cyclic" and n_classes > 2:
        return Circle(n_classes, config.n_harmonics)
    return Free(n_classes, min(config.n_free, n_classes - 1))

"""What the labels say of a, so that a change of label can take it along.

p(a|b) is a standard normal: nothing of a should depend on the labels. In fitted models much of it does, and since the
decoder reads a for most of the window, a change of b alone would leave the window as it was. A linear map of the
labels' covariates (classes, and pairs of them: the day has another shape in each month) says how a goes with them on
average; a is *adjusted* by what the map says of the new classes less of the old ones, and what the labels do not tell
of a is kept. (Our choice; docs/what_if.md has both, as read by an independent judge.)
"""

from dataclasses import dataclass, replace
from itertools import combinations
from typing import Literal

import numpy as np
import torch
from torch import Tensor

from divecast.data import Windows
from divecast.errors import ConfigError, DataError
from divecast.explain.code import infer_code
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches
from divecast.model.linear.label_covariates import Pairs, label_covariates
from divecast.types import Code

UnlabelledCode = Literal["adjusted", "kept"]

_MOST_WINDOWS = 4000
_PENALTY = 1.0  # as much as one window: a joint class seen once goes half of the way
_LEAST_PER_PAIR = 5  # windows for each joint class of a pair
_LEAST_PER_CLASS = 2.0  # windows for each class of the factors, all told


@dataclass(frozen=True, eq=False, slots=True)
class LabelEffects:
    """How a goes with the labels on average.

    Attributes:
        weight: (covariate, conditional) change of a with ``label_covariates``.
        pairs: factors whose joint classes are among the covariates.
        explained: (conditional,) share of the variance of each dimension of a that the labels tell, in these windows.
        seen: for each factor (class,) windows of the class, by its probability.
    """

    weight: Tensor
    pairs: Pairs
    explained: Tensor
    seen: tuple[Tensor, ...]

    @classmethod
    @torch.no_grad()
    def of(cls, fitted: FittedModel, windows: Windows) -> "LabelEffects":
        """Estimate them by ridge regression on at most 4000 windows, drawn at random; labels not known are inferred.

        Raises:
            DataError: there are too few windows.
        """
        n_classes, n_windows = sum(fitted.dimensions.n_classes), len(windows)
        if n_windows < _LEAST_PER_CLASS * n_classes:
            raise DataError(
                f"expected at least {_LEAST_PER_CLASS * n_classes:.0f} windows in the data, to see how a goes with the "
                f'labels, got {n_windows}; give longer data, or unlabelled_code="kept", which leaves a as it is'
            )
        drawn = np.random.default_rng(0).choice(n_windows, min(n_windows, _MOST_WINDOWS), replace=False)
        codes = [infer_code(fitted, batch, "known") for batch in batches(fitted, windows.subset(np.sort(drawn)))]
        pairs = _pairs(fitted.dimensions.n_classes, min(n_windows, _MOST_WINDOWS))
        covariates = torch.cat([label_covariates(code.classes, pairs, code.a) for code in codes])
        weight, explained = _ridge(covariates, torch.cat([code.a for code in codes]))
        seen = tuple(torch.cat(shares).sum(0) for shares in zip(*(code.classes for code in codes), strict=True))
        return cls(weight, pairs, explained, seen)

    @torch.no_grad()
    def adjusted(self, own: Code, changed: Code) -> Code:
        """Move a of a changed code by what its classes say of it beyond those of the window's own code."""
        new, old = (label_covariates(code.classes, self.pairs, code.a) for code in (changed, own))
        return replace(changed, a=changed.a + (new - old) @ self.weight)


def _ridge(covariates: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """Return the map, and the share of the variance of a it tells; both in a's precision, solved in float64."""
    rows, values = (part.cpu().double() for part in (covariates, a))
    rows, values = rows - rows.mean(0), values - values.mean(0)
    penalty = _PENALTY * torch.eye(rows.shape[1], dtype=rows.dtype)
    weight = torch.linalg.solve(rows.T @ rows + penalty, rows.T @ values)
    left = (values - rows @ weight).square().sum(0) / values.square().sum(0).clamp(min=1e-12)
    return weight.to(a), (1.0 - left).to(a)


def _pairs(n_classes: tuple[int, ...], n_windows: int) -> Pairs:
    """Return the pairs of factors that have few enough joint classes."""
    every = combinations(range(len(n_classes)), 2)
    return tuple((i, j) for i, j in every if _LEAST_PER_PAIR * n_classes[i] * n_classes[j] <= n_windows)


def effects_for(fitted: FittedModel, windows: Windows, unlabelled_code: UnlabelledCode) -> LabelEffects | None:
    """Return the effects that adjust a, or None where a is kept, or there is nothing to adjust.

    Raises:
        ConfigError: ``unlabelled_code`` is neither.
        DataError: there are too few windows.
    """
    if unlabelled_code not in ("adjusted", "kept"):
        raise ConfigError(
            argument="unlabelled_code",
            expected='"adjusted" or "kept" for the unlabelled code',
            found=repr(unlabelled_code),
        )
    network = fitted.network
    if unlabelled_code == "kept" or not network.n_factors or not network.n_conditional:
        return None
    return LabelEffects.of(fitted, windows)

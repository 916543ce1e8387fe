"""The effect of labels on a, so that a can be adjusted when a label changes.

p(a|b) is a standard normal: a should not depend on the labels. Of recordings, and of panels without effects, it does in
part, and as far as the decoder reads the labels from a, a change of b alone would leave the window as it was. A linear
map of the labels' covariates (classes, and pairs of them, as the daily profile differs between months) estimates how a
depends on them on average; a is *adjusted* by the difference of that map between new and old classes, and its remaining
variation is kept. (Our choice; docs/what_if.md evaluates both with an independent classifier.)
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
_PENALTY = 1.0  # as much as one window: a joint class seen once is adjusted half-way
_LEAST_PER_PAIR = 5  # windows per joint class of a pair
_LEAST_PER_CLASS = 2.0  # windows per class, over all factors


@dataclass(frozen=True, eq=False, slots=True)
class LabelEffects:
    """Average effect of the labels on a.

    Attributes:
        weight: (covariate, conditional) change of a per covariate, see ``label_covariates``.
        pairs: factors whose joint classes are covariates.
        explained: (conditional,) share of the variance of each dimension of a that the labels explain.
        seen: for each factor (class,) number of windows of the class, weighted by its probability.
    """

    weight: Tensor
    pairs: Pairs
    explained: Tensor
    seen: tuple[Tensor, ...]

    @classmethod
    @torch.no_grad()
    def of(cls, fitted: FittedModel, windows: Windows) -> "LabelEffects":
        """Estimate the effects by ridge regression on at most 4000 random windows; unknown labels are inferred.

        Raises:
            DataError: there are too few windows.
        """
        n_classes, n_windows = sum(fitted.dimensions.n_classes), len(windows)
        least = _LEAST_PER_CLASS * n_classes
        if n_windows < least:
            raise DataError(
                "There are too few windows to adjust a to the labels",
                expected=f"at least {least:.0f}",
                found=str(n_windows),
                hint='Use more data, or pass "kept" as {unlabelled_code}',
                argument="unlabelled_code",
            )
        n_drawn = min(n_windows, _MOST_WINDOWS)
        drawn = np.random.default_rng(0).choice(n_windows, n_drawn, replace=False)
        codes = [infer_code(fitted, batch, "known") for batch in batches(fitted, windows.subset(np.sort(drawn)))]
        pairs = _pairs(fitted.dimensions.n_classes, n_drawn)
        covariates = torch.cat([label_covariates(code.classes, pairs, code.a) for code in codes])
        weight, explained = _ridge(covariates, torch.cat([code.a for code in codes]))
        seen = tuple(torch.cat(shares).sum(0) for shares in zip(*(code.classes for code in codes), strict=True))
        return cls(weight, pairs, explained, seen)

    @torch.no_grad()
    def adjusted(self, own: Code, changed: Code) -> Code:
        """Shift a of a changed code by the effect of its classes minus that of the own code's classes."""
        new, old = (label_covariates(code.classes, self.pairs, code.a) for code in (changed, own))
        return replace(changed, a=changed.a + (new - old) @ self.weight)


def effects_for(fitted: FittedModel, windows: Windows, unlabelled_code: UnlabelledCode) -> LabelEffects | None:
    """Return the effects that adjust a; None if a is kept, or there is nothing to adjust.

    Raises:
        ConfigError: ``unlabelled_code`` is neither.
        DataError: there are too few windows.
    """
    if unlabelled_code not in ("adjusted", "kept"):
        raise ConfigError(
            expected='"adjusted" or "kept" for the unlabelled code',
            found=repr(unlabelled_code),
            argument="unlabelled_code",
        )
    network = fitted.network
    if unlabelled_code == "kept" or not network.n_factors or not network.n_conditional:
        return None
    return LabelEffects.of(fitted, windows)


def _ridge(covariates: Tensor, a: Tensor) -> tuple[Tensor, Tensor]:
    """Return the map, and the share of the variance of a it explains; solved in float64, returned in a's precision."""
    rows, values = (tensor.cpu().double() for tensor in (covariates, a))
    rows, values = rows - rows.mean(0), values - values.mean(0)
    penalty = _PENALTY * torch.eye(rows.shape[1], dtype=rows.dtype)
    weight = torch.linalg.solve(rows.T @ rows + penalty, rows.T @ values)
    unexplained = (values - rows @ weight).square().sum(0) / values.square().sum(0).clamp(min=1e-12)
    return weight.to(a), (1.0 - unexplained).to(a)


def _pairs(n_classes: tuple[int, ...], n_windows: int) -> Pairs:
    """Return the pairs of factors with enough windows per joint class."""
    pairs = combinations(range(len(n_classes)), 2)
    return tuple((i, j) for i, j in pairs if _LEAST_PER_PAIR * n_classes[i] * n_classes[j] <= n_windows)

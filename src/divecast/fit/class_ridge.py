"""Ridge regression of classes on a Gram matrix of windows: a weight for each window, a penalty by groups left out."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_PENALTIES = (0.01, 0.05, 0.2, 1.0, 5.0)  # of features whose products are averaged, each of unit variance


@dataclass(frozen=True, slots=True)
class ClassRidge:
    """Scores of windows are ``gram @ dual + bias``.

    Attributes:
        dual: (window, class).
        bias: (class,).
        penalty: the penalty.
        error: mean squared error of the windows of groups left out; NaN with one group.
    """

    dual: Tensor
    bias: Tensor
    penalty: float
    error: float

    @classmethod
    def of(cls, gram: Tensor, y: Tensor, weight: Tensor, penalty: float) -> "ClassRidge":
        """Solve for a penalty.

        Args:
            gram: (window, window) mean products of the features.
            y: (window, class) targets.
            weight: (window,) above 0.
            penalty: of a window of weight 1.
        """
        return _solution(_inverse(gram, weight, penalty), y, penalty)

    @classmethod
    def chosen(cls, gram: Tensor, y: Tensor, groups: NDArray[np.int64]) -> "ClassRidge":
        """Solve with the penalty that has the least error on groups left out; windows count alike.

        It needs no second fit: if A is the map from targets to ``dual``, the errors of a group r that is left out are
        A_rr^-1 dual_r. It looks past what the windows of one recording share, as the usual formula for single windows
        cannot.

        Args:
            gram: (window, window) mean products of the features.
            y: (window, class) targets.
            groups: (window,) the group of each window.
        """
        members = [torch.from_numpy(np.flatnonzero(groups == group)) for group in np.unique(groups)]
        weight, found = gram.new_ones(len(gram)), []
        for penalty in _PENALTIES if len(members) > 1 else (_PENALTIES[-2],):
            inverse = _inverse(gram, weight, penalty)
            solution, centred = _solution(inverse, y, penalty), _without_mean(inverse)
            error = _left_out(centred, solution.dual, members) if len(members) > 1 else float("nan")
            found.append(cls(solution.dual, solution.bias, penalty, error))
        return min(found, key=lambda each: each.error)

    def scores(self, gram: Tensor) -> Tensor:
        """Return the scores, (window, class), of windows with these products with those of the fit."""
        return gram @ self.dual + self.bias


def _inverse(gram: Tensor, weight: Tensor, penalty: float) -> Tensor:
    return torch.cholesky_inverse(torch.linalg.cholesky(gram + torch.diag(penalty / weight)))


def _solution(inverse: Tensor, y: Tensor, penalty: float) -> ClassRidge:
    sums = inverse.sum(0)
    bias = (sums @ y) / sums.sum()
    return ClassRidge(inverse @ (y - bias), bias, penalty, float("nan"))


def _without_mean(inverse: Tensor) -> Tensor:
    """Return the map from targets to ``dual`` that the bias leaves."""
    sums = inverse.sum(0)
    return inverse - sums[:, None] * sums / sums.sum()


def _left_out(inverse: Tensor, dual: Tensor, members: list[Tensor]) -> float:
    squares = sum(float(torch.linalg.solve(inverse[own][:, own], dual[own]).square().sum()) for own in members)
    return squares / len(dual)

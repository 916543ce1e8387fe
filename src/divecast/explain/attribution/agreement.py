"""Whether the attention weights of the fusion tell the same as ablation: ranks of the one against ranks of the other.

Attention weights need not say what a result rests on (Jain and Wallace 2019, "Attention is not Explanation"), so they
are held against what happens to the forecast when a factor is taken out.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.inference.results import Floats

LEAST_AGREEMENT = 0.5
"""Rank correlation from which attention is taken to agree with ablation (our choice)."""

LEAST_WINDOWS = 10
"""Windows below which a rank correlation of them says nothing (our choice)."""


@dataclass(frozen=True, eq=False, slots=True)
class Agreement:
    """Attention weights of the factors beside their shares by ablation.

    Attention has one weight a factor for all steps and channels; it says nothing of a, which asks the question, nor of
    the linear path, which reads the classes directly.

    Attributes:
        factors: names.
        attention: (window, factor) mean over the heads, summing to 1; gates are divided by their sum. No columns where
            the fusion has no weights.
        ablation: (window, factor) share in what single factors do to the forecast, over all steps; NaN where none does
            anything.
        overall: Spearman's rank correlation over all windows and factors; NaN where it is not defined.
        by_factor: the same over the windows, for each factor: whether attention tells when a factor matters.
    """

    factors: tuple[str, ...]
    attention: Floats
    ablation: Floats
    overall: float
    by_factor: tuple[float, ...]

    @classmethod
    def of(cls, factors: Sequence[str], weights: Floats, change: Floats) -> "Agreement":
        """Hold weights, (window, head, factor), against changes of the forecast, (window, factor)."""
        ablation = _shares(change)
        if not weights.shape[1] or not factors:
            nothing = np.empty((len(weights), 0), dtype=np.float32)
            return cls(tuple(factors), nothing, ablation, np.nan, (np.nan,) * len(factors))
        attention = _shares(weights.mean(axis=1))
        known = np.isfinite(ablation).all(axis=1) & np.isfinite(attention).all(axis=1)
        one, other = attention[known], ablation[known]
        if len(factors) < 2 or len(one) < LEAST_WINDOWS:
            return cls(tuple(factors), attention, ablation, np.nan, (np.nan,) * len(factors))
        by_factor = tuple(rank_correlation(a, b) for a, b in zip(one.T, other.T, strict=True))
        return cls(tuple(factors), attention, ablation, rank_correlation(one.ravel(), other.ravel()), by_factor)

    @property
    def agrees(self) -> bool:
        """Whether attention may be read as importance; not so where that cannot be said."""
        return self.overall >= LEAST_AGREEMENT

    def __str__(self) -> str:
        """Say whether attention may be read as importance, and its weights only if so."""
        if len(self.factors) < 2:
            return "Attention says nothing: with fewer than two factors there is nothing to choose between."
        if not self.attention.shape[1]:
            return "Attention says nothing: this model's fusion has no weights."
        if np.isnan(self.overall):
            return f"Attention is not shown: whether it agrees needs {LEAST_WINDOWS} windows in which factors matter."
        if not self.agrees:
            return (
                f"Attention is not shown: its rank correlation with ablation is {self.overall:.2f}, below "
                f"{LEAST_AGREEMENT:g}, so its weights do not say what the forecasts rest on."
            )
        shares = ", ".join(
            f"{name} {share:.0%}" for name, share in zip(self.factors, self.attention.mean(axis=0), strict=True)
        )
        return f"Attention: {shares}; rank correlation with ablation {self.overall:.2f}. {self._by_window()}"

    def _by_window(self) -> str:
        follows = [f for f, r in zip(self.factors, self.by_factor, strict=True) if r >= LEAST_AGREEMENT]
        if len(follows) == len(self.factors):
            return "It also tells in which windows a factor matters."
        if follows:
            return f"From window to window it follows {', '.join(follows)} only."
        return "It does not tell in which windows a factor matters."


def rank_correlation(one: NDArray[np.floating], other: NDArray[np.floating]) -> float:
    """Return Spearman's rank correlation of two (n,) samples, ties at their mean rank; NaN where one is constant."""
    a, b = _ranks(one), _ranks(other)
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    return float(a @ b / size) if size > 0 else float("nan")


def _ranks(values: NDArray[np.floating]) -> NDArray[np.float64]:
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    ranks: NDArray[np.float64] = (last - (count - 1) / 2.0)[place]
    return ranks


def _shares(values: Floats) -> Floats:
    total = values.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(values, total, out=np.full_like(values, np.nan), where=total > 0)
    return shares

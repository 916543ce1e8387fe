"""Rank correlation of the attention weights of the fusion with the effects of ablation.

Attention weights need not show what a result depends on (Jain and Wallace 2019, "Attention is not Explanation"), so
they are compared with the change of the forecast when a factor is removed.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast._text import visible
from divecast.inference.results import Floats

LEAST_AGREEMENT = 0.5
"""Rank correlation from which attention is considered to agree with ablation (our choice)."""

LEAST_WINDOWS = 10
"""Number of windows below which a rank correlation over them is not computed (our choice)."""


@dataclass(frozen=True, eq=False, slots=True)
class Agreement:
    """Attention weights of the factors and their shares by ablation.

    Attention has one weight per factor for all steps and channels. It does not cover a, which is the query, nor the
    linear path, which reads the classes directly.

    Attributes:
        factors: names.
        attention: (window, factor) mean over the heads, summing to 1; gates are divided by their sum. No columns if the
            fusion has no weights.
        ablation: (window, factor) share of each factor in the summed changes by single factors, over all steps; NaN
            where no factor changes the forecast.
        overall: Spearman's rank correlation over all windows and factors; NaN where it is undefined.
        by_factor: the same for each factor over the windows: whether attention shows when the factor matters.

    Example:
        >>> model.why(panel, "test", every=11).agreement.factors
        ('hour', 'weekday')
    """

    factors: tuple[str, ...]
    attention: Floats
    ablation: Floats
    overall: float
    by_factor: tuple[float, ...]

    @classmethod
    def of(cls, factors: Sequence[str], weights: Floats, change: Floats) -> "Agreement":
        """Compare weights, (window, head, factor), with changes of the forecast, (window, factor)."""
        ablation = _shares(change)
        undefined = (np.nan,) * len(factors)
        if not weights.shape[1] or not factors:
            return cls(tuple(factors), np.empty((len(weights), 0), dtype=np.float32), ablation, np.nan, undefined)
        attention = _shares(weights.mean(axis=1))
        known = np.isfinite(ablation).all(axis=1) & np.isfinite(attention).all(axis=1)
        x, y = attention[known], ablation[known]
        if len(factors) < 2 or len(x) < LEAST_WINDOWS:
            return cls(tuple(factors), attention, ablation, np.nan, undefined)
        by_factor = tuple(rank_correlation(*columns) for columns in zip(x.T, y.T, strict=True))
        return cls(tuple(factors), attention, ablation, rank_correlation(x.ravel(), y.ravel()), by_factor)

    @property
    def agrees(self) -> bool:
        """Whether attention may be read as importance; False if the correlation is undefined."""
        return self.overall >= LEAST_AGREEMENT

    def __str__(self) -> str:
        """Return whether attention may be read as importance, and its weights only if it may."""
        if len(self.factors) < 2:
            return "Attention is not informative: with fewer than two factors there is no choice between them."
        if not self.attention.shape[1]:
            return "Attention is not informative: the fusion of this model has no weights."
        if np.isnan(self.overall):
            return (
                f"Attention is not shown: comparing it with ablation takes {LEAST_WINDOWS} windows in which factors "
                "change the forecast."
            )
        if not self.agrees:
            return (
                f"Attention is not shown: its rank correlation with ablation is {self.overall:.2f}, below "
                f"{LEAST_AGREEMENT:g}, so its weights do not show what the forecasts depend on."
            )
        means = self.attention.mean(axis=0)
        shares = ", ".join(f"{visible(name)} {share:.0%}" for name, share in zip(self.factors, means, strict=True))
        return f"Attention: {shares}; rank correlation with ablation {self.overall:.2f}. {self._over_windows()}"

    def _over_windows(self) -> str:
        follows = [name for name, r in zip(self.factors, self.by_factor, strict=True) if r >= LEAST_AGREEMENT]
        if len(follows) == len(self.factors):
            return "It also shows in which windows a factor matters."
        if follows:
            return f"Across windows it agrees for {', '.join(map(visible, follows))} only."
        return "It does not show in which windows a factor matters."


def rank_correlation(x: NDArray[np.floating], y: NDArray[np.floating]) -> float:
    """Return Spearman's rank correlation of two (n,) samples, ties at their mean rank; NaN where one is constant."""
    a, b = _ranks(x), _ranks(y)
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

"""What is usual: scores of reference windows, against which others are measured."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.errors import DataError

Scores = NDArray[np.float64]

LEAST_WINDOWS = 20
_TAIL_SHARE, _LEAST_TAIL = 0.1, 5


@dataclass(frozen=True, eq=False, slots=True)
class Yardstick:
    """Reference scores of some columns.

    Attributes:
        ordered: (reference, column) scores, rising, NaN last.
        counts: (column,) how many are not NaN.
        threshold: (column,) where the tail begins.
        n_tail: (column,) reference scores in the tail.
        mean_excess: (column,) by how much these are above the threshold in the mean.
    """

    ordered: Scores
    counts: NDArray[np.int64]
    threshold: Scores
    n_tail: NDArray[np.int64]
    mean_excess: Scores

    @classmethod
    def of(cls, scores: NDArray[np.floating], least_excess: float | Scores) -> "Yardstick":
        """Take the measure.

        Args:
            scores: (reference, column), NaN where there is none.
            least_excess: lower bound of the mean excess, in the unit of the scores, a number or (column,): without it
                a column that never moves in the reference would make anything infinitely rare.
        """
        ordered = np.sort(np.asarray(scores, dtype=np.float64), axis=0)
        counts = (~np.isnan(ordered)).sum(axis=0)
        n_tail = np.minimum(counts, np.maximum(_LEAST_TAIL, (_TAIL_SHARE * counts).astype(np.int64)))
        places = np.arange(len(ordered))[:, None]
        in_tail = (places >= counts - n_tail) & (places < counts)
        first = np.maximum(np.minimum(counts - n_tail, len(ordered) - 1), 0)
        threshold = np.take_along_axis(ordered, first[None], axis=0)[0]
        excess = np.where(in_tail, ordered - threshold, 0.0).sum(axis=0) / np.maximum(n_tail, 1)
        return cls(ordered, counts, threshold, n_tail, np.maximum(excess, least_excess))

    def rarity(self, scores: NDArray[np.floating]) -> Scores:
        """Return -log10 of the share of windows at least as odd: 2 is one in a hundred; (window, column).

        Up to the threshold the share is (1 + reference scores as high) / (1 + all). Above it, where the reference has
        few scores or none, it is carried on by an exponential tail of their mean excess, the simplest generalised
        Pareto tail (Pickands 1975): rarities beyond log10 of the reference windows are an extrapolation that orders
        windows, and no probability to rely on. NaN where the score is, or where the reference has too few.
        """
        values = np.asarray(scores, dtype=np.float64)
        columns = zip(self.ordered.T, self.counts, values.T, strict=True)
        lower = [n - np.searchsorted(reference[:n], column, side="left") for reference, n, column in columns]
        as_high = np.stack(lower, axis=1) if lower else np.empty_like(values)
        body = -np.log10((1.0 + as_high) / (1.0 + self.counts))
        with np.errstate(invalid="ignore"):
            beyond = np.maximum(values - self.threshold, 0.0) / self.mean_excess
            tail = -np.log10((1.0 + self.n_tail) / (1.0 + self.counts)) + beyond * np.log10(np.e)
            found = np.where(values > self.threshold, tail, body)
        return np.where(np.isnan(values) | (self.counts < LEAST_WINDOWS), np.nan, found)


def check_enough(n_windows: int) -> None:
    """Refuse to call anything usual or odd by a handful of windows.

    Raises:
        DataError: there are fewer than ``LEAST_WINDOWS``.
    """
    if n_windows < LEAST_WINDOWS:
        raise DataError(
            f"expected at least {LEAST_WINDOWS} windows to know what is usual, got {n_windows}; give more data, a "
            "smaller step between windows (every), or the data of the fit to compare with (against)"
        )

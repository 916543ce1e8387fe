"""Scores of reference windows, and how rare other scores are among them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.errors import DataError

Values = NDArray[np.float64]

LEAST_WINDOWS = 20
_TAIL_SHARE, _LEAST_TAIL = 0.1, 5


@dataclass(frozen=True, eq=False, slots=True)
class ReferenceScores:
    """Scores of the reference windows, column by column.

    Attributes:
        ordered: (reference, column) scores in rising order, NaN last.
        counts: (column,) number of scores that are not NaN.
        threshold: (column,) start of the tail.
        n_tail: (column,) number of reference scores in the tail.
        mean_excess: (column,) mean of their distance above the threshold.
    """

    ordered: Values
    counts: NDArray[np.int64]
    threshold: Values
    n_tail: NDArray[np.int64]
    mean_excess: Values

    @classmethod
    def of(cls, scores: NDArray[np.floating], least_excess: float | Values) -> "ReferenceScores":
        """Sort scores and fit their tails.

        Args:
            scores: (reference, column), NaN where there is none.
            least_excess: lower bound of the mean excess in the unit of the scores, a number or (column,). Without it, a
                column that is constant in the reference would make any other value infinitely rare.
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

    def rarity(self, scores: NDArray[np.floating]) -> Values:
        """Return -log10 of the share of reference windows with a score at least as high; (window, column).

        Up to the threshold the share is (1 + number of reference scores as high) / (1 + number of all). Above it, where
        the reference has few scores or none, it continues as an exponential tail with their mean excess, the simplest
        generalised Pareto tail (Pickands 1975). Rarities beyond log10 of the number of reference windows are
        extrapolated: they rank windows, but are not reliable as probabilities. NaN where the score is NaN, or where the
        reference has too few scores.
        """
        values = np.asarray(scores, dtype=np.float64)
        columns = zip(self.ordered.T, self.counts, values.T, strict=True)
        n_as_high = [n - np.searchsorted(reference[:n], column, side="left") for reference, n, column in columns]
        as_high = np.stack(n_as_high, axis=1) if n_as_high else np.empty_like(values)
        body = -np.log10((1.0 + as_high) / (1.0 + self.counts))
        with np.errstate(invalid="ignore"):
            beyond = np.maximum(values - self.threshold, 0.0) / self.mean_excess
            tail = -np.log10((1.0 + self.n_tail) / (1.0 + self.counts)) + beyond * np.log10(np.e)
            rarity = np.where(values > self.threshold, tail, body)
        return np.where(np.isnan(values) | (self.counts < LEAST_WINDOWS), np.nan, rarity)


def check_enough(n_windows: int) -> None:
    """Check that there are enough reference windows.

    Raises:
        DataError: there are fewer than ``LEAST_WINDOWS``.
    """
    if n_windows < LEAST_WINDOWS:
        raise DataError(
            "There are too few reference windows for anomaly scores",
            expected=f"at least {LEAST_WINDOWS}",
            found=str(n_windows),
            hint="Use more data, a smaller {every}, or pass the scores of the fit's data as {against}",
        )

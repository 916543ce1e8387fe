"""Ridge regression of each channel on its own window and the known labels."""

from collections.abc import Iterable
from typing import Self

from torch import Tensor

from divecast.config import DecoderConfig
from divecast.errors import DataError, NotFittedError
from divecast.model.linear.filled import fill_window
from divecast.model.linear.label_covariates import Pairs, label_covariates, n_label_covariates, one_hots
from divecast.model.linear.ridge import RidgeShape, RidgeSums, RidgeWeights
from divecast.types import Batch


class PerChannelRidge:
    """A closed-form linear forecast of each channel from its own window and one-hot labels.

    Args:
        penalty: penalty on the squared weights, as a share of the number of windows.
        pairs: pairs of factors whose joint classes are covariates too.
        season: steps per season, by which missing values of a window are filled; see ``fill_window``.
    """

    name = "per-channel ridge"

    def __init__(self, penalty: float = DecoderConfig().ridge_penalty, pairs: Pairs = (), season: int = 0) -> None:
        """Start unfitted."""
        self.penalty, self.pairs, self.season = penalty, pairs, season
        self.weights: RidgeWeights | None = None
        self._n_classes: tuple[int, ...] = ()

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Solve the regression in one pass over the training windows.

        Args:
            batches: windows in scaled units; for each channel, those with missing values in ``y`` are left out.
            n_classes: number of classes of each factor in ``Batch.labels``.

        Raises:
            DataError: there are no windows, or their shapes differ.
            ConfigError: the penalty is too small for the data.
        """
        sums: RidgeSums | None = None
        for batch in batches:
            if sums is None:
                sums = RidgeSums(_shape(batch, n_label_covariates(n_classes, self.pairs)))
            covariates = label_covariates(one_hots(batch.labels, n_classes), self.pairs, batch.x)
            sums.update(fill_window(batch.x, self.season), batch.y, covariates)
        if sums is None:
            raise DataError(expected="at least one batch of windows", found="none", hint="Use more rows")
        self.weights, self._n_classes = sums.solve(self.penalty), n_classes
        return self

    def forecast(self, batch: Batch) -> Tensor:
        """Return the forecast, (batch, horizon, channel), scaled units; missing labels contribute 0.

        Raises:
            NotFittedError: ``fit`` was not called.
        """
        if self.weights is None:
            raise NotFittedError("The ridge regression is not fitted", hint="Call fit(batches, n_classes) first")
        known = one_hots(batch.labels[:, : len(self._n_classes)], self._n_classes)
        covariates = label_covariates(known, self.pairs, batch.x)
        return self.weights.forecast(fill_window(batch.x, self.season), covariates)


def _shape(batch: Batch, n_covariates: int) -> RidgeShape:
    (_, time, channel), horizon = batch.x.shape, batch.y.shape[1]
    return RidgeShape(time, horizon, channel, n_covariates)

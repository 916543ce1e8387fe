"""Per-channel ridge regression on the window and the known labels."""

from collections.abc import Iterable
from typing import Self

from torch import Tensor

from divecast.errors import DataError, NotFittedError
from divecast.model.ridge import DEFAULT_PENALTY, RidgeShape, RidgeSums, RidgeWeights, one_hot_covariates
from divecast.types import Batch


class PerChannelRidge:
    """Closed-form linear forecast of each channel from its own window and one-hot labels.

    Args:
        penalty: on the squared weights, as a share of the number of windows.
    """

    name = "per-channel ridge"

    def __init__(self, penalty: float = DEFAULT_PENALTY) -> None:
        """Start unfitted."""
        self.penalty = penalty
        self.weights: RidgeWeights | None = None
        self._n_classes: tuple[int, ...] = ()

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Solve the regression in one pass over the training windows.

        Args:
            batches: windows in scaled units; those with missing values in a channel's ``y`` are left out for it.
            n_classes: number of classes of each factor in ``Batch.labels``.

        Raises:
            DataError: there are no windows, or their shapes differ.
            ConfigError: the penalty does not suit the data.
        """
        sums: RidgeSums | None = None
        for batch in batches:
            if sums is None:
                sums = RidgeSums(_shape(batch, n_classes))
            sums.update(batch.x, batch.y, one_hot_covariates(batch.labels, n_classes))
        if sums is None:
            raise DataError("the ridge regression needs at least one batch of windows, got none; give more rows")
        self.weights, self._n_classes = sums.solve(self.penalty), n_classes
        return self

    def forecast(self, batch: Batch) -> Tensor:
        """Forecast (batch, horizon, channel) in scaled units; missing labels add nothing.

        Raises:
            NotFittedError: ``fit`` was not called.
        """
        if self.weights is None:
            raise NotFittedError("the ridge regression is not fitted; call fit(batches, n_classes) first")
        return self.weights.forecast(batch.x, one_hot_covariates(batch.labels, self._n_classes))


def _shape(batch: Batch, n_classes: tuple[int, ...]) -> RidgeShape:
    (_, time, channel), horizon = batch.x.shape, batch.y.shape[1]
    return RidgeShape(time, horizon, channel, sum(n_classes))

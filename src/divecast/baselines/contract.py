"""The protocol of baselines."""

from collections.abc import Iterable
from typing import Protocol, Self

from torch import Tensor

from divecast.types import Batch


class Baseline(Protocol):
    """A forecaster that is fitted in one pass over the training windows."""

    @property
    def name(self) -> str:
        """Name in tables."""
        ...

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Fit on the training windows, and return ``self``.

        Args:
            batches: every training window once, scaled units; read in one pass, so it may be a generator.
            n_classes: number of classes of each factor in ``Batch.labels``.

        Raises:
            DataError: the windows cannot be used.
        """
        ...

    def forecast(self, batch: Batch) -> Tensor:
        """Forecast the future of each window.

        Args:
            batch: windows in scaled units; only the shape of ``y`` is used.

        Returns:
            (batch, horizon, channel), scaled units, no NaN.

        Raises:
            NotFittedError: ``fit`` is needed and was not called.
        """
        ...

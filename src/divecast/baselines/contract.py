"""The one contract that every baseline keeps."""

from collections.abc import Iterable
from typing import Protocol, Self

from torch import Tensor

from divecast.types import Batch


class Baseline(Protocol):
    """A forecaster that is fitted in one pass over the training windows."""

    @property
    def name(self) -> str:
        """What tables call it."""
        ...

    def fit(self, batches: Iterable[Batch], n_classes: tuple[int, ...]) -> Self:
        """Fit on the training windows and return itself.

        Args:
            batches: every training window once, scaled units; read in one pass, so a generator will do.
            n_classes: number of classes of each factor in ``Batch.labels``.

        Raises:
            DataError: the windows cannot be used.
        """
        ...

    def forecast(self, batch: Batch) -> Tensor:
        """Forecast the future of each window.

        Args:
            batch: windows in scaled units; of ``y`` only the shape is read.

        Returns:
            (batch, horizon, channel), scaled units, no NaN.

        Raises:
            NotFittedError: ``fit`` is needed and was not called.
        """
        ...

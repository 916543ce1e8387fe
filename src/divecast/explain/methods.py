"""The questions that a fitted model answers about itself, as methods of the estimator."""

from abc import ABC, abstractmethod
from typing import Literal

from divecast.data import Windows
from divecast.fitted import Fitted
from divecast.inference import PartName


class Explaining(ABC):
    """What ``DeepDIVE`` can say of its forecasts and its code; each method's own module does the work."""

    @abstractmethod
    def _need_fitted(self) -> Fitted:
        """Return what the fit left, or say that there was none."""

    @abstractmethod
    def _windows(
        self, data: object, part: PartName, role: Literal["score", "encode"], every: int
    ) -> tuple[Fitted, Windows]:
        """Return the model and every ``every``-th window of a part of the data."""

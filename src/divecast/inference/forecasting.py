"""Forecasts as methods of the estimator: all at once, or a batch at a time."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from divecast.data import Windows
from divecast.errors import ConfigError
from divecast.inference.fitted_model import FittedModel
from divecast.inference.forecast_starts import Moment, forecast_starts
from divecast.inference.predict import LabelMode, forecast_pieces, forecast_windows, pieces
from divecast.inference.results import Forecast

_MOST = 2**63 - 1  # that numpy counts with, and torch draws from


def check_at_least(low: int, **settings: int) -> None:
    """Refuse settings that are no whole number or below ``low`` (ConfigError)."""
    for name, value in settings.items():
        if not isinstance(value, int | np.integer) or isinstance(value, bool) or not low <= value <= _MOST:
            raise ConfigError(f"{name} must be a whole number >= {low}, below 2^63, got {value!r}")


@dataclass(frozen=True, slots=True)
class Share:
    """One of several stretches of the same forecasts, as equal as can be, to divide the work.

    Attributes:
        number: 0, 1, ...
        of: how many there are.

    Raises:
        ConfigError: there is no such share.
    """

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_at_least(0, number=self.number)
        check_at_least(self.number + 1, of=self.of)

    def among(self, n: int) -> slice:
        """Return which of ``n`` things in order are in it; none where there are fewer things than shares."""
        return slice(n * self.number // self.of, n * (self.number + 1) // self.of)


class Forecasting(ABC):
    """How ``DeepDIVE`` forecasts."""

    @property
    @abstractmethod
    def fitted_model(self) -> FittedModel:
        """What the fit left."""

    def forecast(  # noqa: PLR0913  which windows, and what of the distribution
        self,
        data: Any,
        *,
        start: Moment | None = None,
        stop: Moment | None = None,
        every: int = 1,
        labels: LabelMode = "known",
        levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        n_samples: int = 0,
    ) -> Forecast:
        """Forecast the steps after the end of the data, or from a span of rolling origins.

        Args:
            data: at least ``lookback`` rows of the channels of the fit.
            start: first stamp to forecast from; from there to ``stop`` a forecast starts every ``every`` rows. For
                recordings leave both out; ``every`` above 1 then rolls through each recording.
            stop: last stamp a forecast may start at (the row after the end by default).
            every: rows between forecasts.
            labels: ``known`` hands the labels the data give (calendar factors always) to the code; ``infer`` reads
                all of them from the window, as in the paper.
            levels: probabilities of the quantiles.
            n_samples: draws of the whole path, through the code and the likelihood.

        Returns:
            Mean, quantiles and samples in original units; ``.frame()`` gives a table.
        """
        check_at_least(0, n_samples=n_samples)
        fitted, windows = self._chosen(data, start, stop, every)
        return forecast_windows(fitted, windows, labels, levels, n_samples)

    def forecast_batches(  # noqa: PLR0913  as above
        self,
        data: Any,
        *,
        start: Moment | None = None,
        stop: Moment | None = None,
        every: int = 1,
        labels: LabelMode = "known",
        levels: Sequence[float] = (0.05, 0.25, 0.5, 0.75, 0.95),
        share: Share = Share(),
    ) -> Iterator[Forecast]:
        """Forecast as ``forecast`` does, some windows at a time, for more than fits in memory.

        ``write_frames((batch.frame() for batch in model.forecast_batches(...)), path)`` writes them as they come.

        Args:
            data: a store (``open_store``) is never read whole.
            start: as in ``forecast``; so are the others.
            stop: last stamp a forecast may start at.
            every: rows between forecasts.
            labels: whether known labels are handed over.
            levels: probabilities of the quantiles.
            share: only these of the forecasts, where others make the rest.

        Returns:
            Results in order of the windows; joined they are what ``forecast`` gives. What is asked for is checked
            before the first is taken.
        """
        fitted, windows = self._chosen(data, start, stop, every)
        cut = [*pieces(fitted, windows)]  # shared out whole: numbers differ in their last bits with what is beside
        return forecast_pieces(fitted, cut[share.among(len(cut))], labels, levels, 0)

    def _chosen(self, data: Any, start: Moment | None, stop: Moment | None, every: int) -> tuple[FittedModel, Windows]:
        check_at_least(1, every=every)
        fitted = self.fitted_model
        windows = fitted.windows(data)
        return fitted, windows.subset(forecast_starts(windows, start, stop, every))

"""The forecast methods of the estimator: all forecasts at once, or batch by batch."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from divecast.config import check_at_least
from divecast.inference.asked import Asked, Origins
from divecast.inference.dependence import check_paths_fit
from divecast.inference.fitted_model import FittedModel
from divecast.inference.forecast_starts import Moment
from divecast.inference.parts import forecast_parts
from divecast.inference.predict import LabelMode
from divecast.inference.results import Forecast
from divecast.inference.results.ensemble import LEVELS


@dataclass(frozen=True, slots=True)
class Share:
    """One of several consecutive shares of the same work, of sizes as equal as possible.

    Attributes:
        number: index of the share, from 0.
        of: number of shares.

    Raises:
        ConfigError: a number is out of range.

    Example:
        >>> Share(1, of=3).among(10)
        slice(3, 6, None)
    """

    number: int = 0
    of: int = 1

    def __post_init__(self) -> None:
        """Check the numbers."""
        check_at_least(0, number=self.number)
        check_at_least(self.number + 1, of=self.of)

    def among(self, n: int) -> slice:
        """Return the items of ``n`` that are in this share; it may be empty if there are fewer items than shares."""
        return slice(n * self.number // self.of, n * (self.number + 1) // self.of)


class Forecasting(ABC):
    """The forecast methods of ``DeepDIVE``."""

    @property
    @abstractmethod
    def fitted_model(self) -> FittedModel:
        """The fitted model."""

    def forecast(  # noqa: PLR0913  options of one call
        self,
        data: Any,
        *,
        start: Moment | None = None,
        stop: Moment | None = None,
        every: int = 1,
        labels: LabelMode = "known",
        levels: Sequence[float] = LEVELS,
        n_paths: int = 0,
        future: Any = None,
        own_origin: bool | None = None,
    ) -> Forecast:
        """Forecast the steps after the end of the data, or from rolling forecast origins.

        Args:
            data: ``fitted_model.rows_needed`` rows of the series of the fit, in any form that ``fit`` takes; series and
                rows that are not there count as missing. Series that the fit did not see are forecast, too, each with a
                DataWarning: by an independent model like any other, else by the mean of the linear maps. Rows at the
                end that have labels or covariates but no value of any series are those to forecast.
            start: time of the first step of the first forecast; None for a single forecast after the last row. Omit
                ``start`` and ``stop`` for recordings; ``every`` above 1 then forecasts repeatedly within each one.
            stop: time of the first step of the last forecast; None for the row after the last.
            every: rows between forecast origins.
            labels: ``known`` passes the labels of the data to the code (those of calendar factors are always known);
                ``infer`` infers all of them from the window, as in the paper. The effects of the rows stay those of the
                table (docs/effects.md).
            levels: probabilities of the quantiles.
            n_paths: number of sample paths: joint scenarios of all steps and series, which follow the quantiles one by
                one and depend on each other as the errors of the validation part do. ``total``, ``peak`` and
                ``exceeds`` of the result read them.
            future: labels and covariates of the rows after the end of the data: a table, or the path of one, with a
                column of time stamps, and one of series if they differ by series.
            own_origin: whether each series is forecast from its own last value on, not all from the last row of the
                data; by default independent series are, unless ``start`` is given. Then ``origin`` in the table of the
                result differs by series.

        Returns:
            Mean, quantiles and paths in original units; ``parts()`` says what the mean is made of.

        Raises:
            NotFittedError: the model is not fitted.
            DataError: the data cannot be used, or no window ends in the time span.
            ConfigError: an argument is out of range, or the arguments cannot be combined.

        Example:
            >>> model.forecast(panel).mean.shape
            (1, 24, 4)
            >>> model.forecast(panel, start="2016-03-05", every=24, n_paths=5).paths.shape[0]
            5
        """
        check_at_least(0, n_paths=n_paths)
        check_at_least(1, every=every)
        asked = Asked.of(self.fitted_model, data, Origins(start, stop, every, own_origin), future)
        forecast = asked.joined(labels, levels, n_paths)
        if asked.new is not None or asked.ends is not None:
            return forecast
        return forecast.of_parts(partial(forecast_parts, self.fitted_model, asked.windows, labels))

    def forecast_batches(  # noqa: PLR0913  options of one call
        self,
        data: Any,
        *,
        start: Moment | None = None,
        stop: Moment | None = None,
        every: int = 1,
        labels: LabelMode = "known",
        levels: Sequence[float] = LEVELS,
        n_paths: int = 0,
        share: Share = Share(),
        future: Any = None,
        own_origin: bool | None = None,
    ) -> Iterator[Forecast]:
        """Forecast as ``forecast`` does, but yield the result batch by batch, for forecasts larger than the memory.

        ``divecast.data.write_frames((batch.frame() for batch in model.forecast_batches(...)), path)`` writes a file.

        Args:
            data: as in ``forecast``; a store (``open_store``) is never read as a whole.
            start: time of the first step of the first forecast.
            stop: time of the first step of the last forecast.
            every: rows between forecast origins.
            labels: whether labels are ``known`` or inferred (``infer``).
            levels: probabilities of the quantiles.
            n_paths: as in ``forecast``; a batch has the paths of few windows.
            share: the share of the forecasts to make, where several processes divide the work.
            future: as in ``forecast``.
            own_origin: as in ``forecast``.

        Returns:
            Iterator of results in the order of the windows; together they equal the result of ``forecast``. The
            arguments and the data are checked before the first one.

        Raises:
            NotFittedError, DataError, ConfigError: as in ``forecast``.

        Example:
            >>> batches = model.forecast_batches(panel, start="2016-03-05", every=24)
            >>> all(batch.mean.shape[1:] == (24, 4) for batch in batches)
            True
        """
        check_at_least(0, n_paths=n_paths)
        check_at_least(1, every=every)
        asked = Asked.of(self.fitted_model, data, Origins(start, stop, every, own_origin), future)
        # Whole batches are shared out, since the last bits of a forecast depend on the rest of its batch.
        check_paths_fit(n_paths, (1, self.fitted_model.shape.horizon, len(self.fitted_model.channels)))
        batches = asked.cut(n_paths)
        return asked.forecasts(batches[share.among(len(batches))], labels, levels, n_paths)

"""How well the forecasts of each series have done on a part of the data that was held out."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.baselines import LastValue, SeasonalNaive
from divecast.data import Backend, seasons, to_frame
from divecast.data.sources.series_rows import series_names
from divecast.errors import DataError
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.inference.predict import batch_of, forecast_cut, mean_and_quantiles, predict, target_phases
from divecast.inference.spread import spread_windows, times_of

Sums = NDArray[np.float64]

_LEVELS = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class SeriesRecord:
    """How well the forecasts of one series have done.

    Attributes:
        series: name of the series.
        part: the part of the data that was forecast.
        n_forecasts: number of forecast origins.
        n_values: number of values that were compared, over all steps.
        mae: mean absolute error, original units.
        rival: name of the simple forecaster beside it.
        rival_mae: its mean absolute error on the same values.
        coverage: share of the values within their interval.
        nominal: share that the interval should hold.

    Example:
        >>> model.track_record(panel, most=20).of(panel.channels[0]).part
        'test'
    """

    series: str
    part: str
    n_forecasts: int
    n_values: int
    mae: float
    rival: str
    rival_mae: float
    coverage: float
    nominal: float


@dataclass(frozen=True, eq=False, slots=True)
class TrackRecord:
    """How well the forecasts of each series have done on a part of the data, beside a simple forecaster.

    Attributes:
        part: the part of the data.
        series: names of the series.
        rival: name of the simple forecaster: seasonal naive of the longest season in the look-back, or last value.
        n_forecasts: number of forecast origins, evenly spaced.
        n_values: (series,) number of values that were compared, over all steps.
        mae: (series,) mean absolute error, original units; NaN without values.
        rival_mae: (series,) that of the simple forecaster.
        coverage: (series,) share of the values within their interval.
        nominal: share that the intervals should hold.
        backend: kind of the tables that ``frame`` returns by default.

    Example:
        >>> record = model.track_record(panel, most=20)
        >>> record.n_forecasts <= 20, record.mae.shape
        (True, (4,))
    """

    part: str
    series: tuple[str, ...]
    rival: str
    n_forecasts: int
    n_values: NDArray[np.int64]
    mae: Sums
    rival_mae: Sums
    coverage: Sums
    nominal: float
    backend: Backend

    def of(self, series: str) -> SeriesRecord | None:
        """Return the record of a series; None if none of its values was compared.

        Example:
            >>> model.track_record(panel, most=20).of(panel.channels[0]).nominal
            0.9
        """
        if series not in self.series or not self.n_values[self.series.index(series)]:
            return None
        place = self.series.index(series)
        return SeriesRecord(
            series,
            self.part,
            self.n_forecasts,
            int(self.n_values[place]),
            float(self.mae[place]),
            self.rival,
            float(self.rival_mae[place]),
            float(self.coverage[place]),
            self.nominal,
        )

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return one row per series: ``unique_id, n_values, mae, rival_mae, coverage``.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Example:
            >>> list(model.track_record(panel, most=20).frame(backend="pandas").columns)
            ['unique_id', 'n_values', 'mae', 'rival_mae', 'coverage']
        """
        names = ("n_values", "mae", "rival_mae", "coverage")
        columns = {name: getattr(self, name) for name in names}
        return to_frame({"unique_id": np.array(self.series, dtype=object), **columns}, backend or self.backend)

    def __str__(self) -> str:
        """Return the record over all series, in words."""
        better = int((self.mae < self.rival_mae).sum())
        held = np.nansum(self.coverage * self.n_values) / max(1, self.n_values.sum())
        return (
            f"{plural(self.n_forecasts, 'forecast')} of the {self.part} part: the mean absolute error is lower than "
            f"that of {self.rival} in {better} of {plural(len(self.series), 'series')}; "
            f"{100 * self.nominal:.0f} % intervals held {100 * held:.0f} % of the values."
        )


def track_record(fitted: FittedModel, data: Any, part: PartName, most: int) -> TrackRecord:
    """Return how well the forecasts from up to ``most`` origins of a part have done.

    Raises:
        DataError: the data are not those of the fit although a part of them is chosen, or have no window.
        ConfigError: there is no such part.
    """
    windows = fitted.windows(data, part, "score")
    if not len(windows):
        raise DataError(f"No forecast can be compared in the {part} part: no window has a target there")
    windows = spread_windows(windows, most)
    names = series_names(windows.source)
    period = max((each for each in seasons(windows.source.clock) if each <= fitted.shape.lookback), default=0)
    rival = SeasonalNaive(period) if period else LastValue()
    sums = np.zeros((4, len(names)))
    for piece in forecast_cut(fitted, windows):
        batch, own = batch_of(fitted, piece), fitted.at(piece)
        truth, at = own.original(batch.y), target_phases(fitted, piece)
        mean, (low, high) = mean_and_quantiles(own, predict(fitted, batch, "known").forecast, _LEVELS, at)
        errors = np.abs(truth - mean), np.abs(truth - own.original(rival.forecast(batch)))
        known = np.isfinite(truth) & np.isfinite(errors[0]) & np.isfinite(errors[1])
        inside = (low <= truth) & (truth <= high)
        places = np.broadcast_to(
            piece.segments[:, None] if fitted.independent else np.arange(len(names)), (len(piece), truth.shape[2])
        )
        for total, values in zip(sums, (known, *errors, inside), strict=True):
            np.add.at(total, places, np.where(known, values, 0.0).sum(1))
    n, counts = sums[0].astype(np.int64), np.where(sums[0] > 0, sums[0], np.nan)
    mae, rival_mae, coverage = sums[1:] / counts
    return TrackRecord(
        part=part,
        series=tuple(names),
        rival=f"seasonal naive ({period})" if period else "last value",
        n_forecasts=len(np.unique(times_of(windows))),
        n_values=n,
        mae=mae,
        rival_mae=rival_mae,
        coverage=coverage,
        nominal=round(_LEVELS[1] - _LEVELS[0], 6),
        backend=windows.source.backend,
    )

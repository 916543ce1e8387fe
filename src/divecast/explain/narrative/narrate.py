"""Collects the facts of one forecast of one series."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._text import did_you_mean, plural
from divecast.data import Source, Windows, seasons
from divecast.data.sources.series_rows import SeriesRows
from divecast.errors import ConfigError, DataError
from divecast.explain.anomalies.anomaly_reasons import moment
from divecast.explain.narrative.narrative import (
    LabelReading,
    Narrative,
    PartOfForecast,
    PreviousForecast,
    StepForecast,
    UsualValues,
)
from divecast.explain.places import Places, windows_at
from divecast.inference.fitted_model import FittedModel
from divecast.inference.parts import forecast_parts
from divecast.inference.predict import forecast_windows, infer_window_labels
from divecast.inference.results import Floats, Forecast, ForecastParts
from divecast.inference.track_record import SeriesRecord, TrackRecord, track_record
from divecast.inference.warn_untold import warn_cut, warn_untold

_LEVELS = (0.05, 0.95)
_MOST_BLOCKS, _LEAST_BLOCKS, _LEAST_KNOWN = 52, 4, 0.5
_MOST_FORECASTS = 200  # of the record


def narrate(
    fitted: FittedModel, data: Any, at: Places, series: str | None, unit: str | None, record: TrackRecord | None
) -> Narrative:
    """Return one forecast of one series as a paragraph with its facts; see ``DeepDIVE.narrate``."""
    source = fitted.source(data)
    windows = fitted.without_outliers(fitted.windows_of(source, None, "encode", "common"))
    chosen = _one_place(windows, at, fitted.independent)
    warn_untold(fitted, chosen)
    warn_cut(fitted, chosen)
    forecast = forecast_windows(fitted, chosen, "known", _LEVELS)
    names = forecast.channels
    if series is not None and series not in names:
        raise ConfigError(
            f"There is no series {series!r} to forecast",
            hint=did_you_mean(series, names) or "Pass the name of a series of the data as {series}",
            argument="series",
        )
    place = _most_unusual(forecast, chosen) if series is None else names.index(series)
    found = _Found.of(fitted, windows, chosen, forecast, place)
    known, reason = _record(fitted, source, names[place], record)
    mean = forecast.mean[0, :, place]
    return Narrative(
        series=names[place],
        n_series=len(names),
        is_chosen=series is None and len(names) > 1,
        recording=None if forecast.keys.recordings is None else str(forecast.keys.recordings[0]),
        zone=None if source.clock is None else source.clock.tz,
        unit=unit,
        n_steps=len(mean),
        first=found.times[0],
        last=found.times[-1],
        mean=float(mean.mean(dtype=np.float64)),
        interval=round(_LEVELS[1] - _LEVELS[0], 6),
        highest=found.step(int(mean.argmax())),
        lowest=found.step(int(mean.argmin())),
        usual=found.usual(),
        parts=found.parts(),
        labels=found.labels(),
        n_missing=int(np.isnan(found.past[-fitted.shape.lookback :]).sum()),
        lookback=fitted.shape.lookback,
        previous=found.previous(),
        trained_on=_is_trained_on(fitted, source, chosen),
        record=known,
        no_record=reason,
    )


def _one_place(windows: Windows, at: Places, independent: bool) -> Windows:
    chosen = windows_at(windows, at)
    n = 1 if independent else len(chosen)
    if n != 1:
        raise ConfigError(
            "A narrative is about one forecast",
            found=plural(n, "forecast"),
            hint="Pass one place as {at}, such as the name of a recording",
            argument="at",
        )
    if not len(chosen):
        raise DataError("There is no window to forecast from", argument="at")
    return chosen


@dataclass(frozen=True, eq=False, slots=True)
class _Found:
    """A forecast of one series.

    Attributes:
        fitted: the model.
        all_windows: all windows of the data.
        window: the window of the forecast, one.
        channel: column of the series in the channels of the model.
        forecast: mean and quantiles of the series, (horizon,).
        times: of the steps, as text.
        past: (row,) values of the series before the forecast, original units.
    """

    fitted: FittedModel
    all_windows: Windows
    window: Windows
    channel: int
    forecast: tuple[Floats, Floats, Floats]
    times: tuple[str, ...]
    past: NDArray[np.float64]

    @classmethod
    def of(cls, fitted: FittedModel, windows: Windows, chosen: Windows, forecast: Forecast, place: int) -> "_Found":
        """Collect what is known of the series at a place among those of the forecast."""
        channel = 0 if fitted.independent else place
        window = chosen.subset(chosen.segments == place) if fitted.independent else chosen
        if not len(window) or not np.isfinite(forecast.mean[0, :, place]).all():
            raise DataError(f"{forecast.channels[place]!r} has no forecast here: it has no value in the look-back")
        source, origin, segment = window.source, int(window.origins[0]), int(window.segments[0])
        curves = forecast.mean[0, :, place], forecast.quantiles[0, 0, :, place], forecast.quantiles[1, 0, :, place]
        times = tuple(moment(stamp) for stamp in forecast.keys.stamps[0, 1:])
        past = np.asarray(source.values[int(source.offsets[segment]) : origin, channel], dtype=np.float64)
        return cls(fitted, windows, window, channel, curves, times, past)

    def step(self, number: int) -> StepForecast:
        """Return the forecast of a step."""
        mean, low, high = (float(curve[number]) for curve in self.forecast)
        return StepForecast(self.times[number], mean, low, high)

    def usual(self) -> UsualValues | None:
        """Return the blocks of the past that are a season or several before the forecast."""
        horizon, between = self.fitted.shape.horizon, _rows_between(self.window.source, self.fitted.shape.horizon)
        first = len(self.past) - between * np.arange(-(-horizon // between), _MOST_BLOCKS + 1)
        blocks = [self.past[row : row + horizon] for row in first if row >= 0]
        known = [block[~np.isnan(block)] for block in blocks]
        means = np.array([block.mean() for block in known if len(block) >= _LEAST_KNOWN * horizon])
        if len(means) < _LEAST_BLOCKS:
            return None
        n_below = int((means < self.forecast[0].mean(dtype=np.float64)).sum())
        return UsualValues(len(means), between, float(means.mean()), float(means.min()), float(means.max()), n_below)

    def parts(self) -> tuple[PartOfForecast, ...] | None:
        """Return the parts of the forecast mean; the level first, then the largest."""
        try:
            parts: ForecastParts = forecast_parts(self.fitted, self.window, "known")
        except ConfigError:
            return None
        values = parts.values[:, 0, :, self.channel].astype(np.float64)
        order = sorted(range(len(values)), key=lambda i: (parts.kinds[i] != "level", -np.abs(values[i]).mean()))
        return tuple(self._part(parts.names[i], parts.kinds[i], values[i]) for i in order)

    def _part(self, name: str, kind: str, values: NDArray[np.float64]) -> PartOfForecast:
        low, high = int(values.argmin()), int(values.argmax())
        ends = float(values[low]), self.times[low], float(values[high]), self.times[high]
        return PartOfForecast(name, kind, float(values.mean()), *ends)

    def labels(self) -> tuple[LabelReading, ...]:
        """Return the labels of the last row of the window, as given and as read."""
        if not self.fitted.network.marginal.infers_labels:
            return ()
        labels = infer_window_labels(self.fitted, self.window)
        columns = zip(labels.factors, labels.classes, labels.probabilities, labels.given[0].tolist(), strict=True)
        return tuple(
            LabelReading(
                factor,
                None if given < 0 else classes[given],
                classes[int(shares[0].argmax())],
                float(shares[0].max()),
            )
            for factor, classes, shares, given in columns
        )

    def previous(self) -> PreviousForecast | None:
        """Return what came of the forecast a horizon earlier."""
        horizon, windows = self.fitted.shape.horizon, self.all_windows
        earlier = (windows.origins == self.window.origins[0] - horizon) & (windows.segments == self.window.segments[0])
        if not earlier.any():
            return None
        forecast = forecast_windows(self.fitted, replace(windows.subset(earlier), own_origin=False), "known", _LEVELS)
        place = int(self.window.segments[0]) if self.fitted.independent else self.channel
        truth = self.past[-horizon:]
        known = ~np.isnan(truth)
        if not known.any():
            return None
        low, high = forecast.quantiles[:, 0, :, place]
        inside = int(((low <= truth) & (truth <= high))[known].sum())
        error = float((truth - forecast.mean[0, :, place])[known].mean())
        n_known = int(known.sum())
        return PreviousForecast(n_known, inside, round(n_known * (_LEVELS[1] - _LEVELS[0]), 6), error)


def _rows_between(source: Source, horizon: int) -> int:
    """Return the longest season of the clock, so that blocks lie at the same time of it; the horizon without one."""
    return max(seasons(source.clock), default=horizon)


def _most_unusual(forecast: Forecast, chosen: Windows) -> int:
    """Return the series whose forecast departs most from its level in the window, in deviations of the window."""
    source, lookback = chosen.source, chosen.shape.lookback
    mean = forecast.mean[0].mean(axis=0, dtype=np.float64)
    departures = np.full(len(mean), -np.inf)
    for origin, segment in zip(chosen.origins.tolist(), chosen.segments.tolist(), strict=True):
        first = max(int(source.offsets[segment]), origin - lookback)
        block = np.asarray(source.values[first:origin], dtype=np.float64)
        columns = [segment] if isinstance(source, SeriesRows) else range(len(mean))
        for place, column in zip(columns, block.T, strict=True):
            values = column[~np.isnan(column)]
            if len(values) > 1 and values.std() > 0 and np.isfinite(mean[place]):
                departures[place] = abs(mean[place] - values.mean()) / values.std()
    return int(departures.argmax())


def _is_trained_on(fitted: FittedModel, source: Source, chosen: Windows) -> bool:
    """Return whether the first step of the forecast is among the rows of the training part."""
    until = fitted.provenance.trained_until
    if until is None or source.clock is None:
        return False
    row = chosen.source.blocks.panel_rows(chosen.origins) if isinstance(chosen.source, SeriesRows) else chosen.origins
    return bool(source.clock.at(row)[0] <= np.datetime64(until))


def _record(
    fitted: FittedModel, source: Source, series: str, record: TrackRecord | None
) -> tuple[SeriesRecord | None, str | None]:
    """Return how well forecasts of a series have done, or why that is not known."""
    if record is None:
        if not fitted.is_fit_data(source):
            return None, "these are not the data of the fit, whose test part was held out"
        if fitted.provenance.refit:
            return None, "the last fit took all rows, so that no part is held out"
        try:
            record = track_record(fitted, source, "test", _MOST_FORECASTS)
        except (ConfigError, DataError) as error:
            return None, error.problem or "no part is held out"
    found = record.of(series)
    return found, None if found is not None else f"no value of {series} was compared in the {record.part} part"

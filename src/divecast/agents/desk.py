"""A fitted model and its data, with what is computed once for all questions."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from divecast._text import did_you_mean
from divecast.data import Panel, Recordings, Windows, n_future
from divecast.errors import ConfigError, DataError, DivecastError
from divecast.estimator import DeepDIVE
from divecast.explain.anomalies.reference import Reference, reference_for
from divecast.explain.places import Place, windows_at
from divecast.inference.evaluation import Evaluation
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import forecast_cut, forecast_pieces
from divecast.inference.results import Forecast
from divecast.inference.spread import spread_step
from divecast.inference.track_record import TrackRecord
from divecast.web.cached import Cached

_MOST_FORECASTS = 400  # of the record and the scores


@dataclass(frozen=True, eq=False, slots=True)
class Desk:
    """A fitted model and its data.

    Attributes:
        model: the model; no question changes it.
        source: the data.
        unit: unit of the values; None if it is not known.
        windows: windows of the data.
        record: how well forecasts of each series have done on the test part.
        evaluation: scores on the test part, next to simple forecasters.
        reference: of the anomaly scores.
    """

    model: DeepDIVE
    source: Panel | Recordings
    unit: str | None
    windows: Cached[Windows]
    record: Cached[TrackRecord]
    evaluation: Cached[Evaluation]
    reference: Cached[Reference]

    @classmethod
    def of(cls, model: DeepDIVE, data: Any, unit: str | None = None) -> "Desk":
        """Prepare a model and data.

        Raises:
            DataError: the data cannot be used.
        """
        fitted = model.fitted_model
        source: Any = fitted.source(data)
        return cls(
            model=model,
            source=source,
            unit=unit,
            windows=Cached(
                lambda: fitted.without_outliers(fitted.windows_of(source, None, "encode", "common")),
            ),
            record=Cached(partial(_record, model, source)),
            evaluation=Cached(partial(_evaluation, model, source)),
            reference=Cached(lambda: reference_for(fitted, fitted.windows(source, keep_outliers=True))),
        )

    @property
    def fitted(self) -> FittedModel:
        """The fitted model."""
        return self.model.fitted_model

    @property
    def zone(self) -> str | None:
        """Time zone of the data; None for recordings."""
        return None if self.source.clock is None else self.source.clock.tz

    @property
    def series(self) -> tuple[str, ...]:
        """Names of the series."""
        return tuple(self.source.channels)

    def no_record(self) -> str | None:
        """Return why it is not known how well forecasts have done; None if it is."""
        if self.fitted.provenance.refit:
            return "the last fit took all rows, so that no part is held out"
        if not self.fitted.is_fit_data(self.source):
            return "these are not the data of the fit, whose test part was held out"
        try:
            self.record()
        except DivecastError as error:
            return error.worded(lambda name: name)
        return None

    def place(self, at: str | None, second: float | None) -> Place:
        """Return the place of a window, by default at the end of the data.

        Raises:
            ConfigError: a panel has no seconds, or a recording is to be named.
        """
        if isinstance(self.source, Panel):
            if second is not None:
                raise ConfigError("A panel has no recordings", hint="Leave out {second}", argument="second")
            return at if at is not None else self._end()
        if at is None:
            if len(self.source.names) > 1:
                raise ConfigError(
                    f"The data have {len(self.source.names)} recordings",
                    hint=f"Name one as {{at}}, such as {self.source.names[0]}",
                    argument="at",
                )
            at = self.source.names[0]
        return at if second is None else (at, second)

    def _end(self) -> np.datetime64:
        """Return the time after the last row that is not of the future."""
        assert isinstance(self.source, Panel)  # noqa: S101  recordings have no clock
        end: np.datetime64 = self.source.clock.at(np.array([len(self.source.values) - n_future(self.source)]))[0]
        return end

    def window(self, at: str | None, second: float | None) -> Windows:
        """Return the window at a place; of independent series those of all series."""
        return windows_at(self.windows(), self.place(at, second))

    def forecast(self, at: str | None, second: float | None, levels: Sequence[float], n_paths: int = 0) -> Forecast:
        """Return the forecast at a place, of all series."""
        place = self.place(at, second)
        if isinstance(self.source, Panel):
            return self.model.forecast(self.source, start=at, stop=at, levels=levels, n_paths=n_paths)
        windows = windows_at(self.windows(), place)
        cut = [*forecast_cut(self.fitted, windows, n_paths)]
        return Forecast.joined(forecast_pieces(self.fitted, cut, "known", levels, n_paths), len(windows))

    def check_series(self, names: Sequence[str] | None) -> list[str]:
        """Return the names of series, of all if none are given.

        Raises:
            ConfigError: there is no such series.
        """
        if names is None:
            return [*self.series]
        for name in names:
            if name not in self.series:
                raise ConfigError(
                    f"There is no series {name!r:.80}",
                    hint=did_you_mean(name, self.series) or "The tool describe lists the names",
                    argument="series",
                )
        return [*names]


def _record(model: DeepDIVE, source: Any) -> TrackRecord:
    return model.track_record(source, most=_MOST_FORECASTS)


def _evaluation(model: DeepDIVE, source: Any) -> Evaluation:
    windows = model.fitted_model.windows(source, "test", "score")
    n = len(np.unique(windows.origins))
    if not n:
        raise DataError("No forecast can be compared in the test part")
    return model.evaluate(source, every=spread_step(n, _MOST_FORECASTS, source.clock))

"""Forecasts of windows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from itertools import chain
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.config import check_choice
from divecast.data import Backend
from divecast.errors import ConfigError, DataError
from divecast.inference.results.columns import Columns, Floats, merged
from divecast.inference.results.ensemble import Ensemble, Groups, Period
from divecast.inference.results.keys import Keys
from divecast.inference.results.parts import ForecastParts

Layout = Literal["long", "wide"]


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Forecast(Plottable):
    """Forecasts of one or more windows, in original units.

    Attributes:
        keys: the windows, with the times of their last row and of the forecast steps.
        channels: names of the channels.
        mean: (window, horizon, channel) mean of the likelihood at the mean code.
        levels: probabilities of the quantiles, increasing.
        quantiles: (level, window, horizon, channel), calibrated.
        paths: (path, window, horizon, channel) joint scenarios; empty for ``n_paths=0``.

    Example:
        >>> forecast = model.forecast(panel, levels=(0.1, 0.9))
        >>> forecast.mean.shape, forecast.quantiles.shape
        ((1, 24, 4), (2, 1, 24, 4))
    """

    keys: Keys
    channels: tuple[str, ...]
    mean: Floats
    levels: tuple[float, ...]
    quantiles: Floats
    paths: Floats
    # Computes the parts, from the model and the windows; not part of the result, so not shown and not pickled.
    _parts: Callable[[], ForecastParts] | None = field(default=None, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle the arrays alone."""
        return type(self), tuple(getattr(self, each.name) for each in fields(self) if each.repr)

    def parts(self) -> ForecastParts:
        """Return what the forecasts are made of; computed when called.

        Returns:
            Level, effects of factors and covariates, what the window carries on, and the correction by code and
            network: in original units, and their sum is ``mean``.

        Raises:
            DataError: this forecast has no model to ask: it is from ``forecast_batches``, from a file or of a what-if.

        Example:
            >>> model.forecast(panel).parts().names[:3]
            ('level', 'hour', 'weekday')
        """
        if self._parts is None:
            raise DataError(
                "This forecast does not know the model and the windows that it is of, so it has no parts",
                hint="Use the result of DeepDIVE.forecast, with a {start} and {stop} that keep it small",
            )
        return self._parts()

    @property
    def ensemble(self) -> Ensemble:
        """The paths, step by step, as what ``total``, ``peak`` and ``exceeds`` begin with.

        Raises:
            ConfigError: the forecast has no paths, or the series start at different times.

        Example:
            >>> model.forecast(panel, n_paths=100).ensemble.quantiles((0.05, 0.95)).shape
            (2, 1, 24, 4)
        """
        if not len(self.paths):
            raise ConfigError(
                "This forecast has no sample paths, and a total or peak has no quantiles without them",
                hint="Forecast with {n_paths} of some hundred",
                argument="n_paths",
            )
        if self.keys.own is not None:
            raise ConfigError(
                "The series start at different times, so that a step has no time that they share",
                hint="Forecast all of them from a common origin",
                argument="own_origin",
            )
        starts = self.keys.stamps[:, 1:]
        return Ensemble("value", self.channels, self.paths, starts, np.ones(starts.shape, np.int64), self.keys)

    def total(self, by: Period | Groups = "horizon") -> Ensemble:
        """Return sums of the paths over steps or series; see :meth:`Ensemble.total`.

        Example:
            >>> model.forecast(panel, n_paths=100).total("day").quantiles((0.05, 0.95)).shape
            (2, 1, 1, 4)
        """
        return self.ensemble.total(by)

    def peak(self, by: Period = "horizon") -> Ensemble:
        """Return the largest values of the paths; see :meth:`Ensemble.peak`.

        Example:
            >>> model.forecast(panel, n_paths=100).peak().mean.shape
            (1, 1, 4)
        """
        return self.ensemble.peak(by)

    def exceeds(self, threshold: float | Mapping[str, float]) -> Ensemble:
        """Return where the paths are above a threshold; ``mean`` is the probability. See :meth:`Ensemble.exceeds`.

        Example:
            >>> model.forecast(panel, n_paths=100).exceeds(0.5).mean.shape
            (1, 24, 4)
        """
        return self.ensemble.exceeds(threshold)

    def of_parts(self, parts: Callable[[], ForecastParts]) -> "Forecast":
        """Return the forecast with a function that computes its parts.

        Example:
            >>> forecast = model.forecast(panel)
            >>> forecast.of_parts(forecast.parts).parts().channels == forecast.channels
            True
        """
        return replace(self, _parts=parts)

    @classmethod
    def joined(cls, batches: Iterable["Forecast"], n_windows: int) -> "Forecast":
        """Concatenate forecasts of the same model and data along the windows.

        Args:
            batches: at least one; taken one after another, so that only one is held besides the result.
            n_windows: number of windows of all batches together.

        Example:
            >>> one = model.forecast(panel)
            >>> type(one).joined([one, one], n_windows=2).mean.shape
            (2, 24, 4)
        """
        rest = iter(batches)
        first = next(rest)
        whole, keys, parts, done = first._empty_for(n_windows), [], [], 0
        for batch in chain((first,), rest):
            keys.append(batch.keys)
            parts.append(batch._parts)
            rows = slice(done, done + len(batch.mean))
            whole.mean[rows] = batch.mean
            whole.quantiles[:, rows] = batch.quantiles
            whole.paths[:, rows] = batch.paths
            done = rows.stop
        known = [each for each in parts if each is not None]
        return replace(
            whole, keys=Keys.joined(keys), _parts=partial(_joined_parts, known) if len(known) == len(parts) else None
        )

    def _empty_for(self, n_windows: int) -> "Forecast":
        mean, quantiles, paths = (
            np.empty((*array.shape[:-3], n_windows, *array.shape[-2:]), array.dtype)
            for array in (self.mean, self.quantiles, self.paths)
        )
        return replace(self, mean=mean, quantiles=quantiles, paths=paths)

    def frame(self, layout: Layout = "long", *, backend: Backend | None = None) -> Any:
        """Return the forecasts as a table.

        ``ds`` is the time of the step and ``origin`` that of the window's last row: in the type and zone of the data's
        time stamps, wall time if these name no zone, or seconds since the start of a recording. The columns that name
        the series in the data follow ``unique_id``, in the type they have there.

        Args:
            layout: ``long`` has one row per window, channel and step with the columns ``unique_id, origin, step, ds,
                mean`` and one column per quantile (``q0.05``); ``wide`` has one row per window and step, and the means
                in one column per channel.
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Raises:
            ConfigError: there is no such layout, or a channel has the name of another column of the wide table.

        Example:
            >>> list(model.forecast(panel, levels=(0.1, 0.9)).frame(backend="pandas").columns)
            ['unique_id', 'origin', 'step', 'ds', 'mean', 'q0.1', 'q0.9']
        """
        check_choice(get_args(Layout), layout=layout)
        return self.keys.frame(self._long() if layout == "long" else self._wide(), backend)

    def _long(self) -> Columns:
        windows, horizon, channels = self.mean.shape

        def by_channel(array: NDArray[Any]) -> NDArray[Any]:
            return array.swapaxes(-1, -2).reshape(-1)

        def per_window(column: NDArray[Any]) -> NDArray[Any]:
            return np.repeat(column, horizon * channels)

        steps = np.broadcast_to(np.arange(1, horizon + 1), (windows, channels, horizon)).reshape(-1)
        own = self.keys.own
        times = self.keys.times[:, None] if own is None else own.times.swapaxes(1, 2)
        stamps = np.broadcast_to(times[..., 1:], (windows, channels, horizon)).reshape(-1)
        series = self.keys.series(self.channels, np.tile(np.repeat(np.arange(channels), horizon), windows))
        keys = {name: per_window(column) for name, column in self.keys.columns("origin", 0).items()}
        if own is not None:
            keys["origin"] = np.repeat(times[..., 0].reshape(-1), horizon)
        quantiles = {f"q{level:g}": by_channel(q) for level, q in zip(self.levels, self.quantiles, strict=True)}
        return merged(series, keys, {"step": steps, "ds": stamps, "mean": by_channel(self.mean)}, quantiles)

    def _wide(self) -> Columns:
        if self.keys.own is not None:
            raise ConfigError(
                "The series start at different times, so that a row cannot hold them all",
                hint='Use {layout} "long", or forecast from a common origin',
                argument="layout",
            )
        windows, horizon, _ = self.mean.shape
        keys = {name: np.repeat(column, horizon) for name, column in self.keys.columns("origin", 0).items()}
        steps = np.tile(np.arange(1, horizon + 1), windows)
        means = dict(zip(self.channels, self.mean.reshape(windows * horizon, -1).T, strict=True))
        return merged({**keys, "step": steps, "ds": self.keys.times[:, 1:].reshape(-1)}, means)


def _joined_parts(parts: Iterable[Callable[[], ForecastParts]]) -> ForecastParts:
    return ForecastParts.joined([each() for each in parts])

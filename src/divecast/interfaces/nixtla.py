"""Fit, predict and cross-validate as Nixtla's libraries do (statsforecast, neuralforecast): with their tables.

The columns follow theirs, so that ``utilsforecast.evaluation.evaluate`` reads the results: ``unique_id, ds`` and one
column for the model, with ``-lo-90`` and ``-hi-90`` at its end for the bounds of a 90 % interval.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import narwhals as nw
import numpy as np
from numpy.typing import NDArray

from divecast._text import plural
from divecast.config import check_at_least
from divecast.data import Label, Panel, as_panel, past_rows
from divecast.errors import ConfigError, DataError, NotFittedError
from divecast.estimator import DeepDIVE
from divecast.inference.results import Forecast


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names of the columns of the user's tables."""

    id: str
    time: str
    target: str


class DivecastForecaster:
    """A DeepDIVE that takes and returns the tables of Nixtla's libraries.

    Tables are pandas, polars or pyarrow, with one row per series and time; the results are of the kind that came in.

    Args:
        model: settings of the fits: ``DeepDIVE(horizon=..., factors=..., covariates=...)``. Columns of the table beside
            id, time and target are used if the model names them as label or covariate, else named in a DataWarning.
        alias: name of the column of forecasts.
        all_rows: whether each fit ends with one on all rows of its table, as ``DeepDIVE.fit(refit=True)``; if not, the
            newest rows are kept back, and a fit takes half the time.

    Example:
        >>> days = np.datetime64("2024-01-01") + np.arange(150)
        >>> table = pandas.DataFrame({"unique_id": "a", "ds": days, "y": np.arange(150) % 7.0})
        >>> quick = DeepDIVE(7, 14, training=TrainingConfig(epochs=1))
        >>> forecaster = DivecastForecaster(quick, all_rows=False).fit(table)
        >>> list(forecaster.predict(7, level=[80]).columns)
        ['unique_id', 'ds', 'divecast', 'divecast-lo-80', 'divecast-hi-80']
    """

    def __init__(self, model: DeepDIVE, *, alias: str = "divecast", all_rows: bool = True) -> None:
        self.model = model
        self.alias = alias
        self.all_rows = all_rows
        self._fitted: tuple[DeepDIVE, Panel, _Columns] | None = None

    def fit(
        self,
        df: Any,
        static_df: Any = None,
        *,
        id_col: str = "unique_id",
        time_col: str = "ds",
        target_col: str = "y",
    ) -> Self:
        """Fit the model to all series of a table.

        Args:
            df: the table; labels and covariates of rows to forecast may be in it, as rows without a target.
            static_df: facts of the series, one row per series, with ``id_col``.
            id_col: column that names the series.
            time_col: column of time stamps.
            target_col: column of values.

        Returns:
            The forecaster itself.

        Raises:
            DataError: the table cannot be used.
            ConfigError: the settings do not suit it.

        Example:
            >>> days = np.datetime64("2024-01-01") + np.arange(150)
            >>> table = pandas.DataFrame({"shop": "a", "day": days, "sales": np.arange(150) % 7.0})
            >>> quick = DivecastForecaster(DeepDIVE(7, 14, training=TrainingConfig(epochs=1)), all_rows=False)
            >>> quick.fit(table, id_col="shop", time_col="day", target_col="sales").predict(7).columns[0]
            'shop'
        """
        columns = _Columns(id_col, time_col, target_col)
        panel = self._panel(self.model, df, static_df, columns)
        self._fitted = (self._fit(self.model, panel), panel, columns)
        return self

    def predict(
        self,
        h: int | None = None,
        X_df: Any = None,  # noqa: N803  as in Nixtla's libraries
        level: Sequence[float] | None = None,
        *,
        df: Any = None,
    ) -> Any:
        """Forecast the steps after the end of the table of the fit, or of another one.

        Independent series are forecast from their own last value on.

        Args:
            h: number of steps, at most the ``horizon`` of the model; None for all of them.
            X_df: labels and covariates of these steps, by time, or by series and time.
            level: central intervals to give, percent, such as ``[80, 90]``; None for none.
            df: table to forecast from; None for that of the fit.

        Returns:
            A table with ``id_col, time_col, alias`` and the bounds of the intervals, in order of series and time.

        Raises:
            NotFittedError: the forecaster is not fitted.
            ConfigError: ``h`` or a level is out of range.
            DataError: a table cannot be used.

        Example:
            >>> DivecastForecaster(DeepDIVE(7)).predict(7)
            Traceback (most recent call last):
            ...
            divecast.errors.NotFittedError: This forecaster is not fitted yet. Call fit(df).
        """
        model, panel, columns = self._known()
        steps = _steps(h, model)
        data = panel if df is None else self._panel(model, df, None, columns)
        forecast = model.forecast(data, levels=_quantiles(level), future=X_df)
        return self._table(forecast, level, steps, columns).drop("cutoff").to_native()

    def cross_validation(  # noqa: PLR0913  as in Nixtla's libraries
        self,
        df: Any,
        h: int | None = None,
        n_windows: int = 1,
        step_size: int | None = None,
        level: Sequence[float] | None = None,
        *,
        refit: bool | int = False,
        static_df: Any = None,
        id_col: str = "unique_id",
        time_col: str = "ds",
        target_col: str = "y",
    ) -> Any:
        """Forecast the last rows of a table from several cutoffs, by models that saw no row after the cutoff.

        The last window ends with the table. What the table says of the steps to forecast (labels, covariates known
        ahead) is used. The forecaster itself is not fitted, or stays as it was.

        Args:
            df: as in ``fit``.
            h: number of steps of each window; None for the ``horizon`` of the model. Models of another ``horizon`` are
                fitted with this one.
            n_windows: number of windows.
            step_size: steps from one cutoff to the next; None for ``h``.
            level: as in ``predict``.
            refit: False to fit once, before the first cutoff; True to fit before each of them, or a number to fit
                before each so many.
            static_df: as in ``fit``.
            id_col: column that names the series.
            time_col: column of time stamps.
            target_col: column of values.

        Returns:
            A table with ``id_col, time_col, cutoff, target_col, alias`` and the bounds of the intervals, in order of
            series, cutoff and time; the target is in float32, and missing where the table has none.

        Raises:
            DataError: the table cannot be used, or has too few rows.
            ConfigError: an argument is out of range.

        Example:
            >>> days = np.datetime64("2024-01-01") + np.arange(150)
            >>> table = pandas.DataFrame({"unique_id": "a", "ds": days, "y": np.arange(150) % 7.0})
            >>> quick = DivecastForecaster(DeepDIVE(7, 14, training=TrainingConfig(epochs=1)), all_rows=False)
            >>> scored = quick.cross_validation(table, h=7, n_windows=2)
            >>> list(scored.columns), len(scored)
            (['unique_id', 'ds', 'cutoff', 'y', 'divecast'], 14)
        """
        columns = _Columns(id_col, time_col, target_col)
        horizon = self.model.horizon if h is None else h
        check_at_least(1, h=horizon, n_windows=n_windows, step_size=horizon if step_size is None else step_size)
        check_at_least(0, refit=int(refit))
        panel = self._panel(self.model, df, static_df, columns)
        model = DeepDIVE(**{**self.model.get_params(deep=False), "horizon": horizon})
        origins = _origins(panel, horizon, n_windows, step_size or horizon)
        at_once = len(origins) if refit is False else max(1, int(refit))
        tables = []
        for first in range(0, len(origins), at_once):
            window = origins[first : first + at_once]
            fitted = self._fit(model, panel.rows(0, int(window[0])))
            start, stop = panel.clock.at(window[[0, -1]])
            forecast = fitted.forecast(
                panel, start=start, stop=stop, every=step_size or horizon, levels=_quantiles(level)
            )
            tables.append(self._table(forecast, level, horizon, columns, panel))
        table = nw.concat(tables).sort(columns.id, "cutoff", columns.time)
        return nw.maybe_reset_index(table).to_native()

    def _panel(self, model: DeepDIVE, df: Any, static_df: Any, columns: _Columns) -> Panel:
        plan = model.plan
        labels = [factor for factor in plan.factors if isinstance(factor, Label)]
        return as_panel(
            df,
            columns.time,
            labels,
            covariates=plan.covariates,
            static=static_df,
            id=columns.id,
            value=columns.target,
        )

    def _fit(self, model: DeepDIVE, panel: Panel) -> DeepDIVE:
        return DeepDIVE(**model.get_params(deep=False)).fit(panel, refit=self.all_rows, progress=False)

    def _known(self) -> tuple[DeepDIVE, Panel, _Columns]:
        if self._fitted is None:
            raise NotFittedError("This forecaster is not fitted yet", hint="Call fit(df)")
        return self._fitted

    def _table(
        self,
        forecast: Forecast,
        level: Sequence[float] | None,
        steps: int,
        columns: _Columns,
        panel: Panel | None = None,
    ) -> nw.DataFrame[Any]:
        """Return forecasts in the columns of Nixtla's tables, with the cutoff of each, and the values of a panel."""
        frame = nw.from_native(forecast.frame(), eager_only=True)
        names = {columns.id: columns.id if columns.id in frame.columns else "unique_id"}
        names |= {columns.time: "ds", "cutoff": "origin", self.alias: "mean"}
        rising = sorted(level or ())
        names |= {f"{self.alias}-lo-{one:g}": f"q{_tail(one):g}" for one in reversed(rising)}
        names |= {f"{self.alias}-hi-{one:g}": f"q{1 - _tail(one):g}" for one in rising}
        chosen = frame.filter(nw.col("step") <= steps).select(**{new: nw.col(old) for new, old in names.items()})
        if panel is not None:
            target = nw.new_series(columns.target, _targets(forecast, panel, steps), backend=chosen.implementation)
            keys, rest = chosen.columns[:3], chosen.columns[3:]
            chosen = chosen.with_columns(target.fill_nan(None)).select(*keys, columns.target, *rest)
        return nw.maybe_reset_index(chosen.sort(columns.id, "cutoff", columns.time))


def _targets(forecast: Forecast, panel: Panel, steps: int) -> NDArray[np.float32]:
    """Return the values of a panel at the first steps of forecasts of it, in the order of their long table."""
    rows = forecast.keys.origins[:, None, None] + np.arange(steps)
    places = np.array([panel.channels.index(name) for name in forecast.channels])
    return np.asarray(panel.values[rows, places[:, None]]).reshape(-1)


def _steps(h: int | None, model: DeepDIVE) -> int:
    steps = model.horizon if h is None else h
    check_at_least(1, h=steps)
    if steps > model.horizon:
        raise ConfigError(
            "The model was fitted to forecast fewer steps",
            expected=f"at most {model.horizon}",
            found=str(steps),
            hint="Fit one with a longer {horizon}",
            argument="h",
        )
    return steps


def _tail(level: float) -> float:
    """Return the share below a central interval."""
    return round((100 - level) / 200, 6)


def _quantiles(level: Sequence[float] | None) -> tuple[float, ...]:
    """Return the probabilities of the bounds of central intervals, increasing; a median alone if there are none."""
    for one in level or ():
        if not 0 < one < 100:
            raise ConfigError("level must be percent, above 0 and below 100", found=repr(one), argument="level")
    tails = {_tail(one) for one in level or ()}
    return tuple(sorted({*tails, *(round(1 - tail, 6) for tail in tails)})) or (0.5,)


def _origins(panel: Panel, horizon: int, n_windows: int, step: int) -> NDArray[np.int64]:
    """Return the row after each cutoff; the last window ends with the values of the panel."""
    end = len(past_rows(panel).values)
    origins = end - horizon - step * np.arange(n_windows - 1, -1, -1)
    if origins[0] < 1:
        raise DataError(
            f"{plural(end, 'row')} are too few for {plural(n_windows, 'window')} of {plural(horizon, 'step')}",
            hint="Use fewer {n_windows}, a shorter {step_size} or {h}, or more rows",
            argument="df",
        )
    return origins

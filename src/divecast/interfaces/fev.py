"""Forecasts of the tasks of fev, the library of forecast evaluation: needs ``divecast[fev]``."""

from typing import Any

import numpy as np

from divecast._optional import need
from divecast.config import SeriesMode
from divecast.data import Covariate, Label, Panel, as_panel
from divecast.errors import DataError, warn_data
from divecast.estimator import DeepDIVE
from divecast.inference.results import Forecast

_LEVELS, _TARGET = (0.1, 0.5, 0.9), "_target"  # levels where a task asks for none


def run_fev_task(task: Any, *, each_window: bool = False, **settings: Any) -> list[Any]:
    """Forecast all windows of a task of fev; several targets become several series.

    A model is fitted to the past of the first window, with a last fit on all of it, and forecasts every window from its
    own past. Columns of numbers that the task names are covariates, those of text that are known ahead labels, and
    static columns facts. Series that do not end at the same time are forecast independently, each from its own end.

    Args:
        task: a ``fev.Task``.
        each_window: whether to fit a new model for each window, to all of its past.
        **settings: of ``DeepDIVE``, such as ``lookback``, ``factors``, ``training`` and ``seed``, without ``horizon``.

    Returns:
        The predictions of each window, as ``task.evaluation_summary(predictions, "divecast")`` takes them.

    Raises:
        ConfigError: fev is not installed, or a setting is out of range.
        DataError: the data of a window cannot be used.
    """
    fev = need("fev")
    model, found = None, []
    for window in task.iter_windows():
        past, future, static = fev.convert_input_data(
            window, "nixtla", as_univariate=True, univariate_target_column=_TARGET
        )
        covariates, labels = _columns(task, past)
        panel = as_panel(
            past.drop(columns=[name for name in task.past_dynamic_columns if name not in _names(covariates)]),
            "ds",
            labels,
            covariates=covariates,
            static=static,
            id="unique_id",
            value="y",
        )
        if model is None or each_window:
            model = _model(task, panel, covariates, labels, settings).fit(panel, refit=True, progress=False)
        ahead = [name for name in task.known_dynamic_columns if name in future.columns]
        forecast = model.forecast(
            panel,
            levels=tuple(task.quantile_levels) or _LEVELS,
            future=future[["unique_id", "ds", *ahead]] if ahead else None,
        )
        rows = _predictions(task, forecast, list(dict.fromkeys(past["unique_id"])), future)
        found.append(fev.combine_univariate_predictions_to_multivariate(rows, task.target_columns))
    return found


def _columns(task: Any, past: Any) -> tuple[list[Covariate], list[Label]]:
    """Return covariates and labels among the columns of a task; columns of text that end with the past are named."""
    dynamic = [*task.known_dynamic_columns, *task.past_dynamic_columns]
    numbers = [name for name in dynamic if past[name].dtype.kind in "iufb"]
    ahead = set(task.known_dynamic_columns)
    if unused := [name for name in dynamic if name not in numbers and name not in ahead]:
        warn_data(f"Columns of text that are not known ahead are not used: {', '.join(unused)}")
    covariates = [Covariate(name, known_ahead=name in ahead, per_series=True) for name in numbers]
    return covariates, [Label(name, per_series=True) for name in dynamic if name not in numbers and name in ahead]


def _names(covariates: list[Covariate]) -> set[str]:
    return {covariate.name for covariate in covariates}


def _model(
    task: Any, panel: Panel, covariates: list[Covariate], labels: list[Label], settings: dict[str, Any]
) -> DeepDIVE:
    series: SeriesMode = "independent" if _ends_differ(panel) else "auto"
    chosen = {"series": series, **settings, "factors": [*settings.get("factors", ()), *labels]}
    return DeepDIVE(task.horizon, covariates=covariates, **chosen)


def _ends_differ(panel: Panel) -> bool:
    return bool(np.isnan(panel.values[-1]).any())


def _predictions(task: Any, forecast: Forecast, ids: list[Any], future: Any) -> list[dict[str, Any]]:
    """Return one row per series, in the order of the task, after a check that they are of the times asked for."""
    table = forecast.frame(backend="pandas").set_index("unique_id")
    times = future.groupby("unique_id", sort=False)["ds"]
    rows = []
    for name in ids:
        own = table.loc[[name]].sort_values("step")
        if (own["ds"].to_numpy() != times.get_group(name).to_numpy()).any():
            raise DataError(
                f"The forecast of {name!r} starts at {own['ds'].iloc[0]}, and the task asks for "
                f"{times.get_group(name).iloc[0]}",
                hint='Pass "independent" as {series}',
                argument="series",
            )
        quantiles = {str(level): own[f"q{level:g}"].to_numpy(np.float64) for level in task.quantile_levels}
        rows.append({"predictions": own["mean"].to_numpy(np.float64), **quantiles})
    return rows

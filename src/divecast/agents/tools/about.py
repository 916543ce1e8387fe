"""Tools about the model and the data, and its scores."""

from typing import Any

import numpy as np

from divecast.agents.answers import Found, table_of
from divecast.agents.desk import Desk
from divecast.agents.questions import NoArguments, OfRows
from divecast.data import Calendar
from divecast.explain.anomalies.anomaly_reasons import moment
from divecast.inference.results import Keys
from divecast.metrics.scores import ForecastScores

_MOST_NAMES = 50


def describe(desk: Desk, question: NoArguments) -> Found:  # noqa: ARG001
    """What the model and the data are, and what can be asked."""
    fitted = desk.fitted
    plan = fitted.provenance.plan
    classes = {v.name: _some(v.classes) for v in fitted.known_vocabularies}
    kinds = {each.name: "calendar" if isinstance(each, Calendar) else "label" for each in plan.factors}
    facts: dict[str, Any] = {
        "horizon": fitted.shape.horizon,
        "lookback": fitted.shape.lookback,
        "frequency": fitted.frequency,
        "series": _some(desk.series),
        "n_series": len(desk.series),
        "series_are_forecast": "each from its own past" if fitted.independent else "together",
        "factors": {name: {"kind": kinds.get(name, "label"), "classes": classes[name]} for name in classes},
        "covariates": {each.name: "known ahead" if each.known_ahead else "not known ahead" for each in plan.covariates},
        "data": _data(desk),
        "fit": {
            "data_are_those_of_the_fit": fitted.is_fit_data(desk.source),
            "trained_until": fitted.provenance.trained_until,
            "refit_on_all_rows": fitted.provenance.refit,
            "updates": len(fitted.provenance.updates),
        },
    }
    return Found(facts, series=desk.series)


def _some(names: Any) -> Any:
    """Return names, of many the first and how many more."""
    shown = [name if len(name) <= 200 else f"{name[:200]}..." for name in names[:_MOST_NAMES]]
    return shown if len(names) <= _MOST_NAMES else [*shown, f"... and {len(names) - _MOST_NAMES} more"]


def _data(desk: Desk) -> dict[str, Any]:
    source, windows = desk.source, desk.windows()
    known = {"rows": len(source.values), "missing_share": _missing(source.values)}
    if source.clock is None:
        return {**known, "recordings": _some(source.names), "n_recordings": len(source.names)}
    if not len(windows):
        return {**known, "first_at": None, "last_at": None}
    ends = windows.subset([int(windows.origins.argmin()), int(windows.origins.argmax())])
    stamps = Keys.of(ends.source, ends.origins, ends.segments, range(1)).stamps[:, 0]
    return {**known, "first_at": moment(stamps[0]), "last_at": moment(stamps[1])}


def _missing(values: Any) -> float:
    some = values[:: max(1, len(values) // 20_000)]
    return float(np.isnan(np.asarray(some)).mean())


def score(desk: Desk, question: OfRows) -> Found:  # noqa: ARG001
    """Scores on the test part, next to simple forecasters, by step and overall."""
    reason = desk.no_record()
    if reason is not None:
        return Found({"known": False, "why": reason}, series=desk.series)
    evaluation = desk.evaluation()
    overall = {name: _measures(scores) for name, scores in evaluation.scores.items()}
    columns, rows = table_of(desk, evaluation.frame(backend="pyarrow"))
    facts = {
        "known": True,
        "part": "test",
        "overall": overall,
        "meaning": "rrse, mae, mse, mase, crps: smaller is better; mase below 1 is better than a seasonal naive "
        "forecast was in training; coverage: share of values within the 90 % interval.",
    }
    return Found(facts, columns, rows, desk.series)


def _measures(scores: ForecastScores) -> dict[str, float]:
    names = ("rrse", "corr", "mae", "mase", "crps", "coverage")
    return {name: value for name, value in scores.overall().items() if name in names}

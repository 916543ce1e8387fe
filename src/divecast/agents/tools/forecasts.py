"""Tools about forecasts: the forecast, its parts, sums and peaks of its paths, and a paragraph about it."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from divecast.agents.answers import Found, table_of
from divecast.agents.desk import Desk
from divecast.agents.questions import ForecastQuestion, NarrateQuestion, PartsQuestion, PathsQuestion
from divecast.errors import ConfigError
from divecast.explain.anomalies.anomaly_reasons import moment
from divecast.inference.parts import forecast_parts
from divecast.inference.results import Forecast

_N_PATHS = 500


def forecast(desk: Desk, question: ForecastQuestion) -> Found:
    """Mean and quantiles of each step."""
    names, levels = desk.check_series(question.series), rising(question.levels)
    found = desk.forecast(question.at, question.second, levels)
    columns, rows = table_of(desk, found.frame(backend="pyarrow"), drop=("origin", "recording"))
    rows = of_series(columns, rows, names)
    return Found(
        {"n_steps": found.mean.shape[1], **span_of(found)},
        columns,
        rows,
        tuple(names),
        intervals(levels, "value of the step"),
    )


def parts(desk: Desk, question: PartsQuestion) -> Found:
    """What the forecast means add up from."""
    names = desk.check_series(question.series)
    windows = desk.window(question.at, question.second)
    found = forecast_parts(desk.fitted, windows, "known")
    columns, rows = table_of(desk, found.frame(backend="pyarrow"), drop=("origin", "recording"))
    rows = of_series(columns, rows, names)
    facts = {
        "kinds": "level: a constant window at its mean; effect: what a factor or covariate adds; carry-over: what past "
        "deviations carry on; network: the correction by the code",
        "adds_up": "the parts of a step add up to the mean of its forecast",
    }
    if not question.by_step:
        columns, rows = _summed_up(columns, rows)
    return Found(facts, columns, rows, tuple(names))


def paths(desk: Desk, question: PathsQuestion) -> Found:
    """Totals, peaks and exceedances of sample paths."""
    names, levels = desk.check_series(question.series), rising(question.levels)
    if (question.what == "exceeds") != (question.threshold is not None):
        raise ConfigError(
            "A threshold belongs to exceeds, and exceeds needs one",
            hint="Give {threshold} with what = exceeds alone",
            argument="threshold",
        )
    found = desk.forecast(question.at, question.second, levels, _N_PATHS).ensemble
    places = [found.names.index(name) for name in names]
    found = replace(found, names=tuple(names), values=found.values[..., places])
    found = found.total("step") if question.together else found
    if question.threshold is not None:
        found = found.exceeds(question.threshold)
        found = found if question.by == "step" else found.peak(question.by)
    elif question.by == "step":
        raise ConfigError("A step has no total or peak", hint='Use the tool forecast, or {by} "horizon"', argument="by")
    else:
        found = found.total(question.by) if question.what == "total" else found.peak(question.by)
    columns, rows = table_of(desk, found.frame(levels, backend="pyarrow"), drop=("origin",))
    if question.what == "exceeds":  # the mean of 0 and 1 is the probability; quantiles of these say nothing
        kept = [place for place, name in enumerate(columns) if not name.startswith("q")]
        columns = tuple("probability" if columns[place] == "mean" else columns[place] for place in kept)
        rows = [[row[place] for place in kept] for row in rows]
    return Found(
        {"what": found.what, "n_paths": _N_PATHS},
        columns,
        of_series(columns, rows, found.names),
        tuple(names),
        None if question.what == "exceeds" else intervals(levels, question.what),
        note="The record is that of single steps: totals and peaks were not scored here.",
    )


def narrate(desk: Desk, question: NarrateQuestion) -> Found:
    """A paragraph about one forecast, and its facts."""
    record = None if desk.no_record() else desk.record()
    place: Any = desk.place(question.at, question.second)
    found = desk.model.narrate(desk.source, at=place, series=question.series, unit=desk.unit, record=record)
    return Found({"text": found.text, "facts": found.facts}, series=(found.series,))


def rising(levels: Sequence[float]) -> list[float]:
    """Return levels in order, each once."""
    return sorted({*levels})


def intervals(levels: Sequence[float], of: str) -> str:
    """Return what the lowest and the highest level tell, in words."""
    if len(levels) < 2:
        return f"none: the column q{levels[0]:g} is the quantile at {levels[0]:g} of the {of}"
    share = f"{100 * (levels[-1] - levels[0]):g} %"
    return f"{share} prediction interval of the {of}: from q{levels[0]:g} to q{levels[-1]:g}"


def of_series(columns: Sequence[str], rows: list[list[Any]], names: Sequence[str]) -> list[list[Any]]:
    """Return the rows of some series, in the order of these."""
    place, wanted = columns.index("series"), {name: number for number, name in enumerate(names)}
    return sorted((row for row in rows if row[place] in wanted), key=lambda row: wanted[row[place]])


def span_of(found: Forecast) -> dict[str, str]:
    """Return the times of the first and last step."""
    stamps = found.keys.stamps[0]
    return {"first": moment(stamps[1]), "last": moment(stamps[-1])}


def _summed_up(columns: Sequence[str], rows: list[list[Any]]) -> tuple[tuple[str, ...], list[list[Any]]]:
    """Return mean, lowest and highest value of each part of each series, the largest parts of a series first."""
    series, part, kind, value = (columns.index(name) for name in ("series", "part", "kind", "value"))
    groups: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        groups.setdefault((row[series], row[part], row[kind]), []).append(row[value])
    summed: list[list[Any]] = [
        [*key, float(np.mean(values)), min(values), max(values)] for key, values in groups.items()
    ]
    order = {name: number for number, name in enumerate(dict.fromkeys(row[0] for row in summed))}
    summed.sort(key=lambda row: (order[row[0]], row[2] != "level", -max(abs(row[4]), abs(row[5]))))
    return ("series", "part", "kind", "mean", "lowest", "highest"), summed

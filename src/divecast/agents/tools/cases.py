"""Tools about other cases: scenarios of the future, other classes, and what a forecast depends on."""

from typing import Any

from divecast.agents.answers import Found, table_of
from divecast.agents.desk import Desk
from divecast.agents.questions import ScenarioQuestion, WhatIfQuestion, WhyQuestion
from divecast.agents.tools.forecasts import intervals, of_series
from divecast.explain.counterfactuals.counterfactual import Counterfactual

_LEVELS = (0.05, 0.95)
_NOTE = (
    "No observation shows the other case: its intervals, and the record, are of forecasts as the data are. It is the "
    "forecast of the model under other inputs, not what would have happened."
)


def scenario(desk: Desk, question: ScenarioQuestion) -> Found:
    """Forecasts as they are and in a scenario of the future."""
    names, future = desk.check_series(question.series), dict[str, Any]()
    for change in question.changes:
        desk.check_series(change.series)
        future.setdefault(change.name, []).append(change.as_scenario())
    place: Any = desk.place(question.at, question.second)
    found = desk.model.what_if(desk.source, future=future, at=place, levels=_LEVELS)
    return _compared(desk, found, names)


def what_if(desk: Desk, question: WhatIfQuestion) -> Found:
    """Forecasts as they are and under other classes."""
    names = desk.check_series(question.series)
    place: Any = desk.place(question.at, question.second)
    found = desk.model.what_if(desk.source, to=question.to, at=place, levels=_LEVELS)
    return _compared(desk, found, names)


def _compared(desk: Desk, found: Counterfactual, names: list[str]) -> Found:
    table = found.frame(backend="pyarrow")
    kept = ("unique_id", "step", "ds", "factual", "counterfactual", "difference")
    quantiles = [name for name in table.column_names if "_q" in name and name.startswith(("factual", "counterfactual"))]
    table = table.select([name for name in (*kept, *quantiles) if name in table.column_names])
    columns, rows = table_of(desk, table)
    rows = of_series(columns, rows, names)
    place = columns.index("difference")
    sizes = {name: [row[place] for row in rows if row[0] == name] for name in names[:50]}
    means = {name: sum(values) / len(values) for name, values in sizes.items() if values}
    return Found(
        {"summary": str(found), "mean_difference": means},
        columns,
        rows,
        tuple(names),
        intervals(_LEVELS, "value of the step, of both forecasts"),
        _NOTE,
    )


def why(desk: Desk, question: WhyQuestion) -> Found:
    """What the forecast depends on."""
    place: Any = desk.place(question.at, question.second)
    found = desk.model.why(desk.source, at=place)
    shares = dict(zip(found.components, found.overall.tolist(), strict=True))
    facts = {
        "summary": str(found).splitlines(),
        "share_of_the_effect_of_the_code": shares,
        "meaning": "Each component of the code is set to its prior mean in turn; shares are of the squared changes of "
        "the forecast mean in scaled units. They say what moves this model's forecast, not what causes the values.",
    }
    return Found(facts, series=desk.series)

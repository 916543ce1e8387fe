"""A view of the explorer in notebooks: a series, a time and classes are chosen, and the forecast is computed anew."""

from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from pydantic import ValidationError

from divecast._optional import need
from divecast.errors import DivecastError
from divecast.explain.counterfactuals.counterfactual import coded_factors
from divecast.explorer.explorer import Explorer
from divecast.explorer.questions import ForecastQuestion, Row, WhatIfQuestion
from divecast.inference.results import Floats, Keys
from divecast.web.forecast_answer import time_of, times_of

_LEVELS = [0.05, 0.95]
_PLACES = 500  # times to choose from, at most


def explore_widget(model: Any, data: Any, series: str | None = None) -> Any:
    """Return a widget; see ``DeepDIVE.explore_widget``."""
    explorer = Explorer.of(model, data)
    explorer.columns(None if series is None else [series])  # raises if there is no such series
    places = _places(explorer)
    question = {"series": series or explorer.fitted.channels[0], "at": [*places][-1], "to": None}
    coded = coded_factors(explorer.fitted)
    about = {
        "series": list(explorer.fitted.channels),
        "at": [*places],
        "factors": {known.name: list(known.classes) for known in explorer.fitted.vocabularies if known.name in coded},
    }
    widget = _kind()(about=about, question=question, answer=answer_to(explorer, places, question))

    def ask(change: Any) -> None:
        widget.answer = answer_to(explorer, places, change["new"])

    widget.observe(ask, "question")
    return widget


def answer_to(explorer: Explorer, places: dict[str, str | Row], question: dict[str, Any]) -> dict[str, Any]:
    """Return what a picture is drawn of, or why a question has no answer.

    Args:
        explorer: answers the question.
        places: windows by the text that a question names them by.
        question: ``series``, ``at``, and ``to``, classes by factor or None.
    """
    try:
        return _answer(explorer, places, question)
    except (DivecastError, ValidationError, KeyError) as error:
        return {"error": str(error)}


def _answer(explorer: Explorer, places: dict[str, str | Row], question: dict[str, Any]) -> dict[str, Any]:
    series, place = question["series"], places[question["at"]]
    (column,) = explorer.columns([series])
    asked: dict[str, Any] = {"at": [place], "channels": [series], "levels": _LEVELS}
    forecast, _ = explorer.forecast(ForecastQuestion(**asked))
    windows = explorer.windows_of(ForecastQuestion(**asked))
    lookback, (origin,) = explorer.fitted.shape.lookback, windows.origins
    rows = windows.source.values[origin - lookback : origin, column]
    past = Keys.of(windows.source, windows.origins, windows.segments, range(-lookback, 0))
    answer = {
        "series": series,
        "past": _numbers(rows),
        "past_times": [str(each) for each in times_of(past.stamps[0])],
        "times": [str(each) for each in times_of(forecast.keys.stamps[0, 1:])],
        "mean": _numbers(forecast.mean[0, :, column]),
        "low": _numbers(forecast.quantiles[0, 0, :, column]),
        "high": _numbers(forecast.quantiles[1, 0, :, column]),
        "other": None,
        "told": "Line: mean; band: 90 % interval.",
    }
    if question.get("to"):
        changed = explorer.what_if(WhatIfQuestion(**asked, to=question["to"]))
        answer["other"] = _numbers(changed.counterfactual.mean[0, :, column])
        moved = ", ".join(f"{factor} {name}" for factor, name in question["to"].items())
        mean = float(changed.difference[0, :, column].mean())
        answer["told"] += f" Orange: the same with {moved}, {mean:+.4g} on average."
    return answer


def _places(explorer: Explorer) -> dict[str, str | Row]:
    """Return windows to choose from, by text: the last one and others one horizon apart, or those of recordings."""
    windows, fitted = explorer.windows, explorer.fitted
    kept = np.arange(len(windows) - 1, -1, -fitted.shape.horizon)[:_PLACES][::-1]
    chosen = windows.subset(kept)
    step = range(1) if windows.source.clock is not None else range(-1, 0)
    keys = Keys.of(windows.source, chosen.origins, chosen.segments, step)
    places: dict[str, str | Row] = {}
    for number, stamp in enumerate(keys.stamps[:, 0]):
        time = time_of(stamp)
        if keys.recordings is None:
            places[str(time)] = str(time)
        else:
            name = str(keys.recordings[number])
            places[f"{name} {time:g} s" if isinstance(time, float) else name] = Row(recording=name, second=float(time))
    return places


def _numbers(values: Floats) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


@cache
def _kind() -> Any:
    """Return the class of the widget, which needs anywidget."""
    anywidget, traitlets = need("anywidget"), need("traitlets")
    script = files("divecast.explorer").joinpath("widget.js").read_text(encoding="utf-8")
    traits = {name: traitlets.Dict().tag(sync=True) for name in ("about", "question", "answer")}
    return type("ExplorerWidget", (anywidget.AnyWidget,), {"_esm": script, **traits})

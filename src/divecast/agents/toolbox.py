"""All tools by name, and the call of one: arguments as a language model sends them, answers or refusals as JSON."""

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from divecast._text import did_you_mean, visible
from divecast.agents.answers import Found, answer_of
from divecast.agents.desk import Desk
from divecast.agents.questions import (
    AnomaliesQuestion,
    ForecastQuestion,
    LabelsQuestion,
    NarrateQuestion,
    NoArguments,
    OfRows,
    PartsQuestion,
    PathsQuestion,
    ProposeQuestion,
    Question,
    ScenarioQuestion,
    WhatIfQuestion,
    WhyQuestion,
)
from divecast.agents.tools import about, cases, forecasts, readings
from divecast.errors import DataWarning, DivecastError

_MOST_FAULTS, _LONGEST = 5, 1000
_ARGUMENTS = {"start": "at", "future": "changes", "data": "the data", "labels": "spans or classes", "levels": "levels"}


@dataclass(frozen=True, slots=True)
class Tool:
    """A tool.

    Attributes:
        name: its name.
        title: a few words.
        description: what it answers, for a language model.
        question: its arguments.
        find: returns what it finds.
    """

    name: str
    title: str
    description: str
    question: type[Question]
    find: Callable[[Desk, Any], Found]


class RefusedCallError(Exception):
    """A call that is refused; the text says what is wrong and what to do."""


_FOR_ONE = "Of one window: name it by `at`."
TOOLS = (
    Tool(
        "describe",
        "Model and data",
        "What the model and the data are: series, step, time zone, factors and their classes, covariates, the times at "
        "which forecasts can start. Call this first.",
        NoArguments,
        about.describe,
    ),
    Tool(
        "forecast",
        "Forecast",
        f"Mean and quantiles of each series and step. {_FOR_ONE}",
        ForecastQuestion,
        forecasts.forecast,
    ),
    Tool(
        "parts",
        "What a forecast adds up from",
        "Level, effects of factors and covariates, carry-over of the past and correction by the network, which add up "
        f"to the forecast mean. {_FOR_ONE}",
        PartsQuestion,
        forecasts.parts,
    ),
    Tool(
        "scenario",
        "Scenario of the future",
        "Forecasts as they are, and if a label or covariate of rows to forecast were another: promotion on from Friday "
        "to Sunday, three degrees more. For columns that describe lists as labels and covariates known ahead.",
        ScenarioQuestion,
        cases.scenario,
    ),
    Tool(
        "what_if",
        "Another class",
        "Forecasts as they are, and as if the window were of another class of a factor, such as a Sunday.",
        WhatIfQuestion,
        cases.what_if,
    ),
    Tool(
        "why",
        "What a forecast depends on",
        "Shares of each factor and of the unlabelled code in the effect of the code on one forecast.",
        WhyQuestion,
        cases.why,
    ),
    Tool(
        "anomalies",
        "Anomalous windows",
        "The most anomalous windows of a span of time, or of recordings, with reasons.",
        AnomaliesQuestion,
        readings.anomalies,
    ),
    Tool(
        "read_labels",
        "Labels read from values",
        "Labels that the model reads from the values of a window, or of a part of the data, next to those given.",
        LabelsQuestion,
        readings.read_labels,
    ),
    Tool(
        "paths",
        "Totals, peaks and thresholds",
        "Quantiles of totals and peaks by day, week, month, year or horizon, and probabilities of values above a "
        "threshold: of sample paths, so that steps and series depend on each other as errors do.",
        PathsQuestion,
        forecasts.paths,
    ),
    Tool(
        "score",
        "How well forecasts have done",
        "Scores of forecasts of the test part, next to simple forecasters, overall and by step.",
        OfRows,
        about.score,
    ),
    Tool(
        "propose_factor",
        "Test a labelling",
        "Test an idea such as 'these days were strikes' against shuffled labels on windows held out: kept or dropped "
        "by a rule, with p. Takes up to a minute.",
        ProposeQuestion,
        readings.propose_factor,
    ),
    Tool(
        "narrate",
        "One forecast as a paragraph",
        "A paragraph about one forecast of one series whose numbers can be quoted; each is one of its facts.",
        NarrateQuestion,
        forecasts.narrate,
    ),
)
BY_NAME = {tool.name: tool for tool in TOOLS}


def call(desk: Desk, name: str, arguments: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the answer of a tool as JSON values.

    Warnings of the library are part of the answer; so at most one call may run at a time in a process.

    Args:
        desk: the model and its data.
        name: name of the tool.
        arguments: its arguments, as they came.

    Raises:
        RefusedCallError: there is no such tool, or the arguments cannot be used.
    """
    if name not in BY_NAME:
        known = ", ".join(BY_NAME)
        hint = did_you_mean(name, [*BY_NAME]) or f"The tools are {known}."
        raise RefusedCallError(_sendable(f"There is no tool {name!r:.80}. {hint}"))
    tool = BY_NAME[name]
    try:
        question = tool.question.model_validate(dict(arguments or {}))
    except ValidationError as error:
        raise RefusedCallError(_sendable(_faults(tool, error))) from error
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = tool.find(desk, question)
            warned = [each.message.worded(_spelled) for each in caught if isinstance(each.message, DataWarning)]
            return answer_of(
                desk, name, found, question if isinstance(question, OfRows) else None, [*dict.fromkeys(warned)]
            )
        except DivecastError as error:
            raise RefusedCallError(_sendable(error.worded(_spelled))) from error


def _spelled(argument: str) -> str:
    return _ARGUMENTS.get(argument, argument)


def _faults(tool: Tool, error: ValidationError) -> str:
    """Return what is wrong with arguments, in a sentence for each."""
    faults = []
    for each in error.errors(include_url=False, include_input=False, include_context=False)[:_MOST_FAULTS]:
        place = ".".join(map(str, each["loc"])) or "arguments"
        faults.append(f"{place:.80}: {each['msg'].removeprefix('Value error, ')}")
    known = ", ".join(field.alias or name for name, field in tool.question.model_fields.items()) or "no arguments"
    return f"{tool.name} cannot use these arguments: {'; '.join(faults)}. It takes {known}."


def _sendable(text: str) -> str:
    text = visible(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 4]} ..."

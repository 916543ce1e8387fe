"""What openapi.json says of bodies and queries: one question in JSON, or a table with the same fields in the query."""

from typing import Any

from divecast.service.answers import ForecastsAnswer, PartsAnswer, PathsAnswer
from divecast.service.bodies import ARROW, FORMATS, JSON, PARQUET
from divecast.service.questions import ForecastQuestion, PartsQuestion, PathsQuestion, Question, WithRows

_BINARY = {"type": "string", "format": "binary"}
_ONLY_JSON = ("groups", "paths")
QUESTIONS: dict[str, type[Question]] = {"forecast": ForecastQuestion, "parts": PartsQuestion, "paths": PathsQuestion}
ANSWERS = {"forecast": ForecastsAnswer, "parts": PartsAnswer, "paths": PathsAnswer}


def described(name: str) -> dict[str, Any]:
    """Return what a question's operation says of its request and of its answer's formats.

    Args:
        name: of the question.
    """
    kind = QUESTIONS[name]
    own, rows = kind.model_json_schema(), WithRows.model_json_schema()
    schema = {
        "title": kind.__name__,
        "description": kind.__doc__,
        "type": "object",
        "properties": rows["properties"] | own["properties"],
        "required": rows["required"],
        "additionalProperties": False,
    }
    tables = {format_: {"schema": _BINARY} for format_ in (ARROW, PARQUET)}
    parameters = [
        {
            "name": field,
            "in": "query",
            "description": f"{text.get('description', '')} With a table alone.",
            "schema": text,
        }
        for field, text in own["properties"].items()
        if field not in _ONLY_JSON
    ]
    return {
        "requestBody": {"required": True, "content": {JSON: {"schema": schema}, **tables}},
        "parameters": parameters,
    }


def answers_of(name: str) -> dict[int | str, dict[str, Any]]:
    """Return the answers of a question's operation, in all formats."""
    tables: dict[str, Any] = {format_: {"schema": _BINARY} for format_ in FORMATS if format_ != JSON}
    return {200: {"model": ANSWERS[name], "description": ANSWERS[name].__doc__, "content": tables}}

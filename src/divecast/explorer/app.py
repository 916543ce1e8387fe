"""The ASGI application: the explorer's page and the requests it sends."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from divecast.errors import DivecastError
from divecast.explorer.about import ModelAnswer, model_answer
from divecast.explorer.access import AccessMiddleware, AccessRules
from divecast.explorer.answers import (
    AnomaliesAnswer,
    EncodeAnswer,
    ForecastAnswer,
    TraverseAnswer,
    WhatIfAnswer,
)
from divecast.explorer.explorer import Explorer
from divecast.explorer.pool import Pool
from divecast.explorer.questions import (
    AnomaliesQuestion,
    EncodeQuestion,
    ForecastQuestion,
    TraverseQuestion,
    WhatIfQuestion,
)
from divecast.explorer.refusal import BusyError, FieldError, Refusal, RefusedError, TooLongError, readable, shortened
from divecast.explorer.responses import (
    anomalies_answer,
    encode_answer,
    forecast_answer,
    traverse_answer,
    what_if_answer,
)

_DESCRIPTIONS = {
    400: "The body is not JSON, or the Host is wrong",
    401: "The token is missing or wrong",
    403: "The Origin is another server",
    408: "The body arrived too slowly",
    413: "The body is too large",
    422: "A field is wrong",
    503: "The server is busy; try again after Retry-After seconds",
    504: "The answer took too long",
}
_MESSAGES = {
    "extra_forbidden": "There is no such field",
    "missing": "This field is needed",
    "model_attributes_type": "Must be a JSON object",
    "model_type": "Must be a JSON object",
    "dict_type": "Must be a JSON object",
    "list_type": "Must be a list",
    "string_type": "Must be a text",
}
"""Of the errors that pydantic words for programmers."""

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": text} for status, text in _DESCRIPTIONS.items()
}


def build_app(explorer: Explorer, rules: AccessRules, page: str) -> ASGIApp:
    """Return the application.

    Args:
        explorer: answers the questions.
        rules: who may send requests.
        page: the HTML at ``/``.
    """
    pool = Pool(explorer.limits)

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        pool.close()

    # The usual documentation pages load scripts from other sites, so only openapi.json is served. Telemetry is off,
    # whatever the environment says.
    app = FastAPI(
        title="divecast explorer",
        summary="Questions to a fitted model about its data, answered by the library's methods of the same names.",
        responses=_REFUSALS,
        docs_url=None,
        redoc_url=None,
        lifespan=closing,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    _answer_errors(app, explorer)
    _add_questions(app, explorer, partial(_answered, pool))
    about, shown = model_answer(explorer).model_dump_json().encode(), page.encode()  # once, not per request

    @app.get("/", response_class=HTMLResponse)
    async def show_page() -> Response:
        """Show the explorer's page."""
        return HTMLResponse(shown)

    @app.get("/model", response_model=ModelAnswer)
    async def model() -> Response:
        """Describe the model, the data and the limits."""
        return Response(about, media_type="application/json")

    return AccessMiddleware(app, rules)


Answering = Callable[[Callable[[], BaseModel]], Any]


def _add_questions(app: FastAPI, explorer: Explorer, answered: Answering) -> None:
    @app.post("/forecast", response_model=ForecastAnswer)
    async def forecast(question: ForecastQuestion) -> Response:
        """Forecast windows, with quantiles and, if asked for, the parts that add up to the mean."""
        columns = explorer.columns(question.channels)
        return cast(Response, await answered(lambda: forecast_answer(*explorer.forecast(question), columns)))

    @app.post("/encode", response_model=EncodeAnswer)
    async def encode(question: EncodeQuestion) -> Response:
        """Infer the codes of windows."""
        return cast(Response, await answered(lambda: encode_answer(explorer.encode(question))))

    @app.post("/what-if", response_model=WhatIfAnswer)
    async def what_if(question: WhatIfQuestion) -> Response:
        """Forecast windows under their own classes and under other ones."""
        columns = explorer.columns(question.channels)
        return cast(Response, await answered(lambda: what_if_answer(explorer.what_if(question), columns)))

    @app.post("/traverse", response_model=TraverseAnswer)
    async def traverse(question: TraverseQuestion) -> Response:
        """Move one dimension of the code of windows; return reconstructions and forecasts at each position."""
        columns = explorer.columns(question.channels)
        return cast(Response, await answered(lambda: traverse_answer(explorer.traverse(question), columns)))

    @app.post("/anomalies", response_model=AnomaliesAnswer)
    async def anomalies(question: AnomaliesQuestion) -> Response:
        """Score how anomalous the windows of a span are, and describe the most anomalous ones."""
        return cast(
            Response,
            await answered(lambda: anomalies_answer(explorer.anomalies(question), question.n, question.apart)),
        )


async def _answered(pool: Pool, work: Callable[[], BaseModel]) -> Response:
    """Compute and serialise an answer in the pool: serialising many numbers takes time, too."""
    text = await pool.run(lambda: work().model_dump_json())
    return Response(text, media_type="application/json")


def _answer_errors(app: FastAPI, explorer: Explorer) -> None:
    seconds = explorer.limits.seconds

    @app.exception_handler(RequestValidationError)
    async def wrong_request(_: Request, error: RequestValidationError) -> Response:
        fields = [_field_error(detail, error.body) for detail in error.errors()[:20]]
        # What can be of two types has an error of each: the one within the type that was meant says more.
        inner = [each for each in fields if not any(other.field.startswith(f"{each.field}.") for other in fields)]
        return _refused(422, Refusal.of_fields(inner))

    @app.exception_handler(DivecastError)
    async def refused(_: Request, error: DivecastError) -> Response:
        if isinstance(error, RefusedError):
            return _refused(422, Refusal.of_fields([FieldError.of(error)]))
        return _refused(422, _because(str(error)))

    @app.exception_handler(BusyError)
    async def busy(_: Request, _error: BusyError) -> Response:
        return _refused(503, _because("The server is busy. Try again in a moment."), {"Retry-After": "1"})

    @app.exception_handler(TooLongError)
    async def too_long(_: Request, _error: TooLongError) -> Response:
        text = f"The answer took more than {seconds:g} seconds. Ask for less at once, or try again later."
        return _refused(504, _because(text))

    @app.exception_handler(HTTPException)
    async def other(_: Request, error: HTTPException) -> Response:
        return _refused(error.status_code, _because(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def failed(_: Request, _error: Exception) -> Response:
        # The error is raised again, to be logged, which closes the connection.
        return _refused(500, _because("The server could not answer. Its log says why."), {"Connection": "close"})


def _field_error(detail: Any, body: Any) -> FieldError:
    # Of invalid JSON, the place is the position of a character.
    path = [] if detail["type"] == "json_invalid" else _in_body(detail["loc"], body, detail["type"])
    # A missing field has no input of its own: pydantic passes the whole body.
    got = None if detail["type"] == "missing" else shortened(detail.get("input"))
    message = _MESSAGES.get(detail["type"], detail["msg"])
    return FieldError(field=readable(".".join(path) or "body"), message=readable(message), got=got)


def _in_body(place: Sequence[int | str], body: Any, kind: str) -> list[str]:
    """Return the parts of the place of an error that are in the request: not the names of types that were tried."""
    path, value = list[str](), body
    for number, part in enumerate(place):
        is_key = isinstance(value, dict) and part in value
        is_item = isinstance(value, list) and isinstance(part, int) and part < len(value)
        if is_key or is_item:
            path.append(str(part))
            value = value[part]
        elif kind == "missing" and number == len(place) - 1:
            path.append(str(part))
    return path


def _because(error: str) -> Refusal:
    return Refusal(error=readable(error))


def _refused(status: int, refusal: Refusal, headers: dict[str, str] | None = None) -> Response:
    return Response(refusal.model_dump_json(), status, headers, "application/json")

"""The explorer as an ASGI application: its page, and the questions behind it."""

from collections.abc import AsyncIterator, Callable
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
from divecast.explorer.access import Door, Doorkeeper
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

_SAID = {
    400: "The body is no JSON, or the Host is another",
    401: "The token is missing or wrong",
    403: "The request comes from a page of another server",
    408: "The body came too slowly",
    413: "The body is too large",
    422: "A field is wrong",
    503: "Too many requests wait; try again after Retry-After seconds",
    504: "The answer took too long",
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": text} for status, text in _SAID.items()
}


def build_app(explorer: Explorer, door: Door, page: str) -> ASGIApp:
    """Put the explorer together.

    Args:
        explorer: what answers.
        door: who may ask.
        page: the HTML that is shown at ``/``; it may ask the questions by ``fetch`` on its own origin.
    """
    pool = Pool(explorer.limits)

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        pool.close()

    # The usual pages of documentation load scripts from other sites; openapi.json is all there is. And what is asked
    # goes to nobody else, whatever the environment says of telemetry.
    app = FastAPI(
        title="divecast explorer",
        summary="Ask a fitted model about its data: the numbers of the library's methods of the same names.",
        responses=_REFUSALS,
        docs_url=None,
        redoc_url=None,
        lifespan=closing,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    _answer_errors(app, explorer)
    _add_questions(app, explorer, partial(_answered, pool))
    about = model_answer(explorer).model_dump_json()

    @app.get("/", response_class=HTMLResponse)
    async def show_page() -> Response:
        """Show the explorer's page."""
        return HTMLResponse(page)

    @app.get("/model", response_model=ModelAnswer)
    async def model() -> Response:
        """Say what the model is, what the data are, and what may be asked."""
        return Response(about, media_type="application/json")

    return Doorkeeper(app, door)


Answered = Callable[[Callable[[], BaseModel]], Any]


def _add_questions(app: FastAPI, explorer: Explorer, answered: Answered) -> None:
    @app.post("/forecast", response_model=ForecastAnswer)
    async def forecast(question: ForecastQuestion) -> Response:
        """Forecast windows, with quantiles."""
        columns = explorer.columns(question.channels)
        return cast(Response, await answered(lambda: forecast_answer(explorer.forecast(question), columns)))

    @app.post("/encode", response_model=EncodeAnswer)
    async def encode(question: EncodeQuestion) -> Response:
        """Infer the code of windows."""
        return cast(Response, await answered(lambda: encode_answer(explorer.encode(question))))

    @app.post("/what-if", response_model=WhatIfAnswer)
    async def what_if(question: WhatIfQuestion) -> Response:
        """Forecast windows as they are, and as if they were of other classes."""
        columns = explorer.columns(question.channels)
        return cast(Response, await answered(lambda: what_if_answer(explorer.what_if(question), columns)))

    @app.post("/traverse", response_model=TraverseAnswer)
    async def traverse(question: TraverseQuestion) -> Response:
        """Move one dimension of the code of windows, and give windows and forecasts along the way."""
        columns = explorer.columns(question.channels)
        return cast(Response, await answered(lambda: traverse_answer(explorer.traverse(question), columns)))

    @app.post("/anomalies", response_model=AnomaliesAnswer)
    async def anomalies(question: AnomaliesQuestion) -> Response:
        """Score the windows of a span, and describe the most anomalous ones."""
        return cast(
            Response,
            await answered(lambda: anomalies_answer(explorer.anomalies(question), question.n, question.apart)),
        )


async def _answered(pool: Pool, work: Callable[[], BaseModel]) -> Response:
    """Compute and write an answer in the pool: writing many numbers takes time, too."""
    text = await pool.run(lambda: work().model_dump_json())
    return Response(text, media_type="application/json")


def _answer_errors(app: FastAPI, explorer: Explorer) -> None:
    seconds = explorer.limits.seconds

    @app.exception_handler(RequestValidationError)
    async def wrong_request(_: Request, error: RequestValidationError) -> Response:
        return _refused(422, Refusal.of_fields([_field(each) for each in error.errors()[:20]]))

    @app.exception_handler(DivecastError)
    async def refused(_: Request, error: DivecastError) -> Response:
        found = [FieldError.of(error)] if isinstance(error, RefusedError) else []
        return _refused(422, Refusal.of_fields(found) if found else _because(str(error)))

    @app.exception_handler(BusyError)
    async def busy(_: Request, _error: BusyError) -> Response:
        said = "too many requests wait; try again in a moment"
        return _refused(503, _because(said), {"Retry-After": "1"})

    @app.exception_handler(TooLongError)
    async def too_long(_: Request, _error: TooLongError) -> Response:
        said = f"the answer took more than {seconds:g} seconds; ask for less at once, or again later"
        return _refused(504, _because(said))

    @app.exception_handler(HTTPException)
    async def other(_: Request, error: HTTPException) -> Response:
        return _refused(error.status_code, _because(error.detail), dict(error.headers or {}))

    @app.exception_handler(Exception)
    async def failed(_: Request, _error: Exception) -> Response:
        said = "the server failed at this request, and goes on; its log says why"
        return _refused(500, _because(said), {"Connection": "close"})  # which it will be: the error goes on to the log


def _field(error: Any) -> FieldError:
    inside = [] if error["type"] == "json_invalid" else error["loc"]  # else the place is that of a character
    place = ".".join(str(part) for part in inside if part != "body") or "body"
    # A field that is absent has no input of its own: pydantic gives the whole body.
    got = None if error["type"] == "missing" else shortened(error.get("input"))
    expected = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ")
    return FieldError(field=readable(place), expected=readable(expected), got=got)


def _because(error: str) -> Refusal:
    return Refusal(error=readable(error))


def _refused(status: int, refusal: Refusal, headers: dict[str, str] | None = None) -> Response:
    return Response(refusal.model_dump_json(), status, headers, "application/json")

"""The ASGI application: the explorer's page and the requests it sends."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, cast

from fastapi import FastAPI, Response
from pydantic import BaseModel
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp

from divecast.explorer.about import ModelAnswer, model_answer
from divecast.explorer.answers import (
    AnomaliesAnswer,
    EncodeAnswer,
    TraverseAnswer,
    WhatIfAnswer,
)
from divecast.explorer.explorer import Explorer
from divecast.explorer.questions import (
    AnomaliesQuestion,
    EncodeQuestion,
    ForecastQuestion,
    TraverseQuestion,
    WhatIfQuestion,
)
from divecast.explorer.responses import (
    anomalies_answer,
    encode_answer,
    traverse_answer,
    what_if_answer,
)
from divecast.web.access import AccessMiddleware, AccessRules
from divecast.web.error_answers import REFUSALS, api
from divecast.web.forecast_answer import ForecastAnswer, forecast_answer
from divecast.web.pool import Pool


def build_app(explorer: Explorer, rules: AccessRules, page: str) -> ASGIApp:
    """Return the application.

    Args:
        explorer: answers the questions.
        rules: who may send requests.
        page: the HTML at ``/``.
    """
    limits = explorer.limits
    pool = Pool(limits.at_once, limits.waiting, limits.seconds)

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        pool.close()

    app = api(
        title="divecast explorer",
        summary="Questions to a fitted model about its data, answered by the library's methods of the same names.",
        responses=REFUSALS,
        seconds=limits.seconds,
        lifespan=closing,
    )
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

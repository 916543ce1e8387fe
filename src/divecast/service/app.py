"""The ASGI application of the service: forecasts, parts and paths of the rows in a request."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from fastapi import FastAPI, HTTPException, Request, Response
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from divecast.estimator import DeepDIVE
from divecast.inference.fitted_model import FittedModel
from divecast.service.answering import Answered, Job, answer_parts, answer_paths, forecast_jobs
from divecast.service.answers import About
from divecast.service.bodies import FORMATS, JSON, Body, read_body
from divecast.service.limits import ServiceLimits
from divecast.service.metrics import CONTENT_TYPE, Metrics, MetricsMiddleware
from divecast.service.openapi import QUESTIONS, answers_of, described
from divecast.service.page import page_of
from divecast.service.served import ModelAnswer, ModelsAnswer, describe
from divecast.web.access import AccessMiddleware, AccessRules
from divecast.web.error_answers import REFUSALS, api
from divecast.web.pool import Pool
from divecast.web.refusal import BusyError, TooLongError

_WITHOUT_TOKEN = ("/health", "/ready")


@dataclass(eq=False, slots=True)
class _State:
    """What a worker has.

    Attributes:
        models: the models by name.
        limits: of a request.
        metrics: counts and times.
        pool: the thread that computes.
        waiting: requests for forecasts that wait for it, by model.
    """

    models: Mapping[str, FittedModel]
    limits: ServiceLimits
    metrics: Metrics
    pool: Pool
    waiting: dict[str, list[Job]] = field(default_factory=dict)

    async def forecast(self, name: str, job: Job) -> Answered:
        """Return the answer of a request, computed with those that wait for the same model."""
        waiting = self.waiting.setdefault(name, [])
        waiting.append(job)
        try:
            await self.pool.run(partial(self._compute, name, job))
        finally:
            _taken(waiting, job)  # given up, unless it was computed
        if job.answer is None or isinstance(job.answer, Exception):
            raise job.answer or TooLongError
        return job.answer

    def _compute(self, name: str, job: Job) -> None:
        """Compute a request and others that wait, unless it was computed with an earlier one."""
        waiting = self.waiting[name]
        if not _taken(waiting, job):
            return
        others = waiting[: self.limits.together - 1]
        together = [job, *(each for each in others if _taken(waiting, each))]
        forecast_jobs(together)
        self.metrics.together.observe(len(together))


def _taken(waiting: list[Job], job: Job) -> bool:
    """Take a job out of those that wait; False if the other thread has."""
    try:
        waiting.remove(job)
    except ValueError:
        return False
    return True


def build_service(models: Mapping[str, DeepDIVE], rules: AccessRules, limits: ServiceLimits) -> ASGIApp:
    """Return the application.

    Args:
        models: fitted models, by the name that requests call them.
        rules: who may send requests.
        limits: of a request.
    """
    state = _State(
        {name: model.fitted_model for name, model in models.items()},
        limits,
        Metrics(),
        Pool(1, limits.waiting, limits.seconds),
    )

    @asynccontextmanager
    async def closing(_: FastAPI) -> AsyncIterator[None]:
        yield
        state.pool.close()

    app = api(
        title="divecast service",
        summary="Forecasts of the rows in a request, by fitted models; nothing is kept.",
        responses={**REFUSALS, 404: {**REFUSALS[422], "description": "There is no such model or address"}},
        seconds=limits.seconds,
        lifespan=closing,
    )
    _add_questions(app, state)
    _add_facts(app, state)
    guarded = MetricsMiddleware(AccessMiddleware(app, rules), state.metrics, tuple(models), tuple(QUESTIONS))
    # Probes of an orchestrator have no token; they learn nothing but whether the worker is there.
    probed = AccessMiddleware(app, replace(rules, token=None, hosts=None))

    async def chosen(scope: Scope, receive: Receive, send: Send) -> None:
        probe = scope["type"] == "http" and scope["path"] in _WITHOUT_TOKEN
        await (probed if probe else guarded)(scope, receive, send)

    return chosen


def _add_questions(app: FastAPI, state: _State) -> None:
    refused: dict[int | str, dict[str, Any]] = {
        406: {**REFUSALS[422], "description": "Accept names no format that the service has"},
        415: {**REFUSALS[422], "description": f"The body is none of {', '.join(FORMATS)}"},
    }
    for name in QUESTIONS:
        app.add_api_route(
            f"/models/{{model}}/{name}",
            _endpoint(state, name),
            methods=["POST"],
            name=name,
            description=QUESTIONS[name].__doc__,
            responses={**refused, **answers_of(name)},
            openapi_extra=described(name),
            response_class=Response,
        )


def _endpoint(state: _State, question: str) -> Callable[..., Any]:
    async def endpoint(model: str, request: Request) -> Response:
        fitted = state.models.get(model)
        if fitted is None:
            raise HTTPException(404, _no_model(state))
        given = request.headers.get("content-type", JSON)
        if given.partition(";")[0].strip().lower() not in FORMATS:
            raise HTTPException(415, f"Content-Type must be one of {', '.join(FORMATS)}.")
        query = {key: request.query_params.getlist(key) for key in request.query_params}
        body, limits = await request.body(), state.limits
        read: Callable[[], Body[Any]] = partial(read_body, QUESTIONS[question], given, body, query, limits.cells)
        about = About(model, _zone(fitted), _accepted(request.headers.get("accept", "*/*")))
        if question == "forecast":
            answer = await state.forecast(model, Job(fitted, read, about, limits.numbers))
        else:
            compute = answer_parts if question == "parts" else answer_paths
            answer = await state.pool.run(partial(compute, fitted, read, about, limits.numbers))
        state.metrics.warnings.labels(model).inc(len(answer.told))
        return Response(answer.content, media_type=about.format)

    return endpoint


def _add_facts(app: FastAPI, state: _State) -> None:
    about = [describe(name, fitted) for name, fitted in state.models.items()]
    listed = ModelsAnswer(models=about).model_dump_json().encode()

    @app.get("/models", response_model=ModelsAnswer)
    async def models() -> Response:
        """Describe all models."""
        return Response(listed, media_type=JSON)

    @app.get("/models/{model}", response_model=ModelAnswer)
    async def model(model: str) -> ModelAnswer:
        """Describe a model: what a request should have."""
        found = [each for each in about if each.name == model]
        if not found:
            raise HTTPException(404, _no_model(state))
        return found[0]

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Say that the worker answers."""
        return {"status": "ok"}

    @app.get("/ready")
    async def ready() -> dict[str, str]:
        """Say that models are loaded and a request would be let in; 503 while too many wait."""
        if state.pool.is_full:
            raise BusyError
        return {"status": "ready"}

    @app.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
    async def metrics() -> Response:
        """Return counts and times of requests for Prometheus."""
        return Response(state.metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    page: list[str] = []

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def documentation() -> Response:
        """Show a page of the API."""
        if not page:
            page.append(page_of(app.openapi()))
        return HTMLResponse(page[0])


def _no_model(state: _State) -> str:
    return f"There is no such model. Name one of {', '.join(state.models)}."


def _zone(fitted: FittedModel) -> str | None:
    return None if fitted.provenance.until is None else fitted.provenance.time_zone


def _accepted(accept: str) -> str:
    """Return the first format that a client takes."""
    wanted = [part.partition(";")[0].strip().lower() for part in accept.split(",")]
    for name in wanted:
        if name in FORMATS:
            return name
        if name in ("*/*", "application/*", ""):
            return JSON
    raise HTTPException(406, f"Accept must name one of {', '.join(FORMATS)}.")

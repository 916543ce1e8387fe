"""Errors as JSON answers: what is wrong, in which field of the request, and what to do."""

from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from divecast.errors import DivecastError
from divecast.web.refusal import BusyError, FieldError, Refusal, RefusedError, TooLongError, readable, shortened

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

REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Refusal, "description": text} for status, text in _DESCRIPTIONS.items()
}
"""Of the status of each answer that is a refusal, for the OpenAPI description."""


def api(
    title: str, summary: str, responses: Mapping[int | str, dict[str, Any]], seconds: float, lifespan: Any
) -> FastAPI:
    """Return an application that answers each error with a refusal, and loads and tells nothing elsewhere.

    The usual documentation pages load scripts from other sites, so only openapi.json is served. Telemetry is off,
    whatever the environment says.

    Args:
        title: of the OpenAPI description.
        summary: of the same.
        responses: refusals by status.
        seconds: time for an answer, which the refusal of one that took longer names.
        lifespan: what is done while it serves.
    """
    app = FastAPI(
        title=title,
        summary=summary,
        responses={**responses},
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
        redirect_slashes=False,
        telemetry={"tracing": False, "metrics": False, "logs": False, "auto_configure": False},
    )
    _answer_errors(app, seconds)
    return app


def _answer_errors(app: FastAPI, seconds: float) -> None:
    """Answer each error with a refusal.

    Args:
        app: the application.
        seconds: time for an answer, which the refusal of one that took longer names.
    """

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

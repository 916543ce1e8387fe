"""Requests made from openapi.json get answers that it describes, and none is a fault of the server."""

import pytest

schemathesis = pytest.importorskip("schemathesis", reason="needs schemathesis, which .ci/run has in a step of its own")

from dataclasses import replace  # noqa: E402

from hypothesis import HealthCheck, given, settings  # noqa: E402

from divecast.service.app import build_service  # noqa: E402
from service.requests_to import LIMITS, RULES  # noqa: E402


@pytest.fixture(scope="module")
def api(hours_model):
    app = build_service({"hours": hours_model}, replace(RULES, hosts=None), LIMITS)
    return schemathesis.openapi.from_asgi("/openapi.json", app)


PATHS = [
    *(("POST", f"/models/{{model}}/{question}") for question in ("forecast", "parts", "paths")),
    *(("GET", path) for path in ("/models", "/models/{model}", "/health", "/ready", "/metrics")),
]


@pytest.mark.parametrize(("method", "path"), PATHS)
def test_each_operation_does_as_openapi_says(api, method, path):
    @settings(max_examples=40, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(case=api[path][method].as_strategy())
    def follows(case):
        # Which rows a model takes is not in the schema, so neither is what is accepted.
        case.call_and_validate(excluded_checks=[schemathesis.checks.positive_data_acceptance])

    follows()


def test_no_operation_is_left_out(api):
    found = {(result.ok().method.upper(), result.ok().path) for result in api.get_all_operations()}
    assert found == set(PATHS)

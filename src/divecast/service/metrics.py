"""Metrics of the service, as Prometheus reads them.

Several workers add up where the environment has ``PROMETHEUS_MULTIPROC_DIR``, a folder for their numbers.
"""

import os
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from divecast._optional import need

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TOGETHER = (1, 2, 4, 8, 16, 32)
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts and times of requests."""

    def __init__(self) -> None:
        client = need("prometheus_client")
        self._client, self._registry = client, client.CollectorRegistry()
        self.requests = client.Counter(
            "divecast_requests", "Requests answered.", ["model", "question", "status"], registry=self._registry
        )
        self.seconds = client.Histogram(
            "divecast_request_seconds",
            "Time from the head of a request to the end of its answer.",
            ["model", "question"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.together = client.Histogram(
            "divecast_batch_requests", "Requests computed in one batch.", buckets=_TOGETHER, registry=self._registry
        )
        self.warnings = client.Counter("divecast_warnings", "Warnings in answers.", ["model"], registry=self._registry)
        self.open = client.Gauge(
            "divecast_requests_open", "Requests that are open.", registry=self._registry, multiprocess_mode="livesum"
        )

    def text(self) -> bytes:
        """Return all numbers, of all workers."""
        registry = self._registry
        if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
            registry = self._client.CollectorRegistry()
            need("prometheus_client.multiprocess").MultiProcessCollector(registry)
        text: bytes = self._client.generate_latest(registry)
        return text


class MetricsMiddleware:
    """An ASGI application that counts and times requests to models; those to other addresses are not counted.

    Args:
        app: the application behind it.
        metrics: where.
        models: names of the models.
        questions: what can be asked of them.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, models: tuple[str, ...], questions: tuple[str, ...]) -> None:
        self._app, self._metrics = app, metrics
        self._names = {f"/models/{model}/{question}": (model, question) for model in models for question in questions}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        names: Any = self._names.get(scope.get("path", ""))
        if names is None:
            await self._app(scope, receive, send)
            return
        status, began = 0, time.monotonic()

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._metrics.open.inc()
        try:
            await self._app(scope, receive, seen)
        finally:
            self._metrics.open.dec()
            self._metrics.requests.labels(*names, str(status or "none")).inc()
            self._metrics.seconds.labels(*names).observe(time.monotonic() - began)

"""Metrics of the service, as Prometheus reads them.

Several workers add up where the environment has ``PROMETHEUS_MULTIPROC_DIR``, a folder for their numbers.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from divecast._optional import need

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_TOGETHER = (1, 2, 4, 8, 16, 32)
_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
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
        if _FOLDER in os.environ:
            registry, files = self._client.CollectorRegistry(), need("prometheus_client.multiprocess")
            for pid in _ended(Path(os.environ[_FOLDER])):
                files.mark_process_dead(pid)  # what it had open is no longer
            files.MultiProcessCollector(registry)
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


def _ended(folder: Path) -> Iterator[int]:
    """Yield the workers that have numbers of what is open but are no more."""
    for file in folder.glob("gauge_live*_*.db") if os.name != "nt" else ():  # where 0 is a signal that ends
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, PermissionError):  # or it is of another user, so none of the workers
            yield pid

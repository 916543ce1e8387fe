"""Runs the service: a parent process that listens, and workers that load the models and answer.

The parent starts a worker again that has ended, and all of them in turn at SIGHUP, as after a new file of a model.
"""

import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from socket import socket

import torch
from starlette.types import ASGIApp
from uvicorn.supervisors import Multiprocess

from divecast.estimator import DeepDIVE
from divecast.service.app import build_service
from divecast.service.limits import ServiceLimits
from divecast.service.served import ModelFile
from divecast.web.access import AccessRules
from divecast.web.connections import Waiting
from divecast.web.listen import address_of, server_settings
from divecast.web.one_at_a_time import OneAtATime

_CONNECTIONS = 1024  # also from one address, which may be that of a proxy
_SECONDS_TO_START = 60


@dataclass(frozen=True, slots=True)
class Service:
    """Makes the application of a worker.

    Attributes:
        files: the models.
        rules: who may send requests.
        limits: of a request.
        device: on which the models compute.
    """

    files: tuple[ModelFile, ...]
    rules: AccessRules
    limits: ServiceLimits
    device: str = "cpu"

    def load(self) -> dict[str, DeepDIVE]:
        """Load the models.

        Raises:
            ArtifactError: a file cannot be read.
        """
        return {file.name: DeepDIVE.load(file.path, self.device) for file in self.files}

    def __call__(self) -> ASGIApp:
        """Load the models, and return the application; a worker computes on one core."""
        torch.set_num_threads(1)
        return build_service(self.load(), self.rules, self.limits)


def serve(service: Service, bound: socket, workers: int, report_address: Callable[[str], None]) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        service: what to serve.
        bound: socket to listen on; connections wait there while the workers load the models.
        workers: number of processes.
        report_address: called with the URL.
    """
    with tempfile.TemporaryDirectory(prefix="divecast-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # before the workers start
        try:
            settings = server_settings(
                service,
                Waiting(_CONNECTIONS, _CONNECTIONS),
                factory=True,
                workers=workers,
                timeout_worker_healthcheck=_SECONDS_TO_START,
            )
            report_address(address_of(bound))
            with OneAtATime.of(bound) as shared:
                Multiprocess(settings, sockets=[shared]).run()
        finally:
            bound.close()
            del os.environ["PROMETHEUS_MULTIPROC_DIR"]

"""Requests to a service in this process."""

import json

import numpy as np
import pyarrow as pa

from divecast.service.app import build_service
from divecast.service.limits import ServiceLimits
from divecast.web.access import AccessRules
from explorer.asking import send

LIMITS = ServiceLimits(body_bytes=1 << 20, cells=100_000, numbers=50_000, waiting=32)
RULES = AccessRules.of("127.0.0.1", None, LIMITS.body_bytes, LIMITS.body_seconds)


class Client:
    """A service that is asked; requests at the same time with ``many``."""

    def __init__(self, models, rules=RULES, limits=LIMITS):
        self.app = build_service(models, rules, limits)

    def many(self, requests):
        return send(self.app, requests)

    def get(self, path, **headers):
        return self.many([("GET", path, {"headers": headers})])[0]

    def post(self, path, content, **headers):
        headers = {
            "Content-Type": "application/json",
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        content = content if isinstance(content, bytes) else json.dumps(content)
        return self.many([("POST", path, {"content": content, "headers": headers})])[0]

    def answer(self, path, body):
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        return response.json()

    def refusal(self, path, body, **headers):
        response = self.post(path, body, **headers)
        assert response.status_code == 422, (response.status_code, response.text)
        found = response.json()
        return [field["field"] for field in found["fields"]], "; ".join(
            [found["error"], *(field["message"] for field in found["fields"])]
        )


def table_of(panel):
    """A panel as an Arrow table with a column of times."""
    times = panel.clock.local(np.arange(len(panel.values)))
    columns = {name: panel.values[:, place] for place, name in enumerate(panel.channels)}
    return pa.table({"time": np.asarray(times).astype("datetime64[s]"), **columns})


def json_of(table):
    """An Arrow table as the columns of a JSON body."""
    columns = table.to_pydict()
    return {
        name: [None if each is None or each != each else str(each) if name == "time" else each for each in column]
        for name, column in columns.items()
    }

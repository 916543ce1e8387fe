"""Requests to an explorer in this process."""

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import replace

import httpx

from divecast import DeepDIVE
from divecast.explorer.app import build_app
from divecast.explorer.explorer import Explorer
from divecast.explorer.limits import Limits
from divecast.web.access import AccessRules
from divecast.web.listen import make_server, open_socket
from loops import run

OPEN = AccessRules.of("127.0.0.1", None, 100_000, 5.0)
QUICK = Limits(at_once=2, waiting=16, scored=500, numbers=100_000)


def explorer_of(model: DeepDIVE, data: object, **limits: object) -> Explorer:
    return Explorer.of(model, data, replace(QUICK, **limits))


def send(app, requests, **client):
    """Send requests at the same time, each (method, path, keywords of httpx), and return the responses."""

    async def all_of_them():
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", **client) as http:
            return await asyncio.gather(*(http.request(how, path, **more) for how, path, more in requests))

    return run(all_of_them())


class Asked:
    """An explorer that is asked; answers that are refused fail."""

    def __init__(self, explorer, door=OPEN, page="<p>page</p>"):
        self.explorer, self.app = explorer, build_app(explorer, door, page)

    def get(self, path, **headers):
        return send(self.app, [("GET", path, {"headers": headers})])[0]

    def post(self, path, body):
        text = json.dumps(body)  # NaN and halves of surrogates go through, unlike with json=
        return self.post_text(path, text)

    def post_text(self, path, text):
        headers = {"Content-Type": "application/json"}
        return send(self.app, [("POST", path, {"content": text, "headers": headers})])[0]

    def answer(self, path, body):
        response = self.post(path, body)
        assert response.status_code == 200, response.text
        return response.json()

    def refusal(self, path, body):
        """What is said of a field that is wrong, and which."""
        response = self.post(path, body)
        assert response.status_code == 422, (response.status_code, response.text)
        error, fields = (response.json()[name] for name in ("error", "fields"))
        said = [error, *(each["message"] for each in fields)]
        return [each["field"] for each in fields], "; ".join(said)


@contextmanager
def listening(app):
    """Serve on a free port of loopback; give the port."""
    with open_socket("127.0.0.1", 0) as opened:
        server = make_server(app)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [opened]})
        thread.start()
        while not server.started:
            time.sleep(0.005)
        try:
            yield opened.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(20)
    assert not thread.is_alive()

"""``divecast mcp`` in a process of its own, asked by the SDK's client: over stdio, and over HTTP with a token."""

import json
import os
import subprocess
import sys
from contextlib import asynccontextmanager

import numpy as np
import pytest

from divecast.data import to_frame, write_frame

pytest.importorskip("mcp")

import httpx
import httpx2
from mcp.client import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from divecast.agents.toolbox import BY_NAME
from loops import run
from worlds import hours

TOKEN = "a-token-of-more-than-16-characters"  # noqa: S105
CALL = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": %s}'
HOSTILE = [
    ("forecast", {"at": "\x00", "series": ["\U0001f600"]}),
    ("forecast", {"at": "'; DROP TABLE series; --"}),
    ("forecast", {"series": ["../../etc/passwd"] * 50}),
    ("forecast", {"levels": [0.5] * 10_000}),
    ("forecast", {"offset": -1, "limit": 10**30}),
    ("what_if", {"to": {"weekend": "x" * 1000}}),
    ("propose_factor", {"name": "x" * 100, "spans": [{"start": "0001-01-01", "end": "9999-12-31"}]}),
    ("propose_factor", {"name": "x", "classes": {str(number): "a" for number in range(9999)}}),
    ("anomalies", {"top": "5; import os"}),
    ("paths", {"what": "exceeds", "threshold": 1e400}),
    ("__import__", {"name": "os"}),
    ("forecast", {"self": {"model": "other.safetensors"}}),
]


@pytest.fixture(scope="module")
def words(hours_model, tmp_path_factory):
    """The words of the command, up to its options."""
    folder = tmp_path_factory.mktemp("mcp")
    hours_model.save(folder / "model.safetensors")
    panel = hours().panel
    columns = {"time": panel.clock.local(np.arange(len(panel.values)))}
    columns |= dict(zip(panel.channels, panel.values.T, strict=True))
    write_frame(to_frame(columns, "pyarrow"), folder / "panel.parquet")
    program = [sys.executable, "-m", "divecast.cli", "mcp"]
    return [*program, str(folder / "model.safetensors"), str(folder / "panel.parquet"), "--unit", "MW"]


def asked(transport, questions):
    async def answer():
        async with transport() as opened, Client(opened) as client:
            return [await question(client) for question in questions]

    return run(answer())


def stdio(words):
    server = StdioServerParameters(command=words[0], args=words[1:], env={**os.environ, "OMP_NUM_THREADS": "1"})

    @asynccontextmanager
    async def opened():
        yield stdio_client(server)

    return opened


def calling(name, arguments):
    return lambda client: client.call_tool(name, arguments)


def test_a_client_asks_over_stdio(words):
    names, forecast, card = asked(
        stdio(words),
        [
            lambda client: client.list_tools(),
            calling("forecast", {"series": ["s1"], "limit": 2}),
            lambda client: client.read_resource("divecast://model-card"),
        ],
    )
    assert [tool.name for tool in names.tools] == [*BY_NAME]
    assert forecast.structured_content["units"] == "MW"
    assert forecast.structured_content["how_well_this_has_worked"]["known"]
    assert "# Model" in card.contents[0].text


def test_hostile_arguments_are_refused_and_the_server_goes_on(words):
    questions = [calling(name, arguments) for name, arguments in HOSTILE]
    *refused, after = asked(stdio(words), [*questions, calling("describe", {})])
    assert [result.is_error for result in refused] == [True] * len(HOSTILE)
    assert all(0 < len(result.content[0].text) <= 1000 for result in refused)
    assert not any("Traceback" in result.content[0].text or "fault" in result.content[0].text for result in refused)
    assert after.structured_content["n_series"] == 4


@pytest.fixture(scope="module")
def address(words):
    """A server over HTTP that asks for a token."""
    command = [*words, "--transport", "http", "--port", "0", "--json"]
    environment = {**os.environ, "DIVECAST_TOKEN": TOKEN, "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment, text=True) as server:  # noqa: S603
        try:
            text = "".join(server.stdout.readline() for _ in range(4))
            yield json.loads(text)["address"]
        finally:
            server.terminate()


def over_http(address, token):
    @asynccontextmanager
    async def opened():
        async with httpx2.AsyncClient(headers={"Authorization": f"Bearer {token}"}) as client:
            yield streamable_http_client(address, http_client=client)

    return opened


def test_a_client_asks_over_http_with_the_token(address):
    answer, refused = asked(
        over_http(address, TOKEN), [calling("narrate", {"series": "s0"}), calling("forecast", {"series": ["t"]})]
    )
    assert answer.structured_content["text"].startswith("s0, 6 steps")
    assert refused.is_error


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Bearer wrong-token-of-16-characters"}, 401),
        ({"Authorization": f"Bearer {TOKEN}", "Origin": "https://evil.example"}, 403),
        ({"Authorization": f"Bearer {TOKEN}", "Host": "evil.example"}, 400),
    ],
)
def test_requests_without_the_token_or_of_other_sites_are_refused(address, headers, status):
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    accepted = {"Accept": "application/json, text/event-stream"}
    assert httpx.post(address, json=request, headers={**accepted, **headers}).status_code == status


def test_a_body_that_is_too_large_is_refused(address):
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    assert httpx.post(address, content=b" " * (2 << 20), headers=headers).status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[" * 100_000,
        CALL % b'{"name": "forecast", "arguments": {"at": "\\ud800"}}',
        CALL % b'{"name": "describe", "arguments": [1]}',
        b"\xff\xfe",
    ],
)
def test_bodies_of_nonsense_are_refused_and_the_server_goes_on(address, body):
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json, text/event-stream"}
    answer = httpx.post(address, content=body, headers={**headers, "Content-Type": "application/json"})
    assert answer.status_code < 500
    assert answer.status_code >= 400 or "error" in answer.text.lower()
    request = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    assert "forecast" in httpx.post(address, json=request, headers=headers).text


def test_an_address_for_others_needs_a_token(words):
    command = [*words, "--transport", "http", "--host", "0.0.0.0"]  # noqa: S104
    environment = {name: value for name, value in os.environ.items() if name != "DIVECAST_TOKEN"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: S603
    assert done.returncode == 2
    assert "a token is needed" in done.stderr

"""The server as a client of the SDK sees it."""

import pytest

pytest.importorskip("mcp")

from mcp.client import Client
from mcp.shared.exceptions import MCPError

from divecast.agents.server import build_server
from divecast.agents.toolbox import BY_NAME
from loops import run


def asked(desk, question):
    """What a client hears of a server in this process."""

    async def answer():
        async with Client(build_server(desk)) as client:
            return await question(client)

    return run(answer())


def test_tools_are_listed_with_their_arguments(hours_desk):
    async def question(client):
        return (await client.list_tools()).tools

    tools = {tool.name: tool for tool in asked(hours_desk, question)}
    assert [*tools] == [*BY_NAME]
    assert all(tool.annotations.read_only_hint for tool in tools.values())
    assert tools["what_if"].input_schema["required"] == ["to"]
    assert tools["forecast"].input_schema["additionalProperties"] is False


def test_an_answer_is_text_and_structure(hours_desk):
    async def question(client):
        return await client.call_tool("forecast", {"series": ["s0"], "limit": 1})

    result = asked(hours_desk, question)
    assert not result.is_error
    assert result.structured_content["units"] == "MW"
    assert '"units": "MW"' in result.content[0].text


def test_a_refusal_is_an_error_that_says_what_to_do(hours_desk):
    async def question(client):
        return await client.call_tool("forecast", {"series": ["s00"]})

    result = asked(hours_desk, question)
    assert result.is_error
    assert "Did you mean 's0'?" in result.content[0].text


def test_a_fault_keeps_its_text_on_the_server(hours_desk, monkeypatch, capsys):
    def faulty(*_arguments):
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("divecast.agents.server.call", faulty)

    async def question(client):
        return await client.call_tool("describe", {})

    result = asked(hours_desk, question)
    assert result.is_error
    assert "secret" not in result.content[0].text
    assert "secret" in capsys.readouterr().err


def test_cards_are_resources(hours_desk):
    async def question(client):
        listed = [resource.uri for resource in (await client.list_resources()).resources]
        return listed, [(await client.read_resource(uri)).contents[0].text for uri in listed]

    listed, texts = asked(hours_desk, question)
    assert [str(uri) for uri in listed] == [f"divecast://{name}" for name in ("data-card", "model-card", "glossary")]
    assert [text.splitlines()[0] for text in texts] == ["# Data", "# Model", "# Glossary"]


def test_another_resource_is_refused(hours_desk):
    async def question(client):
        with pytest.raises(MCPError, match="no such resource"):
            await client.read_resource("file:///etc/passwd")

    asked(hours_desk, question)

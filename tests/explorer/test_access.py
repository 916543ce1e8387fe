"""Who may ask, and with how much."""

import asyncio
from base64 import b64encode
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import ConfigError
from divecast.web.access import AccessMiddleware, AccessRules, is_loopback
from explorer.asking import OPEN, Asked, send

TOKEN = "token" * 4


def rules_of(host="127.0.0.1", token=None):
    return AccessRules.of(host, token, 1000, 5.0)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.5", "example.org", "", "localhost.evil.org"])  # noqa: S104
def test_only_loopback_goes_without_a_token(host):
    with pytest.raises(ConfigError, match="DIVECAST_TOKEN"):
        rules_of(host)
    assert rules_of(host, TOKEN).hosts is None


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "::1", "localhost"])
def test_loopback(host):
    assert is_loopback(host)
    assert rules_of(host).token is None


@pytest.mark.parametrize("token", ["", "short", "ünfortunately-not-ascii", "with\na line break, long enough"])
def test_a_poor_token_is_refused(token):
    with pytest.raises(ConfigError, match="at least 16"):
        rules_of("127.0.0.1", token)


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8765", 200),
        ("LOCALHOST:1", 200),
        ("[::1]:8765", 200),
        ("evil.org", 400),
        ("127.0.0.1.evil.org", 400),
        ("evil.org:8765", 400),
        ("[::1", 400),
        ("127.0.0.1:evil", 400),
        ("127.0.0.1:80@evil.org", 400),
        ("[evil]", 400),
        ("", 400),
    ],
)
def test_a_page_cannot_reach_it_under_a_name_of_its_own(of_hours, host, status):
    assert of_hours.get("/model", Host=host).status_code == status


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://127.0.0.1", 200),
        ("http://evil.org", 403),
        ("null", 403),
        ("HTTPS://127.0.0.1", 200),
        ("ftp://127.0.0.1", 403),
        ("http://127.0.0.1/", 403),
        ("http://127.0.0.1:1", 403),
    ],
)
def test_a_page_of_another_server_is_sent_away(of_hours, origin, status):
    response = of_hours.get("/model", Origin=origin)
    assert response.status_code == status
    assert "access-control-allow-origin" not in response.headers


def basic(password):
    return "Basic " + b64encode(f"any:{password}".encode()).decode()


@pytest.fixture(scope="module")
def guarded(of_hours):
    """An explorer that asks for the token."""
    return Asked(of_hours.explorer, rules_of("0.0.0.0", TOKEN))  # noqa: S104


@pytest.mark.parametrize(
    ("shown", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"bearer {TOKEN}", 200),
        (basic(TOKEN), 200),
        (f"Bearer {TOKEN}x", 401),
        (f"Bearer {TOKEN[:-1]}", 401),
        (f"Token {TOKEN}", 401),
        (TOKEN, 401),
        ("Bearer", 401),
        ("Basic ****", 401),
        (basic("wrong"), 401),
        ("", 401),
    ],
)
def test_the_token(guarded, shown, status):
    headers = {"Authorization": shown, "Host": "planner.example.org"}
    paths = ["/", "/model", "/openapi.json", "/none"]
    responses = send(guarded.app, [("GET", path, {"headers": headers}) for path in paths])
    assert [response.status_code for response in responses] == ([200] * 3 + [404] if status == 200 else [401] * 4)
    assert all(("www-authenticate" in response.headers) == (status == 401) for response in responses)


@settings(max_examples=30)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=255)))
def test_no_other_text_is_the_token(text):
    async def never(scope, receive, send):
        raise AssertionError("let in")

    headers = {"Authorization": text.encode("latin-1")}
    response = send(AccessMiddleware(never, rules_of("127.0.0.1", TOKEN)), [("GET", "/", {"headers": headers})])[0]
    assert response.status_code == 401


def test_a_body_may_not_be_too_large(of_hours):
    asked = Asked(of_hours.explorer, replace(OPEN, body_bytes=100))

    async def in_parts():
        for _ in range(11):
            yield b" " * 10

    async def in_fitting_parts():
        for part in (b"{", b" " * 10, b"}"):
            yield part

    kind = {"Content-Type": "application/json"}
    whole, parts, fits = send(
        asked.app,
        [
            ("POST", "/forecast", {"content": b" " * 101, "headers": kind}),
            ("POST", "/forecast", {"content": in_parts(), "headers": kind}),
            ("POST", "/forecast", {"content": in_fitting_parts(), "headers": kind}),
        ],
    )
    assert (whole.status_code, parts.status_code, fits.status_code) == (413, 413, 200)
    assert "100 bytes" in parts.json()["error"]


def test_a_body_may_not_come_too_slowly():
    async def never(scope, receive, send):
        raise AssertionError("let in")

    async def drip():
        yield b"{"
        await asyncio.sleep(5)

    keeper = AccessMiddleware(never, replace(OPEN, body_seconds=0.05))
    assert send(keeper, [("POST", "/forecast", {"content": drip()})])[0].status_code == 408


def test_no_address_may_have_all_requests():
    async def slow(scope, receive, send):
        await asyncio.sleep(0.2)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    for rules in (replace(OPEN, requests_of_one=2), replace(OPEN, requests=2)):
        keeper = AccessMiddleware(slow, rules)
        responses = send(keeper, [("GET", "/", {})] * 3)
        refused = next(response for response in responses if response.status_code != 200)
        assert sorted(response.status_code for response in responses) == [200, 200, 503]
        assert refused.headers["retry-after"] == "1"
        assert "2 requests" in refused.json()["error"]
        assert send(keeper, [("GET", "/", {})])[0].status_code == 200


def test_every_response_has_the_safe_headers(of_hours):
    for response in (of_hours.get("/"), of_hours.get("/none"), of_hours.get("/", Host="evil.org")):
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/../pyproject.toml", "/%2e%2e/etc/passwd", "//etc/passwd", "/static/x", "/docs"])
def test_no_file_is_read(of_hours, path):
    assert of_hours.get(path).status_code == 404


def test_openapi_names_questions_answers_and_refusals(of_hours):
    found = of_hours.get("/openapi.json").json()
    assert set(found["paths"]) == {"/", "/model", "/forecast", "/encode", "/what-if", "/traverse", "/anomalies"}
    for path in set(found["paths"]) - {"/", "/model"}:
        asked = found["paths"][path]["post"]
        name = path.strip("/").title().replace("-", "")
        assert asked["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith(f"{name}Question")
        assert asked["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(f"{name}Answer")
        assert asked["responses"]["422"]["content"]["application/json"]["schema"]["$ref"].endswith("/Refusal")
        assert {"413", "503", "504"} <= set(asked["responses"])

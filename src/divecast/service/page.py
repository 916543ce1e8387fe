"""The page of the API, written from openapi.json; it loads nothing, so it works offline."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>divecast service</title>
<meta name="viewport" content="width=device-width"><style>
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
code, pre { font-family: ui-monospace, monospace; overflow-x: auto }
table { border-collapse: collapse; width: 100% } td, th { text-align: left; vertical-align: top; padding: .2rem .6rem }
tr { border-top: 1px solid #8885 }
</style></head><body>"""


def page_of(described: Mapping[str, Any]) -> str:
    """Return the page.

    Args:
        described: the contents of openapi.json.
    """
    return "".join([_HEAD, *_lines(described), "</body></html>"])


def _lines(described: Mapping[str, Any]) -> Iterator[str]:
    info = described["info"]
    yield f"<h1>{escape(info['title'])}</h1><p>{escape(info['summary'])} "
    yield 'The whole description is <a href="openapi.json">openapi.json</a>.</p>'
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            yield f"<h2><code>{method.upper()} {escape(path)}</code></h2>"
            yield f"<p>{escape(operation.get('description', ''))}</p>"
            body = operation.get("requestBody", {}).get("content", {})
            if body:
                yield f"<p>Body: {', '.join(f'<code>{escape(name)}</code>' for name in body)}.</p>"
                yield from _field_rows(body["application/json"]["schema"])
            yield from _statuses(operation["responses"])


def _field_rows(schema: Mapping[str, Any]) -> Iterator[str]:
    yield "<table><tr><th>field</th><th>default</th><th>meaning</th></tr>"
    for name, field in schema["properties"].items():
        default = "needed" if name in schema["required"] else escape(str(field.get("default")))
        meaning = escape(field.get("description", ""))
        yield f"<tr><td><code>{escape(name)}</code></td><td>{default}</td><td>{meaning}</td></tr>"
    yield "</table>"


def _statuses(responses: Mapping[str, Any]) -> Iterator[str]:
    yield "<table><tr><th>status</th><th>meaning</th></tr>"
    for status, response in responses.items():
        yield f"<tr><td>{escape(status)}</td><td>{escape(response.get('description', ''))}</td></tr>"
    yield "</table>"

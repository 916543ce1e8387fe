"""The HTML page: a payload, the page's own script and style, and plotly, in one file."""

import json
import re
from base64 import b64encode
from dataclasses import fields, is_dataclass
from hashlib import sha256
from html import escape
from importlib.resources import files
from typing import Any

from divecast._optional import need
from divecast.page.payload import Payload

SCRIPTS = (
    "colours", "elements", "packed", "source", "figure", "summary", "forecast", "parts", "window_panel", "code_map",
    "densities", "told_by_a", "recordings", "what_if", "why", "anomalies", "diagnosis", "settings", "start",
)  # fmt: skip
"""Modules of the page's script, in order; a page of one file cannot import."""

_OFFLINE = "This page contains all of its data and makes no network requests."


def render(payload: Payload, *, extra_script: str = "", extra_policy: str = "", note: str = _OFFLINE) -> str:
    """Return the page as HTML.

    Its content security policy forbids all requests and all scripts but its own two.

    Args:
        payload: what the page shows.
        extra_script: JavaScript that runs after the page's own, in the same scope.
        extra_policy: directives added to the content security policy, such as ``connect-src 'self'``.
        note: sentence in the footer.

    Raises:
        ConfigError: plotly is not installed.
    """
    plotly, own = _plotly(), _own_script(extra_script)
    directives = [
        "default-src 'none'",
        f"script-src {script_digest(plotly)} {script_digest(own)}",
        "style-src 'unsafe-inline'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
    ]
    holes = {
        "policy": "; ".join([*directives, extra_policy] if extra_policy else directives),
        "title": escape(payload.title),
        "style": _read("page.css"),
        "note": escape(note),
        "payload": as_json(payload),
        "plotly": plotly,
        "script": own,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda hole: holes[hole[1]], _read("page.html"))


def as_json(payload: Payload) -> str:
    """Return a payload as JSON that is safe inside a script element, whatever names it holds."""
    text = json.dumps(payload, default=_fields_of, allow_nan=False, separators=(",", ":"))
    # json escapes everything but ASCII, U+2028 included; what could end or open an element remains.
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _fields_of(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"expected a dataclass, got {type(value).__name__}")


def _plotly() -> str:
    text: str = need("plotly.offline").get_plotlyjs()
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _own_script(extra: str) -> str:
    modules = "\n".join([*(_read("script", f"{name}.js") for name in SCRIPTS), extra])
    return f'(function () {{\n"use strict";\n{modules}\n}})();'


def script_digest(script: str) -> str:
    """Return the source expression of an inline script in a content security policy."""
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _read(*parts: str) -> str:
    return files("divecast.page").joinpath(*parts).read_text(encoding="utf-8")

"""One HTML page out of a payload, the page's own files and plotly."""

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
    "colours", "elements", "packed", "source", "figure", "summary", "forecast", "window_panel", "code_map",
    "densities", "what_if", "why", "odd", "health", "settings", "start",
)  # fmt: skip
"""Modules of the page in the order in which they stand; a page of one file cannot import."""


def render(payload: Payload) -> str:
    """Return the page. It asks for nothing: its policy forbids every request, and every script but its own two.

    Raises:
        ConfigError: plotly is not installed.
    """
    plotly, own = _plotly(), _own_script()
    policy = (
        f"default-src 'none'; script-src {_digest(plotly)} {_digest(own)}; style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    holes = {
        "policy": policy,
        "title": escape(payload.title),
        "style": _read("page.css"),
        "payload": as_json(payload),
        "plotly": plotly,
        "script": own,
    }
    return re.sub(r"\{\{(\w+)\}\}", lambda hole: holes[hole[1]], _read("page.html"))


def as_json(payload: Payload) -> str:
    """Return a payload as JSON that may stand inside a script element, whatever names are in it."""
    text = json.dumps(payload, default=_plain, allow_nan=False, separators=(",", ":"))
    # json has made all but ASCII into escapes, U+2028 with it; what could end or open an element is left.
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _plain(value: Any) -> Any:
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    raise TypeError(f"expected a dataclass, got {type(value).__name__}")


def _plotly() -> str:
    text: str = need("plotly.offline").get_plotlyjs()
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _own_script() -> str:
    modules = "\n".join(_read("script", f"{name}.js") for name in SCRIPTS)
    return f'(function () {{\n"use strict";\n{modules}\n}})();'


def _digest(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def _read(*parts: str) -> str:
    return files("divecast.page").joinpath(*parts).read_text(encoding="utf-8")

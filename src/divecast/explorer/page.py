"""The page of the explorer: the report's page, with a part that asks the server it came from."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any

from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.page.payload import payload_of
from divecast.page.render import render

_OWN_SCRIPT = re.compile(r"(?s)(.*<script>)(.*?)(</script>.*)")  # the last one; plotly's stands before it
_END = "})();"


def explorer_page(model: DeepDIVE, data: Any, title: str = "What the model has understood") -> str:
    """Return the page of a model and its data.

    Raises:
        DataError: the data cannot be used.
        ConfigError: plotly is not installed.
    """
    return made_live(render(payload_of(model, data, title)))


def made_live(page: str) -> str:
    """Put the part that asks into a report's page, and let its policy allow that script and requests to its server.

    Raises:
        ConfigError: the page is none of a report.
    """
    found = _OWN_SCRIPT.fullmatch(page)
    if found is None or not found[2].rstrip().endswith(_END) or _digest(found[2]) not in found[1]:
        raise ConfigError("expected the page of a report, with its own script last and named in its policy")
    asking = files("divecast.explorer").joinpath("live.js").read_text(encoding="utf-8")
    script = f"{found[2].rstrip().removesuffix(_END)}\n{asking}\n{_END}"
    before = found[1].replace(_digest(found[2]), _digest(script), 1)
    before = before.replace("default-src 'none';", "default-src 'none'; connect-src 'self';", 1)
    return f"{before}{script}{found[3]}".replace(_ALONE, _WITH_SERVER)


def plain_page() -> str:
    """Return a page that only says where the questions are described."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>divecast explorer</title></head><body>'
        '<h1>divecast explorer</h1><p>Started without the page. <a href="openapi.json">openapi.json</a> describes what '
        'can be asked, <a href="model">model</a> what there is.</p></body></html>'
    )


_ALONE = "This page holds all its data and asks for nothing."
_WITH_SERVER = "The part “Ask live” asks the server this page came from, and nobody else."


def _digest(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"

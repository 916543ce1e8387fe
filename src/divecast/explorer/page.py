"""The page of the explorer: the report's page with a section that asks the server questions."""

from importlib.resources import files
from typing import Any

from divecast.estimator import DeepDIVE
from divecast.page.payload import payload_of
from divecast.page.render import render

_NOTE = "The section “Live questions” sends requests to the server of this page, and to no other."


def explorer_page(model: DeepDIVE, data: Any, title: str = "Model report") -> str:
    """Return the page of a model and its data.

    Raises:
        DataError: the data cannot be used.
        ConfigError: plotly is not installed.
    """
    script = files("divecast.explorer").joinpath("live.js").read_text(encoding="utf-8")
    payload = payload_of(model, data, title)
    return render(payload, extra_script=script, extra_policy="connect-src 'self'", note=_NOTE)


def plain_page() -> str:
    """Return a page that only links to the description of the API."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>divecast explorer</title></head><body>'
        '<h1>divecast explorer</h1><p>Started without the page. <a href="openapi.json">openapi.json</a> describes the '
        'requests, <a href="model">model</a> the model and the data.</p></body></html>'
    )

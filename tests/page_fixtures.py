"""Pages of the shared small models, and what to look at them with."""

import os
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from divecast import ByTime, DeepDIVE, Panel, TrainingConfig
from divecast.explain.recordings.compare import Conditions
from divecast.page import write_report
from divecast.page.payload import payload_of
from divecast.page.render import render
from worlds import SMALL, hours, moves

HOSTILE = "<img src=x onerror=alert(1)>"
CLOSING = "</script><script>alert(2)</script>"
STYLED = "<b>bold</b> & <a href='http://evil.test'>link</a> \u2028 %{x}"

_FIGURES_FIT = """() => [...document.querySelectorAll(".js-plotly-plot")].filter((host) => host.clientWidth).every(
    (host) => Math.abs(host.querySelector(".main-svg").getBoundingClientRect().width - host.clientWidth) < 2)"""


def written(payload, path):
    path.write_text(render(payload), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def panel():
    """The data of ``hours_model``."""
    return hours().panel


@pytest.fixture(scope="session")
def payload(hours_model, panel):
    return payload_of(hours_model, panel, "Hours")


@pytest.fixture(scope="session")
def moves_payload(moves_model):
    return payload_of(moves_model, moves(), "Moves", conditions=[Conditions("move", "slow"), Conditions("side")])


@pytest.fixture(scope="session")
def page_file(payload, tmp_path_factory):
    return written(payload, tmp_path_factory.mktemp("page") / "hours.html")


@pytest.fixture(scope="session")
def hostile():
    """A model and its data, whose series, classes and factor have HTML in their names."""
    plain = hours(weeks=4, n_channels=3).panel
    shift = np.where(np.arange(len(plain.values)) % 8 < 4, CLOSING, STYLED).astype(object)
    data = Panel(plain.values, (HOSTILE, CLOSING, STYLED), plain.clock, {HOSTILE: shift})
    training = TrainingConfig(epochs=1, batch_size=64, learning_rate=5e-3)
    model = DeepDIVE(6, 24, [HOSTILE], model=SMALL, training=training)
    return model.fit(data, ByTime(3, 1, 1), progress=False), data


@pytest.fixture(scope="session")
def hostile_file(hostile, tmp_path_factory):
    return write_report(*hostile, tmp_path_factory.mktemp("hostile") / "hostile.html", title=CLOSING)


@pytest.fixture(scope="session")
def moves_file(moves_payload, tmp_path_factory):
    return written(moves_payload, tmp_path_factory.mktemp("moves") / "moves.html")


@dataclass
class Opened:
    """A page in the browser, and what went wrong in it."""

    page: object
    errors: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def choose(self, control, text):
        """Choose by the visible text, and wait until the figures have followed."""
        self.page.locator(f"select[data-control='{control}']").select_option(label=text)
        self.page.wait_for_timeout(250)

    def options(self, control):
        return self.page.locator(f"select[data-control='{control}'] option").all_text_contents()

    def traces(self, section, figure=0):
        """What plotly holds of a figure of a section: name, y and the colours of markers."""
        return (
            self.page.locator(f"#{section} .js-plotly-plot")
            .nth(figure)
            .evaluate(
                "host => host.data.map(t => ({name: t.name, x: [...t.x || []], y: [...t.y || []],"
                " color: (t.marker || {}).color}))"
            )
        )

    def picture(self, name, whole=True):
        folder = os.environ.get("DIVECAST_SCREENSHOTS")
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=whole)

    def settle(self, width=1280, scheme="light"):
        """Make the window so wide, in these colours, and wait until the figures have followed."""
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.emulate_media(color_scheme=scheme)
        self.page.wait_for_timeout(400)
        for _ in range(40):  # a figure follows when the browser finds the time
            if self.page.evaluate(_FIGURES_FIT):
                return
            self.page.wait_for_timeout(250)

    def check(self):
        """Nothing may have gone wrong, nor been asked for."""
        assert self.errors == []
        assert [url for url in self.requests if not re.match(r"file:.*\.html$|data:", url)] == []


@contextmanager
def opened_in(browser, path, width=1280, scheme="light"):
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    opened = Opened(context.new_page())
    page = opened.page
    page.set_default_timeout(60_000)
    page.on("console", lambda said: opened.errors.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: opened.errors.append(str(error)))
    page.on("dialog", lambda dialog: (opened.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.on("request", lambda request: opened.requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", state="attached")
    yield opened
    opened.check()
    context.close()


@pytest.fixture
def look(browser):
    """Open a file as a reader does."""
    return lambda path, width=1280, scheme="light": opened_in(browser, path, width, scheme)


@pytest.fixture(scope="session")
def opened_once(browser, page_file):
    with opened_in(browser, page_file) as opened:
        yield opened


@pytest.fixture
def opened(opened_once):
    """The page of ``hours_model``, opened once for all tests: it takes seconds."""
    yield opened_once
    opened_once.check()
    opened_once.settle()

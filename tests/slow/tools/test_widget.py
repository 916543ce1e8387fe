"""The notebook view: its traits in Python, and its script in a browser."""

import json
from pathlib import Path

import numpy as np
import pytest

import divecast
from worlds import hours

pytestmark = pytest.mark.filterwarnings("default")
SCRIPT = Path(divecast.__file__).parent / "explorer" / "widget.js"


def made(hours_model):
    pytest.importorskip("anywidget", reason="needs divecast[notebook]; .ci/run has a step of its own")
    return hours_model.explore_widget(hours().panel, series="s1")


def test_a_question_that_is_set_is_answered(hours_model):
    widget = made(hours_model)
    at = "2024-02-24T18:00:00"
    widget.question = {"series": "s2", "at": at, "to": {"hour": "03"}}
    wanted = hours_model.what_if(hours().panel, to={"hour": "03"}, at=[at])
    assert np.allclose(widget.answer["other"], wanted.counterfactual.mean[0, :, 2], rtol=1e-5)
    assert set(widget.keys) >= {"about", "question", "answer"}
    assert widget._esm == SCRIPT.read_text(encoding="utf-8")


def test_the_script_draws_and_asks(hours_model, browser):
    widget = made(hours_model)
    state = json.dumps({name: getattr(widget, name) for name in ("about", "question", "answer")})
    script = SCRIPT.read_text(encoding="utf-8").replace("export default", "window.view =")
    page_text = f"""<body><div id="root"></div><script type="module">{script}
      const state = {state}, heard = {{}};
      window.model = {{ get: (name) => state[name], set: (name, value) => {{ state[name] = value; }},
        save_changes: () => {{ window.asked = state.question; }}, on: (name, call) => {{ heard[name] = call; }} }};
      window.answer = (value) => {{ state.answer = value; heard["change:answer"](); }};
      window.view.render({{ model: window.model, el: document.getElementById("root") }});
    </script></body>"""
    page = browser.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_content(page_text)
    assert page.locator("svg .forecast").get_attribute("d").count("L") == 5
    assert page.locator("svg .other").count() == 0
    page.select_option("select[aria-label='hour']", "03")
    asked = page.evaluate("window.asked")
    assert (asked["series"], asked["to"]) == ("s1", {"hour": "03"})
    page.click("button[aria-label='earlier']")
    assert page.evaluate("window.asked.at") == widget.about["at"][-2]
    widget.question = page.evaluate("window.asked")
    page.evaluate("value => window.answer(value)", widget.answer)
    assert page.locator("svg .other").get_attribute("d").count("L") == 5
    page.evaluate("window.answer({error: 'It cannot be.'})")
    assert page.locator(".note").inner_text() == "It cannot be."
    assert errors == []

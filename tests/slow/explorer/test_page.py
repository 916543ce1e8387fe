"""The explorer's page in a real browser."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from browsers import running_browser
from divecast.explorer.page import explorer_page
from explorer.asking import Asked, explorer_of, listening
from worlds import hours, moves


def looked_at(port, steps):
    """Open the page in a browser, take the steps, and return what they found, what went wrong and what was asked for.

    In a thread of its own: a browser that other tests keep open has a loop in theirs.
    """

    def look():
        with running_browser() as browser:
            page, wrong, asked = browser.new_page(viewport={"width": 400, "height": 900}), [], []
            page.set_default_timeout(20_000)
            page.on("console", lambda said: wrong.append(said.text) if said.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("request", lambda request: asked.append(request.url))
            page.goto(f"http://127.0.0.1:{port}/")
            page.wait_for_selector("html[data-live=yes]", state="attached")
            return [step(page) for step in steps], wrong, asked

    with ThreadPoolExecutor(1) as own:
        return own.submit(look).result()


def until(page, condition):
    """Wait for it to be true; the page's policy allows no ``wait_for_function``."""
    for _ in range(200):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not within 10 seconds: {condition}")


def choose(control, text):
    return lambda page: page.locator(f"#live select[data-control='{control} (live)']").select_option(label=text)


def curve(name):
    """Return the numbers that the figure holds, once it has some of that name."""

    def read(page):
        trace = f"document.querySelector('#live .js-plotly-plot').data.find(each => each.name === {name!r})"
        until(page, f"!!document.querySelector('#live .js-plotly-plot') && !!{trace}")
        page.wait_for_timeout(300)
        return page.evaluate(f"[...{trace}.y]")

    return read


def place(stamp):
    def fill(page):
        page.fill("#live-place", stamp)
        page.keyboard.press("Tab")

    return fill


def said(text):
    def wait(page):
        until(page, f"document.querySelector('#live-sentence').textContent.includes({text!r})")

    return wait


def width(page):
    return page.evaluate("document.documentElement.scrollWidth")


def test_it_asks_for_any_window(hours_model):
    panel, at = hours().panel, "2024-01-20T05:00"
    asked = Asked(explorer_of(hours_model, panel), page=explorer_page(hours_model, panel))
    steps = [choose("Series", "s2"), choose("Question", "What if: hour"), place(at), choose("Class", "17")]
    steps += [said("With 17"), width, curve("what-if forecast")]
    steps += [choose("Question", "Traverse b_hour0"), said("own position in b_hour0"), curve("own")]
    with listening(asked.app) as port:
        found, wrong, urls = looked_at(port, steps)
    *_, wide, what_if, _, _, moved = found
    assert (wrong, wide) == ([], 400)
    assert {url.split("/", 3)[2] for url in urls if not url.startswith("data:")} == {f"127.0.0.1:{port}"}
    wanted = hours_model.what_if(panel, at=at, to={"hour": "17"})
    np.testing.assert_array_equal(np.float32(what_if), wanted.counterfactual.mean[0, :, 2])
    own = hours_model.traverse(panel, "b_hour0", at=at)
    whole = np.concatenate([own.own_windows, own.own_forecasts], axis=1)[0, :, 2]
    np.testing.assert_array_equal(np.float32(moved), whole)


def test_recordings_are_chosen_by_name(moves_model):
    recordings = moves()
    asked = Asked(explorer_of(moves_model, recordings), page=explorer_page(moves_model, recordings))
    steps = [choose("Recording", "r3"), choose("Question", "What if: move"), choose("Class", "fast"), curve("forecast")]
    with listening(asked.app) as port:
        found, wrong, _ = looked_at(port, steps)
    assert wrong == []
    wanted = moves_model.forecast(recordings).mean[3, :, 0]
    np.testing.assert_allclose(found[-1], wanted, rtol=1e-5)

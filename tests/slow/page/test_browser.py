"""The page in a real browser: it does what it says, asks for nothing, and shows names as text."""

import re

import numpy as np
import pytest

from divecast.page.what_ifs import LEVELS

SECTIONS = (
    "summary",
    "forecast",
    "parts",
    "effects",
    "code-map",
    "densities",
    "told-by-a",
    "recordings",
    "comparison",
    "what-if",
    "why",
    "anomalies",
    "diagnosis",
    "settings",
)


def test_every_part_has_something_to_say(opened):
    for name in SECTIONS:
        assert len(opened.page.locator(f"#{name}").inner_text()) > 50, name
    assert opened.page.locator("#code-map .js-plotly-plot").count() == 2
    opened.picture("page-light-1280")


def test_the_picker_changes_the_curve(opened):
    opened.choose("Series", "s0")
    first = opened.traces("forecast")
    opened.choose("Series", "s3")
    second = opened.traces("forecast")
    forecast = [trace["name"] for trace in first].index("forecast")
    assert np.mean(second[forecast]["y"]) > 10 * np.mean(first[forecast]["y"])  # s3 is the larger by far
    opened.choose("Forecast starts", opened.options("Forecast starts")[0])
    assert opened.traces("forecast")[forecast]["x"] != second[forecast]["x"]


def test_parts_reach_the_forecast_and_effects_can_be_chosen(opened):
    opened.choose("Series of the parts", "s2")
    *bars, level, forecast = opened.traces("parts")
    assert [trace["name"] for trace in (level, forecast)] == ["level", "forecast"]
    np.testing.assert_allclose(np.sum([bar["y"] for bar in bars], axis=0) + level["y"], forecast["y"], rtol=1e-6)
    opened.choose("Effect of", "hour")
    assert len(opened.traces("effects")[0]["y"]) == 24


def test_colouring_changes_the_colours(opened):
    by_hour = opened.traces("code-map")[0]["color"]
    opened.choose("Colour", "weekend")
    by_weekend = opened.traces("code-map")[0]["color"]
    assert len(set(by_hour)) == 24
    assert len(set(by_weekend)) == 2
    opened.choose("Colour", "anomaly score")
    assert all(isinstance(score, int | float) for score in opened.traces("code-map")[0]["color"])


def test_axes_can_be_any_dimension(opened):
    assert opened.options("Across") == opened.options("Up")
    assert {"a0", "b_hour0"} < set(opened.options("Across"))
    opened.choose("Across", "a1")
    before = opened.traces("code-map")[0]
    opened.choose("Up", "a1")
    after = opened.traces("code-map")[0]
    assert before["x"] == after["x"] == after["y"]


def test_a_click_and_the_list_show_the_window(opened):
    heading = opened.page.locator("[data-panel=map] h3")
    last = opened.options("Window")[-1]
    opened.choose("Across", "b_hour0")
    opened.choose("Up", "b_hour1")
    opened.choose("Window", last)
    assert heading.inner_text() == f"Window that ends {last}"
    points = (
        opened.page.locator("#code-map .js-plotly-plot")
        .first.locator(".scatterlayer .trace")
        .first.locator("path.point")
    )
    points.nth(3).scroll_into_view_if_needed()
    points.nth(3).hover(force=True)
    tip = opened.page.locator(".tip")
    tip.wait_for(state="visible")
    assert tip.locator("svg polyline").count() == 1
    told = tip.locator("p").first.inner_text()
    points.nth(3).click(force=True)
    opened.page.wait_for_timeout(300)
    assert heading.inner_text() == f"Window that ends {told}"
    assert {trace["name"] for trace in opened.traces("code-map", 1)} == {"observed", "reconstruction"}
    opened.picture("code-map", whole=False)


def test_what_if_shows_the_numbers_of_the_model(opened, hours_model, panel):
    series, start = opened.options("Series (what if)")[-1], opened.options("Forecast starts (what if)")[1]
    opened.choose("Series (what if)", series)
    opened.choose("Forecast starts (what if)", start)
    opened.choose("Factor (what if)", "weekend")
    assert opened.options("Class (what if)") == ["no", "yes"]
    opened.choose("Class (what if)", "yes")
    shown = {trace["name"]: trace["y"] for trace in opened.traces("what-if")}
    asked = hours_model.what_if(panel, factor="weekend", to="yes", at=start, levels=LEVELS)
    at = asked.factual.channels.index(series)
    room = 1e-4 * np.ptp(panel.values[:, at])
    np.testing.assert_allclose(shown["forecast"], asked.factual.mean[0, :, at], atol=room)
    np.testing.assert_allclose(shown["what-if forecast"], asked.counterfactual.mean[0, :, at], atol=room)
    np.testing.assert_allclose(shown["90 %, what-if"], asked.counterfactual.quantiles[1, 0, :, at], atol=room)
    np.testing.assert_allclose(opened.traces("what-if", 1)[0]["y"], asked.difference[0, :, at], atol=2 * room)


def test_anomalies_tell_their_reasons(opened, payload):
    event = payload.anomalies.events[1]
    opened.page.locator("#anomalies ol.events button").nth(1).click()
    opened.page.wait_for_timeout(200)
    told = opened.page.locator("[data-panel=anomalies]").inner_text()
    assert f"Window that ends {event.end}" in told
    assert event.reasons[0] in told
    cell = max(range(len(payload.anomalies.strip.cells)), key=lambda at: payload.anomalies.strip.score[at] or 0)
    opened.choose("Time (anomalies)", payload.anomalies.strip.cells[cell])
    assert payload.anomalies.strip.reason[cell] in opened.page.locator("[data-panel=anomalies]").inner_text()


def test_a_click_on_the_calendar_shows_the_reason(opened, payload):
    strip = opened.page.locator("#anomalies .js-plotly-plot").first
    strip.scroll_into_view_if_needed()
    box = strip.locator(".nsewdrag").first.bounding_box()
    columns, rows = len(payload.anomalies.strip.columns), len(payload.anomalies.strip.rows)
    at = next(i for i, row in enumerate(payload.anomalies.strip.row) if row == 0)
    across = (payload.anomalies.strip.column[at] + 0.5) * box["width"] / columns
    opened.page.mouse.click(box["x"] + across, box["y"] + 0.5 * box["height"] / rows)
    opened.page.wait_for_timeout(300)
    assert opened.page.locator("[data-panel=anomalies] h3").inner_text() == payload.anomalies.strip.cells[at]
    for mode in opened.options("Rows of the calendar")[1:3]:
        opened.choose("Rows of the calendar", mode)


def test_names_are_shown_as_text(look, hostile_file, hostile):
    model, data = hostile
    with look(hostile_file) as opened:
        for factor in model.info()["factors"]:
            assert opened.page.locator("h1").inner_text() == "</script><script>alert(2)</script>"
            assert opened.options("Series") == list(data.channels)
            assert opened.options("Colour") == [factor, "anomaly score"]
            for name in data.channels:
                opened.choose("Series", name)
            opened.choose("Rows of the calendar", opened.options("Rows of the calendar")[1])
            opened.choose("Up", f"b_{factor}0")
        titles = (
            opened.page.locator("#code-map .js-plotly-plot").first.locator(".ytitle").evaluate("n => n.textContent")
        )
        assert titles == f"b_{factor}0"
        assert opened.page.locator("main img, main script, main b, svg a, main a").count() == 0
        why = opened.page.locator("#why").inner_text()
        assert factor in why
        figure = opened.page.locator("#why .nsewdrag").first
        figure.scroll_into_view_if_needed()
        figure.hover()
        opened.page.wait_for_timeout(300)
        assert opened.page.locator("main img, main b, svg a").count() == 0
        opened.picture("hostile-names")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [400, 1600])
def test_no_width_breaks_the_layout(opened, width, scheme):
    opened.settle(width, scheme)
    wide, room = opened.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert wide <= room
    for box in opened.page.locator("select, button, .js-plotly-plot .main-svg").evaluate_all(
        "found => found.map(each => each.getBoundingClientRect()).map(box => [box.left, box.right])"
    ):
        assert 0 <= box[0] <= box[1] <= room
    heights = opened.page.locator("#forecast .js-plotly-plot, #forecast .main-svg").evaluate_all(
        "found => found.map(each => each.getBoundingClientRect().height)"
    )
    assert set(heights) == {340}
    opened.picture(f"page-{scheme}-{width}")


def luminance(colour):
    return sum(map(int, re.findall(r"\d+", colour)[:3])) / (3 * 255)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_light_and_dark(opened, scheme):
    opened.settle(scheme=scheme)
    paper, ink = opened.page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]"
    )
    assert (luminance(paper) < 0.2) == (luminance(ink) > 0.8) == (scheme == "dark")
    tick = "() => getComputedStyle(document.querySelector('#forecast .ytick text')).fill"
    before = opened.page.evaluate(tick)
    other = "light" if scheme == "dark" else "dark"
    opened.page.emulate_media(color_scheme=other)
    opened.page.wait_for_function(f"before => ({tick})() !== before", arg=before)
    after = opened.page.evaluate(tick)
    assert (luminance(before) > luminance(after)) == (scheme == "dark")


def test_the_keyboard_reaches_every_control(look, page_file):
    with look(page_file) as opened:
        ask = "() => [...document.querySelectorAll('select, button, summary, a')].length"
        wanted, seen = opened.page.evaluate(ask), []
        mark = (
            "() => { const at = document.activeElement; if (at === document.body) return null;"
            " const style = getComputedStyle(at);"
            " return [[...document.querySelectorAll('select, button, summary, a')].indexOf(at), style.outlineStyle]; }"
        )
        for _ in range(wanted):
            opened.page.keyboard.press("Tab")
            found = opened.page.evaluate(mark)
            assert found is not None
            assert found[1] != "none", "focus can be seen"
            seen.append(found[0])
        assert seen == list(range(wanted))


def test_keys_alone_change_what_is_shown(opened):
    opened.page.locator("select[data-control='Window']").focus()
    before = opened.page.locator("[data-panel=map] h3").inner_text()
    opened.page.keyboard.press("ArrowDown")
    opened.page.wait_for_timeout(300)
    assert opened.page.locator("[data-panel=map] h3").inner_text() != before
    opened.page.locator("summary").focus()
    opened.page.keyboard.press("Enter")
    assert opened.page.locator("#settings table").is_visible()


def test_recordings_have_a_page_without_a_calendar(look, moves_file):
    with look(moves_file) as opened:
        assert "no clock" in opened.page.locator("#anomalies").inner_text()
        assert opened.page.locator("select[data-control='Time (anomalies)']").count() == 0
        assert opened.page.locator("#anomalies ol.events button").count() > 0
        assert "seconds" in opened.page.locator("#forecast .xtitle").evaluate("n => n.textContent")
        assert opened.page.locator("#recordings tbody tr").count() == 4
        first = opened.traces("comparison")[0]["x"]
        opened.choose("Conditions", "side: right beside left")
        assert opened.traces("comparison")[0]["x"] != first
        opened.picture("recordings")


def test_a_page_opened_narrow_and_dark_is_as_one_that_became_so(look, page_file):
    with look(page_file, 400, "dark") as narrow:
        wide, room = narrow.page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert wide <= room
        assert luminance(narrow.page.evaluate("getComputedStyle(document.body).backgroundColor")) < 0.2

"""Pictures of a traversal, a what-if, and of what forecasts rest on."""

from dataclasses import replace

import numpy as np
import pytest
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from divecast import ConfigError
from divecast.plots import AttributionDisplay, TraversalDisplay, WhatIfDisplay, plot
from plots.drawn import ODD_NAME, columns, lines, only, says, shown, texts
from worlds import hours, moves

PANEL, RECORDINGS = hours().panel, moves()
AT = ["2024-02-20 05:00", "2024-02-21 12:00"]


@pytest.fixture(scope="module")
def what_if(hours_model):
    return hours_model.what_if(PANEL, at=AT, factor="hour", to="13")


@pytest.mark.parametrize("dimension", ["a0", "b_hour", "b_hour1"])
def test_lines_of_a_traversal_are_those_of_its_table(hours_model, dimension):
    found = hours_model.traverse(PANEL, dimension, at=AT, n=5)
    display = TraversalDisplay.from_traversal(found, ["s1", "s3"], window=1)
    table, figure = columns(display), display.plot()
    for axes, name, at in zip(figure.axes, ("s1", "s3"), (1, 3), strict=False):
        listed = only(table, unique_id=name)
        *moved, own, _ = lines(axes)  # the last is the end of the window
        np.testing.assert_array_equal(np.concatenate(moved), listed["value"])
        np.testing.assert_array_equal(own, listed["own"][:30])
        np.testing.assert_array_equal(listed["value"].reshape(5, 30)[:, 24:], found.forecasts[1, :, :, at])


def test_positions_are_named(hours_model):
    way = TraversalDisplay.from_traversal(hours_model.traverse(PANEL, "b_hour", at=AT[0], positions=[0, 1.5, 24]))
    assert {"00", "1.5"} <= set(texts(way.plot()))
    one = TraversalDisplay.from_traversal(hours_model.traverse(PANEL, "a0", at=AT[0], positions=[0.25]))
    assert {"0.25", "a0, prior sd"} <= set(texts(one.plot()))


def test_lines_of_a_what_if_are_those_of_its_table(what_if):
    display = WhatIfDisplay.from_counterfactual(what_if, "s2", window=-1)
    table, (left, right) = columns(display), display.plot().axes
    np.testing.assert_array_equal(lines(left), [table["factual"], table["counterfactual"]])
    np.testing.assert_array_equal(lines(right)[1], table["difference"])
    np.testing.assert_array_equal(table["difference"], what_if.difference[1, :, 2])
    outer = left.collections[0].get_paths()[0].vertices[:, 1]
    assert outer.min() == pytest.approx(table["factual_q0.05"].min())
    assert outer.max() == pytest.approx(table["factual_q0.95"].max())


def test_what_was_moved_is_said(what_if, hours_model):
    assert WhatIfDisplay.from_counterfactual(what_if).change == "hour 04 → 13"
    assert says(WhatIfDisplay.from_counterfactual(what_if, window=1).plot(), "hour 11 → 13")
    same = hours_model.what_if(PANEL, at=AT[0], factor="hour", to="04")
    assert WhatIfDisplay.from_counterfactual(same).change == "the same classes"


def test_recordings_are_drawn_too(moves_model):
    found = moves_model.what_if(RECORDINGS, at="r3", factor="move", to="fast")
    assert columns(WhatIfDisplay.from_counterfactual(found))["unique_id"].tolist() == ["ax"] * 5 + ["wx"] * 5
    assert WhatIfDisplay.from_counterfactual(found).plot().axes
    assert TraversalDisplay.from_traversal(moves_model.traverse(RECORDINGS, "a1", at="r3")).plot().axes


@pytest.mark.parametrize(
    ("wrong", "message"),
    [({"series": "none"}, "Expected series out of .*, got 'none'"), ({"window": 2}, "window from 0 to 1, got 2")],
)
def test_what_is_not_there_is_named(what_if, hours_model, wrong, message):
    with pytest.raises(ConfigError, match=message):
        WhatIfDisplay.from_counterfactual(what_if, **wrong)
    with pytest.raises(ConfigError, match=message):
        TraversalDisplay.from_traversal(hours_model.traverse(PANEL, "a0", at=AT), **wrong)


def test_names_are_shown_as_they_are(what_if, hours_model):
    names = (ODD_NAME, "s1", "s2", "s3")
    odd = replace(what_if, factors=("$h_0$", "weekend"), factual=replace(what_if.factual, channels=names))
    odd = replace(odd, counterfactual=replace(what_if.counterfactual, channels=names))
    named = texts(WhatIfDisplay.from_counterfactual(odd, ODD_NAME).plot())
    assert {ODD_NAME, "$h_0$ 04 → 13"} <= set(named)
    moved = replace(hours_model.traverse(PANEL, "a0", at=AT), channels=names, dimension="$d$")
    assert {ODD_NAME, "$d$, prior sd"} <= set(texts(TraversalDisplay.from_traversal(moved, ODD_NAME).plot()))
    why = hours_model.why(PANEL, at=AT)
    assert says(AttributionDisplay.from_attribution(replace(why, components=("b_$x$", "_y", "a"))).plot(), "b_$x$")


def test_bars_stand_on_one_another_and_are_the_shares(hours_model):
    display = AttributionDisplay.from_attribution(hours_model.why(PANEL, "test", every=5))
    left, right = display.plot().axes
    table = columns(display)
    heights = [[bar.get_height() for bar in part] for part in left.containers]
    np.testing.assert_allclose(heights, table["share"].reshape(3, 6))
    np.testing.assert_allclose([bar.get_y() + bar.get_height() for bar in left.containers[-1]], 1.0)
    np.testing.assert_array_equal(lines(right)[0], table["window_share"][:6])


def test_one_window_and_a_code_that_does_nothing_are_drawn(hours_model):
    found = hours_model.why(PANEL, at=AT[0])
    figure, own = AttributionDisplay.from_attribution(found).plot(), Figure()
    assert [axes.get_xlabel() for axes in figure.axes] == ["step ahead"]  # the parts alone: no empty panel beside
    assert len(figure.axes[0].containers) == 3
    assert AttributionDisplay.from_attribution(found).plot(own.subplots()) is own
    still = replace(found, change=np.zeros_like(found.change))
    assert says(AttributionDisplay.from_attribution(still).plot(), "No component changes these forecasts")


def test_a_way_that_closes_has_the_colours_of_a_cycle(hours_model):
    def colours(dimension, **more):
        found = hours_model.traverse(PANEL, dimension, at=AT[0], **more)
        axes = TraversalDisplay.from_traversal(found, "s1").plot().axes[0]
        return np.array([to_rgb(line.get_color()) for line in axes.lines[: len(found.positions)]])

    hours_round = colours("b_hour")
    np.testing.assert_allclose(hours_round[0], hours_round[-1])  # 24 o'clock is midnight
    steps = np.linalg.norm(np.diff(hours_round, axis=0), axis=1)
    assert steps.min() > 0
    assert steps.max() < 0.25  # and no hour is far from the next, midnight neither
    np.testing.assert_allclose(colours("b_hour", positions=[3.0, 27.0])[1], hours_round[3])
    straight = colours("a0")
    assert np.linalg.norm(straight[0] - straight[-1]) > 0.5


@pytest.mark.parametrize(
    "method",
    ["what_if", "why", "traverse", "anomalies", "check", "infer_labels", "swap_codes", "forecast", "encode",
     "evaluate", "reconstruct"],
)  # fmt: skip
def test_every_result_has_a_plot(hours_model, method):
    asked = {
        "what_if": {"factor": "hour", "to": "13"},
        "swap_codes": {"other": AT[0]},
        "why": {"every": 50},
        "traverse": {"dimension": "a0"},
        "anomalies": {"every": 20},
        "check": {"part": "all", "every": 20},
        "infer_labels": {"every": 20},
        "forecast": {},
        "encode": {"every": 20},
        "evaluate": {"every": 20},
        "reconstruct": {"every": 20},
    }
    figure = getattr(hours_model, method)(PANEL, **asked[method]).plot(title="$T$")
    assert figure.axes
    assert figure.axes[0].has_data()
    figure.draw_without_rendering()  # laid out: what does not fit is a warning
    assert any("$T$" in text for text in shown(figure))


def test_what_has_no_plot_is_refused():
    with pytest.raises(ConfigError, match=r"expected a result of DeepDIVE, .*, got ndarray"):
        plot(np.zeros(3))

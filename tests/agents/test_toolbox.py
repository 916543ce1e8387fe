"""Answers are those of the public methods, bounded, with what a number needs beside it; all else is refused."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divecast.agents import toolbox
from divecast.agents.answers import MOST_BYTES
from divecast.agents.desk import Desk
from divecast.agents.toolbox import BY_NAME, TOOLS, RefusedCallError, call
from laws import assert_same_bits, frozen
from worlds import hours

PANEL = hours().panel
AT = "2024-02-20T00:00"
CALLS = {
    "describe": {},
    "forecast": {"at": AT},
    "parts": {"at": AT},
    "what_if": {"at": AT, "to": {"weekend": "yes"}},
    "why": {"at": AT},
    "anomalies": {"start": "2024-02-20", "top": 2},
    "read_labels": {"at": AT},
    "paths": {"at": AT, "what": "total"},
    "score": {},
    "narrate": {"at": AT},
}


@pytest.mark.parametrize("tool", CALLS)
def test_each_answer_has_unit_zone_and_record(ask, tool):
    answer = ask(tool, **CALLS[tool])
    assert answer["units"] == "MW"
    assert answer["time_zone"] == "UTC"
    if tool != "read_labels":
        record = answer["how_well_this_has_worked"]
        assert record["known"]
        assert record["n_forecasts"] > 10
        assert len(record["rows"]) >= 1
    json.dumps(answer, allow_nan=False)


def test_all_tools_of_the_issue_are_there():
    assert {*CALLS, "scenario", "propose_factor"} == {*BY_NAME}


def table(answer):
    return [dict(zip(answer["table"]["columns"], row, strict=True)) for row in answer["table"]["rows"]]


def test_a_forecast_is_that_of_the_model(ask, hours_model):
    rows = table(ask("forecast", at=AT, series=["s2", "s0"], levels=[0.9, 0.1]))
    found = hours_model.forecast(PANEL, start=AT, stop=AT, levels=(0.1, 0.9))
    assert [(row["series"], row["step"]) for row in rows] == [(s, n) for s in ("s2", "s0") for n in range(1, 7)]
    np.testing.assert_allclose([row["mean"] for row in rows[:6]], found.mean[0, :, 2], rtol=1e-5)
    np.testing.assert_allclose([row["q0.9"] for row in rows[6:]], found.quantiles[1, 0, :, 0], rtol=1e-5)
    assert rows[0]["time"] == "2024-02-20T00:00:00"


def test_parts_add_up_to_the_forecast(ask):
    mean = sum(row["mean"] for row in table(ask("forecast", at=AT, series=["s1"]))) / 6
    assert sum(row["mean"] for row in table(ask("parts", at=AT, series=["s1"]))) == pytest.approx(mean, rel=1e-4)
    steps = table(ask("parts", at=AT, series=["s1"], by_step=True))
    assert sum(row["value"] for row in steps) == pytest.approx(6 * mean, rel=1e-4)


def test_what_if_is_that_of_the_model(ask, hours_model):
    answer = ask("what_if", at=AT, to={"weekend": "yes"}, series=["s1"])
    found = hours_model.what_if(PANEL, factor="weekend", to="yes", at=AT)
    np.testing.assert_allclose([row["difference"] for row in table(answer)], found.difference[0, :, 1], rtol=1e-4)
    assert answer["mean_difference"]["s1"] == pytest.approx(found.difference[0, :, 1].mean(), rel=1e-4)
    assert "not what would have happened" in answer["note"]


def test_a_scenario_is_that_of_the_model(told_desk):
    changes = [{"name": "temperature", "add": 5}, {"name": "promotion", "value": "yes", "series": ["u"]}]
    found = call(told_desk, "scenario", {"at": "2024-02-20T00:00", "changes": changes})
    future = {"temperature": 5.0, "promotion": ("=", "yes", slice(None), ["u"])}
    expected = told_desk.model.what_if(told_desk.source, future=future, at="2024-02-20T00:00").difference
    assert found["mean_difference"]["u"] == pytest.approx(expected[0, :, 0].mean(), rel=1e-4)
    assert found["units"] == "the units of the data, which are not known"


def test_paths_tell_sums_peaks_and_thresholds(ask):
    total = table(ask("paths", at=AT, what="total", series=["s0", "s1"], together=True))
    means = table(ask("forecast", at=AT, series=["s0", "s1"], limit=100))
    assert total[0]["mean"] == pytest.approx(sum(row["mean"] for row in means), rel=0.02)
    above = table(ask("paths", at=AT, what="exceeds", threshold=-1e9, by="step", series=["s0"]))
    assert [row["probability"] for row in above] == [1.0] * 6
    assert len(table(ask("paths", at=AT, what="peak", series=["s3"]))) == 1


def test_pages_of_a_table_are_the_whole(ask):
    whole = ask("forecast", at=AT)["table"]["rows"]
    answers = [ask("forecast", at=AT, limit=7, offset=first) for first in range(0, 24, 7)]
    assert [row for answer in answers for row in answer["table"]["rows"]] == whole
    assert "offset=7" in answers[0]["cut"]
    assert "cut" not in answers[-1]


def test_a_large_table_is_cut_and_says_so(hours_desk, monkeypatch):
    monkeypatch.setattr("divecast.agents.answers.MOST_BYTES", 2000)
    answer = call(hours_desk, "forecast", {"at": AT})
    assert len(json.dumps(answer)) <= 2000
    assert answer["table"]["rows_in_all"] == 24 > len(answer["table"]["rows"])
    assert f"offset={len(answer['table']['rows'])}" in answer["cut"]


def test_warnings_are_part_of_the_answer(told_desk):
    answer = call(told_desk, "forecast", {"series": ["u"]})
    assert any("temperature" in each for each in answer["warnings"])


def test_of_other_data_the_record_is_not_known(hours_model):
    desk = Desk.of(hours_model, hours(weeks=3, seed=4).panel)
    record = call(desk, "forecast", {})["how_well_this_has_worked"]
    assert record == {"known": False, "why": "these are not the data of the fit, whose test part was held out"}
    assert not call(desk, "score", {})["known"]


def test_recordings_are_named(moves_desk):
    name = moves_desk.source.names[3]
    answer = call(moves_desk, "forecast", {"at": name, "second": 6.0, "series": ["ax"]})
    assert len(answer["table"]["rows"]) == 5
    assert "seconds" in answer["time_zone"]
    assert call(moves_desk, "narrate", {"at": name})["facts"]["recording"] == name
    assert call(moves_desk, "read_labels", {"part": "test"})["accuracy"].keys() == {"move", "side"}
    with pytest.raises(RefusedCallError, match="Name one as at"):
        call(moves_desk, "forecast", {})


def test_a_proposal_leaves_the_model_as_it_was(hours_desk, monkeypatch):
    monkeypatch.setattr("divecast.fit.add_factor._STEPS", 20)
    before = frozen(hours_desk.fitted.network)
    spans = [{"start": f"2024-0{month}-{day:02d}"} for month in (1, 2) for day in range(2, 25, 4)]
    answer = call(hours_desk, "propose_factor", {"name": "strike", "spans": spans})
    assert answer["verdict"] in ("kept", "dropped")
    assert answer["read"]["n_shuffles"] >= 19
    assert not hours_desk.fitted.added
    assert_same_bits(frozen(hours_desk.fitted.network), before)


@pytest.mark.parametrize(
    ("tool", "arguments", "named"),
    [
        ("forcast", {}, "Did you mean 'forecast'"),
        ("drop_tables", {}, "The tools are"),
        ("forecast", {"series": ["s9"]}, "no series 's9'"),
        ("forecast", {"at": "1999-01-01"}, "1999"),
        ("forecast", {"at": "tomorrow"}, "tomorrow"),
        ("forecast", {"levels": [1.5]}, "levels.0"),
        ("forecast", {"path": "/etc/passwd"}, "path: Extra inputs"),
        ("forecast", {"limit": 501}, "limit"),
        ("forecast", {"offset": 100}, "has 24 rows"),
        ("forecast", {"at": AT, "second": 1.0}, "no recordings"),
        ("what_if", {"to": {"weekend": "maybe"}}, "maybe"),
        ("what_if", {"to": {"phase": "new"}}, "phase"),
        ("scenario", {"changes": [{"name": "hour", "value": "3"}]}, "calendar"),
        ("scenario", {"changes": [{"name": "hour"}]}, "either value or add"),
        ("paths", {"what": "exceeds"}, "threshold"),
        ("paths", {"what": "total", "by": "step"}, "step"),
        ("anomalies", {"recordings": ["r1"]}, "no recordings"),
        ("anomalies", {"start": "2024-02-20", "stop": "2024-02-10"}, "No window"),
        ("read_labels", {"part": "test", "at": AT}, "two questions"),
        ("propose_factor", {"name": "x"}, "either spans or classes"),
        ("propose_factor", {"name": "hour", "spans": [{"start": "2024-01-02"}]}, "'hour' already"),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(hours_desk, tool, arguments, named):
    with pytest.raises(RefusedCallError, match=named) as refused:
        call(hours_desk, tool, arguments)
    assert len(str(refused.value)) <= 1000
    assert "=" not in str(refused.value).replace("lookback=", "").replace("what = ", "")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.text(max_size=8), inside, max_size=3),
    max_leaves=6,
)
NAMES = sorted({name for tool in TOOLS for name in tool.question.model_fields})
LIKELY = st.sampled_from(
    [AT, "2024-02-20", "s0", ["s0"], ["s0", "s0"], {"weekend": "yes"}, {"hour": "3"}, "total", "exceeds", "day", "test",
     0, 1, 3.5, 1e308, -1, [0.5], [0.1, 0.1, 0.9], True, "\ud800", "\x1b[2J", "9999-12-31", "-9999-01-01", "2024-02-30"]
)  # fmt: skip


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from([name for name in BY_NAME if name != "propose_factor"]),
    st.dictionaries(st.sampled_from(NAMES), LIKELY | JSON, max_size=4),
)
def test_any_arguments_are_answered_or_refused(hours_desk, tool, arguments):
    try:
        answer = call(hours_desk, tool, arguments)
    except RefusedCallError as refused:
        text = str(refused)
        assert 0 < len(text) <= 1000
        text.encode()
        assert "\x1b" not in text
    else:
        assert len(json.dumps(answer, allow_nan=False)) <= MOST_BYTES
        assert all(
            math.isfinite(cell)
            for row in answer.get("table", {}).get("rows", [])
            for cell in row
            if isinstance(cell, float)
        )


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(JSON)
def test_any_proposal_is_read_or_refused(hours_desk, monkeypatch, spans):
    def stopped(*_arguments, **_options):
        raise AssertionError("a labelling of nonsense was tested")

    monkeypatch.setattr("divecast.fit.proposals.propose.LabellingTest.result", stopped)
    with pytest.raises(RefusedCallError):
        call(hours_desk, "propose_factor", {"name": "x", "spans": spans})


def test_a_fault_is_not_a_refusal(hours_desk, monkeypatch):
    def faulty(_desk, _question):
        raise ZeroDivisionError

    broken = toolbox.Tool("describe", "", "", BY_NAME["describe"].question, faulty)
    monkeypatch.setitem(BY_NAME, "describe", broken)
    with pytest.raises(ZeroDivisionError):
        call(hours_desk, "describe", {})

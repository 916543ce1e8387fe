"""The answers are the library's numbers."""

import numpy as np
import pytest

from divecast.explain.anomalies.reference import DEFAULT_SCORES
from explorer.asking import Asked, explorer_of
from worlds import hours, moves, told

PANEL, RECORDINGS = hours().panel, moves()
AT = ["2024-01-20T05:00", "2024-01-10T00:00"]
PLACES = [{"recording": "r3", "second": 4.0}, "r1"]


@pytest.fixture(scope="module")
def scored(hours_model):
    return hours_model.anomalies(PANEL)


RANK = {"rtol": 1e-3, "atol": 0.06}
"""A score is a rank among the usual windows: rounding in the last bit may move it by one place."""


def same(curves, values):
    """Whether lists by channel hold exactly the (step, channel) numbers."""
    np.testing.assert_array_equal(np.array(curves, dtype=np.float32).T, values)


def test_forecast(of_hours, hours_model):
    found = of_hours.answer("/forecast", {"at": AT, "channels": ["s2", "s0"], "levels": [0.1, 0.9]})
    assert (found["channels"], found["levels"]) == (["s2", "s0"], [0.1, 0.9])
    for place, window in zip(AT, found["windows"], strict=True):
        wanted = hours_model.forecast(PANEL, start=place, stop=place, levels=[0.1, 0.9])
        assert [window["end"], *window["times"]] == wanted.keys.stamps[0].astype(str).tolist()
        np.testing.assert_allclose(np.array(window["mean"]).T, wanted.mean[0][:, [2, 0]], rtol=1e-5)
        np.testing.assert_allclose(np.array(window["quantiles"][1]).T, wanted.quantiles[1, 0][:, [2, 0]], rtol=1e-5)


def test_one_window_is_equal_to_the_bit(of_hours, hours_model):
    window = of_hours.answer("/forecast", {"labels": "infer"})["windows"][0]
    wanted = hours_model.forecast(PANEL, labels="infer")
    same(window["mean"], wanted.mean[0])
    for level, values in zip(window["quantiles"], wanted.quantiles, strict=True):
        same(level, values[0])


def test_recordings(of_moves, moves_model):
    windows = of_moves.answer("/forecast", {"at": PLACES})["windows"]
    assert (windows[0]["recording"], windows[0]["end"]) == ("r3", 4.0)
    ends = moves_model.forecast(RECORDINGS)
    np.testing.assert_allclose(np.array(windows[1]["mean"]).T, ends.mean[1], rtol=1e-5)


def test_encode(of_hours, hours_model):
    found, codes = of_hours.answer("/encode", {}), hours_model.encode(PANEL)
    window = found["windows"][0]
    np.testing.assert_allclose(window["a_mean"], codes.a_mean[-1], rtol=1e-4, atol=1e-6)
    for at, name in enumerate(codes.factors):
        assert found["classes"][name] == list(codes.classes[at])
        np.testing.assert_allclose(window["b"][name]["mean"], codes.b_mean[at][-1], rtol=1e-4, atol=1e-6)
        np.testing.assert_allclose(window["b"][name]["probabilities"], codes.probabilities[at][-1], atol=1e-5)


@pytest.mark.parametrize("a", ["adjusted", "kept"])
def test_what_if(of_hours, hours_model, a):
    to = {"hour": "03", "weekend": "yes"}
    found = of_hours.answer("/what-if", {"at": AT[:1], "to": to, "unlabelled_code": a})["windows"][0]
    wanted = hours_model.what_if(PANEL, at=AT[0], to=to, unlabelled_code=a)
    same(found["difference"], wanted.difference[0])
    same(found["counterfactual"]["quantiles"][0], wanted.counterfactual.quantiles[0, 0])
    same(found["counterfactual"]["window"], wanted.counterfactual_window.mean[0])
    same(found["truth"], wanted.factual_window.truth[0])
    assert {name: each["name"] for name, each in found["after"].items()} == dict(
        zip(wanted.factors, wanted.after.names[0], strict=True)
    )


def test_a_scenario_of_the_future(told_model):
    data = told()
    asked = Asked(explorer_of(told_model, data))
    future = {
        "promotion": [{"to": "yes", "start": "2024-02-25T14:00", "series": ["u"]}],
        "temperature": [{"add": 2.0}, {"to": 15.0, "start": "2024-02-25T15:00", "stop": "2024-02-25T16:00"}],
    }
    found = asked.answer("/what-if", {"future": future, "at": ["2024-02-25T12:00"]})
    wanted = told_model.what_if(
        data,
        future={
            "promotion": ("yes", slice("2024-02-25T14:00", None), ["u"]),
            "temperature": [2.0, ("=", 15.0, slice("2024-02-25T15:00", "2024-02-25T16:00"))],
        },
        at="2024-02-25T12:00",
    )
    same(found["windows"][0]["difference"], wanted.difference[0])
    assert found["scenario"] == list(wanted.scenario)


def test_traverse(of_moves, moves_model):
    body = {"at": PLACES[:1], "dimension": "a0", "positions": [-1.0, 0.5]}
    found = of_moves.answer("/traverse", body)
    wanted = moves_model.traverse(RECORDINGS, "a0", at=("r3", 4.0), positions=[-1.0, 0.5])
    window = found["windows"][0]
    assert (found["unit"], window["own_position"]) == ("prior sd", wanted.own_position[0])
    same(window["own_window"], wanted.own_windows[0])
    for at, stop in enumerate(window["stops"]):
        same(stop["forecast"], wanted.forecasts[0, at])
        same(stop["window"], wanted.windows[0, at])


def test_every_dimension_that_is_named_can_be_moved(of_hours):
    about = of_hours.get("/model").json()
    for dimension in about["dimensions"]:
        assert of_hours.answer("/traverse", {"dimension": dimension, "at": AT[:1]})["dimension"] == dimension


def test_anomalies_of_a_span(of_hours, scored):
    span = {"start": "2024-02-10T00:00", "stop": "2024-02-12T23:00", "n": 2}
    found, whole = of_hours.answer("/anomalies", span), scored
    ends = whole.keys.stamps[:, -1]
    inside = (ends >= np.datetime64(span["start"])) & (ends <= np.datetime64(span["stop"]))
    assert [each["end"] for each in found["windows"]] == ends[inside].astype(str).tolist()
    np.testing.assert_allclose([each["score"] for each in found["windows"]], whole.score[inside], **RANK)
    assert (found["reference"], found["scores"], len(found["anomalous"])) == (
        whole.reference.name,
        list(DEFAULT_SCORES),
        2,
    )
    assert found["anomalous"][0]["score"] == max(each["score"] for each in found["windows"])


def test_anomalies_of_recordings(of_moves, moves_model):
    found = of_moves.answer("/anomalies", {"recordings": ["r2", "r5"], "every": 3})
    whole = moves_model.anomalies(RECORDINGS)
    chosen = np.flatnonzero(np.isin(whole.keys.recordings, ["r2", "r5"]))[::3]
    assert {each["recording"] for each in found["windows"]} == {"r2", "r5"}
    np.testing.assert_allclose([each["score"] for each in found["windows"]], whole.score[chosen], **RANK)


def test_other_data_are_their_own_measure(hours_model):
    other = PANEL.rows(0, 200)
    found = Asked(explorer_of(hours_model, other)).answer("/anomalies", {"every": 7})
    assert found["reference"] == "the given data"
    wanted = hours_model.anomalies(other).score[::7]
    np.testing.assert_allclose([each["score"] for each in found["windows"]], wanted, **RANK)


def test_a_sent_window_is_forecast_as_that_of_the_data(of_hours, hours_model):
    row = PANEL.clock.row_of(AT[0])
    values = {name: PANEL.values[row - 24 : row, at].tolist() for at, name in enumerate(PANEL.channels)}
    sent = {"values": values, "start": "2024-01-19T05:00"}
    for path, more in (("/forecast", {}), ("/what-if", {"to": {"hour": "03"}})):
        assert of_hours.answer(path, {"window": sent, **more}) == of_hours.answer(path, {"at": AT[:1], **more})


def test_missing_values_are_null_both_ways(of_hours):
    values = {name: [None] * 12 + [1.0] * 12 for name in PANEL.channels}
    found = of_hours.answer("/what-if", {"window": {"values": values, "start": "2024-01-19"}, "to": {"hour": "03"}})
    window = found["windows"][0]
    assert window["truth"] == [[None] * 12 + [1.0] * 12] * 4
    assert np.isfinite(window["counterfactual"]["mean"]).all()


def test_a_sent_window_of_a_recording_has_no_start(of_moves):
    values = {"ax": [0.0] * 40, "wx": [1.0] * 40}
    assert of_moves.answer("/encode", {"window": {"values": values}})["windows"][0]["recording"] == "sent"
    fields, _ = of_moves.refusal("/encode", {"window": {"values": values, "start": "2024-01-01"}})
    assert fields == ["window.start"]


def test_what_there_is(of_hours, of_moves):
    about = of_hours.get("/model").json()
    assert (about["horizon"], about["lookback"], about["tz"]) == (6, 24, "UTC")
    assert about["data"] == {
        "windows": 1344 - 23,
        "rows": 1344,
        "first": "2024-01-02T00:00:00",
        "last": "2024-02-26T00:00:00",
        "recordings": None,
    }
    assert of_moves.get("/model").json()["data"]["recordings"]["r0"] == int(RECORDINGS.lengths[0])


def test_parts_of_a_forecast_add_up(of_hours):
    window = of_hours.answer("/forecast", {"at": AT, "channels": ["s1"], "parts": True})["windows"][0]
    assert [part["kind"] for part in window["parts"]] == ["level", "effect", "effect", "carry-over", "network"]
    np.testing.assert_allclose(np.sum([part["values"] for part in window["parts"]], axis=0), window["mean"], rtol=1e-5)
    assert of_hours.answer("/forecast", {"at": AT})["windows"][0]["parts"] == []

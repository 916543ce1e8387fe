"""What is wrong with a request is said, with the field."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divecast.explorer.answers import AnomaliesAnswer, EncodeAnswer, TraverseAnswer, WhatIfAnswer
from divecast.web.forecast_answer import ForecastAnswer
from divecast.web.refusal import Refusal
from explorer.asking import Asked, explorer_of
from worlds import hours

VALUES = {f"s{at}": [1.0] * 24 for at in range(4)}


@pytest.mark.parametrize(
    ("path", "body", "field", "named"),
    [
        ("/forecast", {"at": "2024-01-20"}, "at", "list"),
        ("/forecast", {"at": []}, "at", "at least 1"),
        ("/forecast", {"at": ["soon"]}, "at", "soon"),
        ("/forecast", {"at": ["2024-01-20"] * 65}, "at", "64"),
        ("/forecast", {"at": [{"recording": "r0", "second": 1.0}]}, "at", "no recordings"),
        ("/forecast", {"at": ["2024-01-01T05:00"]}, "at", "24 rows"),
        ("/forecast", {"levels": [0.5, 0.1]}, "levels", "increase"),
        ("/forecast", {"levels": ["0.5"]}, "levels.0", "number"),
        ("/forecast", {"levels": [1.5]}, "levels.0", "less than 1"),
        ("/forecast", {"channels": ["s9"]}, "channels", "s9"),
        ("/forecast", {"channel": ["s1"]}, "channel", "no such field"),
        ("/forecast", {"labels": "guess"}, "labels", "known"),
        ("/forecast", {"window": {"values": {}}, "at": ["2024-01-20"]}, "body", "both"),
        ("/forecast", {"window": {"values": {"s0": [1.0]}, "start": "2024-01-20"}}, "window.values", "missing"),
        ("/forecast", {"window": {"values": VALUES | {"x": []}, "start": "2024-01-20"}}, "window.values", "unknown"),
        ("/forecast", {"window": {"values": VALUES | {"s0": [1.0]}, "start": "2024-01-20"}}, "window.values", "24"),
        ("/forecast", {"window": {"values": VALUES}}, "window.start", "first row"),
        ("/forecast", {"window": {"values": VALUES, "start": "noon"}}, "window.start", "noon"),
        ("/forecast", {"window": {"values": {f"s{i}": [None] * 24 for i in range(4)}, "start": "2024-01-20"}},
         "window.values", "is null"),
        ("/forecast", {"window": {"values": VALUES | {"s0": [1e300] * 24}, "start": "2024-01-20"}},
         "window.values", "s0"),
        ("/forecast", {"window": {"values": VALUES | {"s0": [float("nan")] * 24}, "start": "2024-01-20"}},
         "window.values.s0.0", "finite"),
        ("/encode", [], "body", "JSON object"),
        ("/forecast", {"at": [7]}, "at.0", "text"),
        ("/forecast", {"at": [{"recording": "r0", "time": 1.0}]}, "at.0.second", "needed"),
        ("/what-if", {}, "body", "either to or future"),
        ("/what-if", {"to": {"hour": "03"}, "future": {"hour": [{"to": "03"}]}}, "body", "either to or future"),
        ("/what-if", {"future": {"hour": [{"to": "03"}]}}, "future", "calendar"),
        ("/what-if", {"future": {"promo": [{"to": "on"}]}}, "future", "promo"),
        ("/what-if", {"future": {"promo": [{"to": "on", "add": 1}]}}, "future.promo.0", "either to or add"),
        ("/what-if", {"future": {"promo": [{"to": "on"}]}, "window": {"values": VALUES, "start": "2024-01-20"}},
         "future", "server's data"),
        ("/what-if", {"to": {"hour": "25"}}, "to", "25"),
        ("/what-if", {"to": {"mood": "03"}}, "to", "mood"),
        ("/traverse", {"dimension": "a99"}, "dimension", "a0 to a2"),
        ("/traverse", {"dimension": "b_hour0", "positions": []}, "positions", "at least 1"),
        ("/traverse", {"dimension": "b_weekend", "positions": [7.0]}, "positions", "first class"),
        ("/anomalies", {"start": "2031-01-01"}, "start", "2031"),
        ("/anomalies", {"start": "2024-02-02", "stop": "2024-02-01"}, "start", "No window ends"),
        ("/anomalies", {"recordings": ["r0"]}, "recordings", "r0"),
        ("/anomalies", {}, "every", "at least 3"),
        ("/anomalies", {"every": 3, "n": 0}, "n", "greater"),
    ],
)  # fmt: skip
def test_the_field_is_named(of_hours, path, body, field, named):
    fields, error = of_hours.refusal(path, body)
    assert fields[0] == field
    assert named in error


@pytest.mark.parametrize(
    ("path", "body", "said"),
    [
        ("/forecast", {"channels": ["s9"]},
         {"field": "channels", "message": "Expected channels of the model, such as 's0', got 's9'",
          "expected": "channels of the model, such as 's0'", "got": "'s9'"}),
        ("/forecast", {"levels": [1.5]},
         {"field": "levels.0", "message": "Input should be less than 1", "expected": None, "got": "1.5"}),
        ("/traverse", {}, {"field": "dimension", "message": "This field is needed", "expected": None, "got": None}),
        ("/anomalies", {}, {"field": "every", "expected": "at most 500", "got": "1321", "message":
          "Too many windows to score: expected at most 500, got 1321. Choose a shorter span, or every of at least 3."}),
    ],
)  # fmt: skip
def test_each_thing_is_said_once(of_hours, path, body, said):
    response = of_hours.post(path, body).json()
    assert response["fields"] == [said]
    assert response["error"] == f"Cannot use {said['field']}"


def test_what_was_sent_is_cut(of_hours):
    (field,) = of_hours.post("/forecast", {"channels": ["x" * 500]}).json()["fields"]
    assert len(field["got"]) == 80
    (field,) = of_hours.post("/forecast", {"levels": ["x" * 500]}).json()["fields"]
    assert len(field["got"]) == 80


def test_recordings_have_no_clock(of_moves):
    assert of_moves.refusal("/anomalies", {"start": "2024-01-01"})[0] == ["start"]
    assert of_moves.refusal("/forecast", {"at": ["r999"]})[0] == ["at"]
    assert of_moves.refusal("/forecast", {"at": [{"recording": "r0", "second": 0.03}]})[0] == ["at"]


def test_an_answer_may_not_be_too_long(hours_model):
    asked = Asked(explorer_of(hours_model, hours().panel, numbers=300))
    fits = {"at": ["2024-01-20"], "channels": ["s0"], "levels": [0.5]}
    assert asked.post("/forecast", fits).status_code == 200
    for path, more in (
        ("/forecast", {"levels": [0.01 * at for at in range(1, 21)]}),
        ("/traverse", {}),
        ("/what-if", {}),
    ):
        needed = {"/traverse": {"dimension": "b_hour"}, "/what-if": {"to": {"hour": "03"}}}.get(path, {})
        assert "at most 300 numbers" in asked.refusal(path, {"at": ["2024-01-20"], **needed, **more})[1]


def test_data_too_short_to_adjust_a_say_so(hours_model):
    asked = Asked(explorer_of(hours_model, hours().panel.rows(0, 40)))
    assert asked.refusal("/what-if", {"to": {"hour": "03"}})[0] == ["unlabelled_code"]
    assert asked.answer("/what-if", {"to": {"hour": "03"}, "unlabelled_code": "kept"})["windows"]
    asked.explorer.prepare()  # what these data do not allow is no reason not to start
    assert "expected at least 20" in asked.refusal("/anomalies", {})[1]


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 50_000, "9" * 9000, '{"at": [' + "9" * 9000 + "]}", "nul", "\x00", '"\\ud800"']
)
def test_what_is_no_request_is_refused(of_hours, text):
    response = of_hours.post_text("/forecast", text)
    assert response.status_code in (400, 422)
    Refusal.model_validate_json(response.text)


TEXTS = st.sampled_from(
    ["2024-01-20", "2024-02-26T00:00", "r0", "hour", "03", "s0", "a0", "b_hour", "b_hour0", "b_weekend", "weekend",
     "0001-01-01", "9999-12-31T23:00", "2024-01-20T05:00+14:00", "\ud800", "<img src=x>", "a" * 500, "a٣", "-1"]
) | st.text(max_size=8)  # fmt: skip
NUMBERS = st.integers(-3, 30) | st.floats() | st.sampled_from([10**400, 1e300, 5e-324])
ANY = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
PLACES = st.lists(TEXTS | st.fixed_dictionaries({"recording": TEXTS, "second": NUMBERS}), min_size=1, max_size=2)
COLUMN = st.lists(st.none() | st.floats(width=32) | NUMBERS, min_size=24, max_size=24)
WINDOW = st.fixed_dictionaries(
    {"values": st.fixed_dictionaries({f"s{at}": COLUMN for at in range(4)})}, optional={"start": TEXTS}
)
CHANGES = st.fixed_dictionaries({"to": TEXTS | NUMBERS, "start": TEXTS})
FIELDS = {
    "at": PLACES,
    "window": WINDOW,
    "channels": st.lists(TEXTS, max_size=2),
    "levels": st.lists(st.floats(0, 1), max_size=3),
    "labels": st.sampled_from(["known", "infer"]),
    "to": st.dictionaries(TEXTS, TEXTS, max_size=2),
    "unlabelled_code": st.sampled_from(["adjusted", "kept"]),
    "dimension": TEXTS,
    "positions": st.lists(NUMBERS, max_size=3),
    "start": TEXTS,
    "stop": TEXTS,
    "future": st.dictionaries(TEXTS, st.lists(CHANGES, max_size=2)),
    "every": NUMBERS,
    "n": NUMBERS,
    "apart": NUMBERS,
}
ALLOWED = {
    "/forecast": (ForecastAnswer, ("at", "window", "channels", "levels", "labels")),
    "/encode": (EncodeAnswer, ("at", "window")),
    "/what-if": (WhatIfAnswer, ("at", "window", "channels", "levels", "labels", "to", "future", "unlabelled_code")),
    "/traverse": (TraverseAnswer, ("at", "window", "channels", "dimension", "positions", "unlabelled_code")),
    "/anomalies": (AnomaliesAnswer, ("start", "stop", "every", "n", "apart")),
}


@st.composite
def requests(draw):
    path = draw(st.sampled_from(sorted(ALLOWED)))
    fields = {name: draw(FIELDS[name] | ANY) for name in draw(st.sets(st.sampled_from(ALLOWED[path][1])))}
    return path, fields | (draw(st.dictionaries(TEXTS, ANY, max_size=1)) if draw(st.integers(0, 5)) == 0 else {})


@pytest.mark.parametrize("kind", ["of_hours", pytest.param("of_moves", marks=pytest.mark.slow)])
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(requests())
@pytest.mark.filterwarnings("default::divecast.DataWarning")
def test_any_request_gets_an_answer_or_a_refusal(request, kind, asked):
    path, body = asked
    response = request.getfixturevalue(kind).post(path, body)
    assert response.status_code in (200, 400, 422), (response.status_code, path, json.dumps(body))
    (ALLOWED[path][0] if response.status_code == 200 else Refusal).model_validate_json(response.text)


def test_what_is_computed_counts_too(hours_model):
    asked = Asked(explorer_of(hours_model, hours().panel, computed=4000))
    body = {"dimension": "a0", "at": ["2024-01-20"], "channels": ["s0"], "positions": [0.0] * 32}
    assert asked.post("/traverse", body).status_code == 200
    assert "4000 to compute" in asked.refusal("/traverse", body | {"positions": [0.0] * 33})[1]

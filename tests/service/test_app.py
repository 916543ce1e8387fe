"""Batches, metrics, descriptions and probes of the service."""

import re
import threading

import numpy as np
import pytest

from divecast import ConfigError
from divecast.service import app as service_app
from divecast.service.served import files_of
from service.requests_to import LIMITS, RULES, Client, json_of, table_of
from service.test_questions import curves
from worlds import hours

FORECAST = "/models/hours/forecast"


def request_of(rows, **more):
    return "POST", FORECAST, {"json": {"rows": json_of(rows), **more}}


def test_requests_that_wait_are_one_batch_and_each_has_its_own_answer(hours_model, monkeypatch):
    client, gate, sizes, former = Client({"hours": hours_model}), threading.Event(), [], service_app.forecast_jobs

    def counted(jobs):
        gate.wait(5)
        sizes.append(len(jobs))
        former(jobs)

    monkeypatch.setattr(service_app, "forecast_jobs", counted)
    panel = hours().panel
    tables = [table_of(panel.rows(24 * day, 24 * day + 30 + day)) for day in range(12)]
    requests = [request_of(table) for table in tables]
    requests[5] = request_of(tables[5], levels=[0.5])
    requests[7] = request_of(tables[7], channels=["s9"])
    threading.Timer(0.3, gate.set).start()
    responses = client.many(requests)
    assert len(sizes) < 6
    assert sum(sizes) == 12
    assert [response.status_code for response in responses] == [200] * 7 + [422] + [200] * 4
    for number, (table, response) in enumerate(zip(tables, responses, strict=True)):
        if number != 7:
            assert np.allclose(curves(response.json()), hours_model.forecast(table).mean, rtol=1e-5)
    assert responses[5].json()["levels"] == [0.5]


def test_warnings_go_to_the_request_that_they_are_of(hours_model):
    panel = hours().panel
    values = panel.values.copy()
    values[1050:1060, 1] = np.nan
    silent = table_of(type(panel).from_array(values, "2024-01-01", "1h", list(panel.channels)).rows(1000, 1060))
    client = Client({"hours": hours_model})
    found = client.many([request_of(table_of(panel.rows(1000, 1060))), request_of(silent)] * 2)
    told = [response.json()["warnings"] for response in found]
    assert told[0] == told[2] == []
    assert "s1: 10 rows" in told[1][0]
    assert told[1] == told[3]


def test_beyond_those_that_may_wait_requests_are_sent_away_and_the_worker_is_not_ready(hours_model, rows, monkeypatch):
    limits = type(LIMITS)(waiting=1)
    client, gate, former = Client({"hours": hours_model}, RULES, limits), threading.Event(), service_app.forecast_jobs

    def slow(jobs):
        gate.wait(5)
        former(jobs)

    monkeypatch.setattr(service_app, "forecast_jobs", slow)
    threading.Timer(0.5, gate.set).start()
    responses = client.many([request_of(rows)] * 4 + [("GET", "/ready", {}), ("GET", "/health", {})])
    found = [response.status_code for response in responses]
    assert sorted(found[:4]) == [200, 200, 503, 503]
    assert found[4:] == [503, 200]
    assert client.get("/ready").status_code == 200


def test_metrics_count_by_model_question_and_status(hours_model, rows):
    client = Client({"hours": hours_model})
    client.answer(FORECAST, {"rows": json_of(rows)})
    client.post(FORECAST, {"rows": 5})
    client.post("/models/evil/forecast", {})
    text = client.get("/metrics").text
    assert 'divecast_requests_total{model="hours",question="forecast",status="200"} 1.0' in text
    assert 'divecast_requests_total{model="hours",question="forecast",status="422"} 1.0' in text
    assert 'divecast_request_seconds_count{model="hours",question="forecast"} 2.0' in text
    assert "evil" not in text
    assert re.search(r"divecast_batch_requests_count \d", text)


def test_models_are_described(client):
    listed = client.get("/models").json()["models"]
    assert [model["name"] for model in listed] == ["hours", "told"]
    told = client.get("/models/told").json()
    assert told == listed[1]
    assert (told["lookback"], told["horizon"], told["series"]) == (60, 8, ["u", "v"])
    assert {covariate["name"]: covariate["known_ahead"] for covariate in told["covariates"]} == {
        "temperature": True,
        "wind": False,
    }
    assert told["columns"] == ["unique_id", "ds"]


def test_the_page_and_openapi_name_each_question(client):
    described = client.get("/openapi.json").json()
    page = client.get("/").text
    for question in ("forecast", "parts", "paths"):
        operation = described["paths"][f"/models/{{model}}/{question}"]["post"]
        body = operation["requestBody"]["content"]
        assert set(body) == set(operation["responses"]["200"]["content"])
        assert "rows" in body["application/json"]["schema"]["required"]
        assert {"401", "406", "413", "415", "422", "503", "504"} <= set(operation["responses"])
        assert f"/models/{{model}}/{question}" in page
    assert "<script" not in page


@pytest.mark.parametrize(
    ("texts", "said"),
    [(["a=m.st", "a=n.st"], "'a'"), (["b c.st"], "'b c'"), (["=m.st"], "''"), (["a/b=m.st"], "'a/b'")],
)
def test_names_that_cannot_be_in_an_address(texts, said):
    with pytest.raises(ConfigError, match=said):
        files_of(texts)


def test_files_are_named_as_they_are_called_or_by_their_stem():
    files = files_of(["folder/loads.safetensors", "plant=other.safetensors"])
    assert [(file.name, file.path.name) for file in files] == [
        ("loads", "loads.safetensors"),
        ("plant", "other.safetensors"),
    ]

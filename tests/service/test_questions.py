"""The service answers as the library does, in each format."""

import io
import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest

from divecast import DeepDIVE, TrainingConfig
from divecast.service.bodies import ARROW, PARQUET
from service.requests_to import Client, json_of
from worlds import SMALL, hours, told


def stream_of(table, compression=None):
    written = io.BytesIO()
    with pa.ipc.new_stream(written, table.schema, options=pa.ipc.IpcWriteOptions(compression=compression)) as stream:
        stream.write_table(table)
    return written.getvalue()


def parquet_of(table):
    written = io.BytesIO()
    pyarrow.parquet.write_table(table, written)
    return written.getvalue()


def curves(answer, name="mean"):
    """(window, step, channel) of an answer."""
    return np.array([window[name] for window in answer["windows"]]).swapaxes(1, 2)


def test_a_forecast_is_that_of_the_library(client, hours_model, rows):
    wanted = hours_model.forecast(rows, levels=(0.1, 0.9))
    answer = client.answer("/models/hours/forecast", {"rows": json_of(rows), "levels": [0.1, 0.9]})
    assert (answer["model"], answer["tz"], answer["levels"]) == ("hours", "UTC", [0.1, 0.9])
    assert answer["channels"] == list(wanted.channels)
    assert np.allclose(curves(answer), wanted.mean, rtol=1e-5)
    quantiles = np.array(answer["windows"][0]["quantiles"]).swapaxes(1, 2)
    assert np.allclose(quantiles, wanted.quantiles[:, 0], rtol=1e-5)
    assert answer["windows"][0]["times"] == [str(stamp) for stamp in wanted.keys.stamps[0, 1:]]


def test_rows_may_be_a_list_of_rows_and_channels_are_chosen(client, rows):
    columns = json_of(rows)
    listed = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    whole = client.answer("/models/hours/forecast", {"rows": columns})
    some = client.answer("/models/hours/forecast", {"rows": listed, "channels": ["s2", "s0"]})
    assert some["channels"] == ["s2", "s0"]
    assert np.allclose(curves(some), curves(whole)[..., [2, 0]])


@pytest.mark.parametrize(("kind", "write"), [(ARROW, stream_of), (PARQUET, parquet_of)])
def test_tables_come_and_go_in_both_formats(client, hours_model, rows, kind, write):
    wanted = hours_model.forecast(rows, levels=(0.2, 0.8)).frame(backend="pyarrow")
    response = client.post("/models/hours/forecast?levels=0.2,0.8", write(rows), Content_Type=kind, Accept=kind)
    assert (response.status_code, response.headers["content-type"]) == (200, kind)
    found = (
        pa.ipc.open_stream(response.content).read_all()
        if kind == ARROW
        else pyarrow.parquet.read_table(io.BytesIO(response.content))
    )
    assert found.column_names == wanted.column_names
    assert np.allclose(found["mean"].to_numpy(), wanted["mean"].to_numpy(), rtol=1e-5)
    assert json.loads(found.schema.metadata[b"divecast"]) == {"model": "hours", "tz": "UTC", "warnings": []}


def test_rolling_origins(client, hours_model, rows):
    answer = client.answer("/models/hours/forecast", {"rows": json_of(rows), "start": "2024-02-12T16:00", "every": 6})
    wanted = hours_model.forecast(rows, start="2024-02-12T16:00", every=6)
    assert np.allclose(curves(answer), wanted.mean, rtol=1e-5)


def test_parts_add_up_to_the_forecast(client, rows):
    parts = client.answer("/models/hours/parts", {"rows": json_of(rows)})
    forecast = client.answer("/models/hours/forecast", {"rows": json_of(rows)})
    total = sum(np.array(part["values"]) for part in parts["windows"][0]["parts"])
    assert np.allclose(total, forecast["windows"][0]["mean"], rtol=1e-4)
    assert {"level", "effect", "network"} <= {part["kind"] for part in parts["windows"][0]["parts"]}


def test_independent_series_have_parts_each(rows):
    training = TrainingConfig(epochs=1, batch_size=128)
    model = DeepDIVE(6, 24, ["hour"], model=SMALL, training=training, series="independent")
    client = Client({"each": model.fit(hours(weeks=3).panel, progress=False)})
    body, wanted = {"rows": json_of(rows), "channels": ["s3", "s1"]}, model.forecast(rows).mean[0].T[[1, 3]]
    windows = client.answer("/models/each/parts", body)["windows"]
    assert [window["recording"] for window in windows] == ["s1", "s3"]
    total = [sum(np.array(part["values"])[0] for part in window["parts"]) for window in windows]
    assert np.allclose(total, wanted, rtol=1e-4)
    table = pa.ipc.open_stream(client.post("/models/each/parts", body, accept=ARROW).content).read_pandas()
    assert table["unique_id"].unique().tolist() == ["s1", "s3"]
    assert np.allclose(table.groupby(["unique_id", "step"])["value"].sum().unstack(), wanted, rtol=1e-4)


def test_paths_totals_peaks_and_probabilities(client, hours_model, rows):
    body = {"rows": json_of(rows), "n_paths": 50, "levels": [0.5]}
    forecast = hours_model.forecast(rows, n_paths=50)
    paths = client.answer("/models/hours/paths", {**body, "paths": True})
    assert np.allclose(np.array(paths["windows"][0]["paths"]).swapaxes(1, 2), forecast.paths[:, 0], rtol=1e-4)
    peak = client.answer("/models/hours/paths", {**body, "panel": True, "peak": "horizon"})
    wanted = forecast.total("step").peak().quantiles((0.5,))
    assert np.allclose(peak["windows"][0]["quantiles"][0], wanted[0, 0].T, rtol=1e-4)
    above = client.answer("/models/hours/paths", {**body, "exceeds": 5.0, "channels": ["s0"]})
    assert above["names"] == ["s0"]
    assert np.allclose(above["windows"][0]["mean"], forecast.exceeds(5.0).mean[0, :, :1].T)
    groups = client.answer("/models/hours/paths", {**body, "groups": {"all": ["s0", "s1", "s2", "s3"]}, "total": "day"})
    assert groups["names"] == ["all"]


def test_what_is_missing_is_told_with_the_answer(client):
    table = told().tail(80).drop(columns=["temperature"])
    rows = {name: [str(each) if name == "ds" else each for each in table[name]] for name in table}
    rows["y"] = [None if each != each else each for each in rows["y"]]
    answer = client.answer("/models/told/forecast", {"rows": rows})
    assert any("temperature" in line and "future" in line for line in answer["warnings"])
    response = client.get("/metrics")
    assert 'divecast_warnings_total{model="told"}' in response.text


def test_the_future_of_a_covariate_moves_the_forecast(client, told_model):
    table = told().groupby("unique_id").tail(90)
    rows = {name: [str(each) if name == "ds" else each for each in table[name]] for name in table}
    rows["y"] = [None if each != each else each for each in rows["y"]]
    ahead = [str(stamp) for stamp in np.arange("2024-02-26T00", "2024-02-26T08", dtype="datetime64[h]")]

    def mean(temperature):
        future = {
            "unique_id": ["u"] * 8 + ["v"] * 8,
            "ds": [f"{stamp}:00" for stamp in ahead] * 2,
            "temperature": [temperature] * 16,
            "promotion": ["no"] * 16,
        }
        return curves(client.answer("/models/told/forecast", {"rows": rows, "future": future}))

    assert (mean(25.0) > mean(5.0)).mean() > 0.9

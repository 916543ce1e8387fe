"""What cannot be used is refused with what is wrong, where, and what to do; nothing of it is a fault of the server."""

import io
import json
import tracemalloc

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from divecast.service.bodies import ARROW, JSON, PARQUET, read_body
from divecast.service.questions import ForecastQuestion
from divecast.web.access import AccessRules
from divecast.web.refusal import RefusedError
from service.requests_to import LIMITS, Client, json_of
from service.test_questions import parquet_of, stream_of

FORECAST = "/models/hours/forecast"


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"rows": None}, "rows", ""),
        ({"rows": {}}, "", "no rows"),
        ({"leevls": [0.5]}, "leevls", "no such field"),
        ({"levels": [0.0]}, "levels.0", "greater than 0"),
        ({"levels": [0.9, 0.1]}, "levels", "increas"),
        ({"channels": ["s9"]}, "channels", "s9"),
        ({"every": 0}, "every", "greater"),
        ({"labels": "guess"}, "labels", "known"),
        ({"start": "yesterday"}, "", "yesterday"),
    ],
)
def test_a_field_that_is_wrong_is_named(client, rows, change, field, said):
    fields, message = client.refusal(FORECAST, {"rows": json_of(rows), **change})
    assert set(fields) == ({field} if field else set()), (fields, message)
    assert said in message


def test_columns_that_are_wrong_are_named(client, rows):
    columns = json_of(rows)
    for change, field, said in (
        ({"s1": columns["s1"][:-1]}, "rows", "59"),
        ({"s1": [[1.0]] * 60}, "rows.s1", "number"),
        ({"s1": [*columns["s1"][:-1], "five"]}, "rows.s1", "several"),
    ):
        fields, message = client.refusal(FORECAST, {"rows": {**columns, **change}})
        assert (fields, said in message) == ([field], True), (fields, message)
    fields, message = client.refusal(FORECAST, {"rows": {name: columns[name] for name in ("s0", "s1")}})
    assert "time" in message


def test_other_steps_than_those_of_the_fit_are_refused(client, rows):
    columns = json_of(rows)
    half = {**columns, "time": [f"2024-01-01T{minute // 60:02d}:{minute % 60:02d}" for minute in range(0, 300, 5)]}
    assert "every 1h" in client.refusal(FORECAST, {"rows": half})[1]


def test_formats_and_addresses_that_are_not_there(client, rows):
    assert client.post(FORECAST, b"a,b", Content_Type="text/csv").status_code == 415
    assert client.post(FORECAST, {"rows": json_of(rows)}, Accept="text/csv").status_code == 406
    missing = client.post("/models/other/forecast", {})
    assert (missing.status_code, "hours, told" in missing.json()["error"]) == (404, True)
    assert client.get("/models/other").status_code == 404
    assert client.get("/docs").json() == {"error": "Not Found", "fields": []}


def test_a_table_that_is_too_large_is_not_decoded(client):
    wide = pa.table({"time": [0] * 60_000, "s0": [0.0] * 60_000})
    for kind, write in ((PARQUET, parquet_of), (ARROW, stream_of)):
        _, said = client.refusal(FORECAST, write(wide), Content_Type=kind)
        assert "at most 100000 cells" in said
        assert "60000 rows of 2 columns" in said
    _, said = client.refusal(FORECAST, stream_of(wide, "zstd"), Content_Type=ARROW)
    assert "compressed" in said
    written = io.BytesIO()
    pyarrow.parquet.write_table(
        pa.table({"time": ["x" * 20_000] * 1000}), written, compression="zstd", use_dictionary=False
    )
    _, said = client.refusal(FORECAST, written.getvalue(), Content_Type=PARQUET)
    assert "bytes" in said


def test_rows_that_each_have_a_column_of_their_own_take_no_memory():
    body = json.dumps({"rows": [{f"c{number}": 1} for number in range(3000)]}).encode()
    tracemalloc.start()
    with pytest.raises(RefusedError, match=r"too large.*3000 rows of 3000 columns"):
        read_body(ForecastQuestion, JSON, body, {}, 100_000)
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()


def test_answers_that_are_too_large_are_refused(client, rows):
    _, said = client.refusal(
        "/models/hours/paths", {"rows": json_of(rows), "n_paths": 1000, "start": "2024-02-12T16:00"}
    )
    assert "at most 50000 numbers" in said
    assert client.post(FORECAST, b" " * (LIMITS.body_bytes + 1)).status_code == 413


def test_options_are_in_one_place(client, rows):
    assert client.refusal(f"{FORECAST}?every=2", {"rows": json_of(rows)})[0] == ["every"]
    fields, _ = client.refusal(f"{FORECAST}?every=2&every=3", stream_of(rows), Content_Type=ARROW)
    assert fields == ["every"]
    fields, said = client.refusal("/models/hours/paths", {"rows": json_of(rows), "total": "day", "peak": "day"})
    assert "Use either total or peak" in said
    _, said = client.refusal("/models/hours/paths?paths=true", stream_of(rows), Content_Type=ARROW, Accept=ARROW)
    assert "as JSON alone" in said


@pytest.mark.parametrize("damage", [b"", b"x", b"\x00" * 64, b"ARROW1\x00\x00", b"PAR1"])
def test_damaged_tables(client, rows, damage):
    for kind, write in ((ARROW, stream_of), (PARQUET, parquet_of)):
        whole = write(rows)
        for body in (damage, whole[: len(whole) // 2] + damage):
            assert client.post(FORECAST, body, Content_Type=kind).status_code == 422


def test_a_name_that_is_no_text(client, rows):
    damaged = stream_of(rows).replace(b"s2", b"s\xb8")
    assert "cannot be read" in client.refusal(FORECAST, damaged, Content_Type=ARROW)[1]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_flipped_byte_is_a_fault_of_the_server(client, rows, data):
    kind, write = data.draw(st.sampled_from([(ARROW, stream_of), (PARQUET, parquet_of)]))
    whole = bytearray(write(rows))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    assert client.post(FORECAST, bytes(whole), Content_Type=kind).status_code in (200, 422)


def test_the_token_guards_all_but_the_probes(hours_model, rows):
    guarded = Client({"hours": hours_model}, AccessRules.of("0.0.0.0", "token" * 4, 1 << 20, 5.0))  # noqa: S104
    assert [guarded.get(path).status_code for path in ("/health", "/ready")] == [200, 200]
    assert [guarded.get(path).status_code for path in ("/", "/models", "/metrics", "/openapi.json")] == [401] * 4
    assert guarded.post(FORECAST, {"rows": json_of(rows)}).status_code == 401
    shown = guarded.post(FORECAST, {"rows": json_of(rows)}, Authorization=f"Bearer {'token' * 4}")
    assert shown.status_code == 200

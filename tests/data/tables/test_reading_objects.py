"""Columns with which polars or pyarrow can do little: of Python objects, and of extension types."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from divecast.data import Panel, as_panel
from divecast.data.tables.read import read_table

HOURS = [dt.datetime(2024, 1, 1) + dt.timedelta(hours=hour) for hour in range(48)]
VALUES = [float(hour) for hour in range(48)]


def objects(name: str, values: list[object]) -> pl.Series:
    return pl.Series(name, values, dtype=pl.Object)


@pytest.mark.parametrize("times", [HOURS, [str(hour) for hour in HOURS], [np.datetime64(hour) for hour in HOURS]])
def test_a_wide_table_of_objects_is_read_as_one_of_types(times: list[object]) -> None:
    label = ["day" if 6 <= hour.hour < 18 else None for hour in HOURS]
    plain = as_panel(pl.DataFrame({"time": HOURS, "a": VALUES, "light": label}), "time", ["light"])
    found = as_panel(
        pl.DataFrame([objects("time", times), objects("a", VALUES), objects("light", label)]), "time", ["light"]
    )
    np.testing.assert_array_equal(found.values, plain.values)
    assert found.clock == plain.clock
    assert found.labels["light"].tolist() == plain.labels["light"].tolist()


def test_a_long_table_of_objects_is_read_as_one_of_types() -> None:
    ids = ["p"] * 48 + ["q"] * 48
    found = Panel.read(pl.DataFrame([objects("time", HOURS * 2), objects("id", ids), pl.Series("value", VALUES * 2)]))
    assert found.channels == ("p", "q")
    np.testing.assert_array_equal(found.values, np.float32([VALUES, VALUES]).T)


def test_objects_of_several_kinds_are_text() -> None:
    mixed = ["a", 2, None, *["b"] * 45]
    found = as_panel(pl.DataFrame({"time": HOURS, "x": VALUES}).with_columns(objects("kind", mixed)), "time", ["kind"])
    assert found.labels["kind"].tolist()[:4] == ["a", "2", None, "b"]


def test_periods_of_pandas_in_parquet_are_times(tmp_path: Path) -> None:
    days = pd.period_range("2024-01-01", periods=48, freq="D")
    pd.DataFrame({"time": days, "a": VALUES}).to_parquet(tmp_path / "days.parquet")
    found = as_panel(read_table(tmp_path / "days.parquet"))
    assert found.clock == as_panel(pd.DataFrame({"time": days.to_timestamp(), "a": VALUES})).clock


def test_other_extension_types_are_what_they_store() -> None:
    names = pa.ExtensionArray.from_storage(pa.bool8(), pa.array([1, 0] * 24, pa.int8()))
    found = as_panel(pa.table({"time": HOURS, "a": VALUES, "b": names}))
    assert found.values[:, found.channels.index("b")].tolist() == [1.0, 0.0] * 24

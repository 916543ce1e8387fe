"""The time zone of a panel: as passed, or that of its stamps, else UTC."""

from datetime import datetime, timedelta, timezone

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from divecast.data import (
    Panel,
    as_factors,
    as_panel,
    encode_labels,
    fit_vocabularies,
    infer_clock,
    open_store,
    store_from_parquet,
)
from divecast.data import split as cut
from divecast.data.parts import ByTime
from divecast.errors import DataError

WALL = pd.date_range("2024-01-01", periods=72, freq="h")
UTC_START = np.datetime64("2023-12-31T23:00:00")


def tables(stamps):
    """The same table in every package."""
    frame = pd.DataFrame({"ds": stamps, "a": np.arange(72.0)})
    arrow = pa.Table.from_pandas(frame, preserve_index=False)
    return {"pandas": frame, "pyarrow": arrow, "index": frame.set_index("ds")}


@pytest.mark.parametrize("kind", ["pandas", "pyarrow", "index"])
@pytest.mark.parametrize("zone", ["Europe/Berlin", "+01:00"])
def test_aware_stamps_keep_their_zone(kind, zone):
    panel = as_panel(tables(WALL.tz_localize(zone))[kind])
    assert (panel.clock.tz, panel.clock.start) == (zone, UTC_START)
    assert panel.clock.local(np.array([0]))[0] == np.datetime64("2024-01-01T00:00:00")


def test_polars_stamps_keep_their_zone():
    frame = pl.DataFrame({"ds": pl.Series(WALL.to_numpy()).dt.replace_time_zone("Europe/Berlin"), "a": range(72)})
    assert Panel.from_wide(frame).clock.tz == "Europe/Berlin"


def test_long_tables_keep_the_zone():
    long = tables(WALL.tz_localize("Europe/Berlin"))["pandas"].rename(columns={"a": "y"}).assign(unique_id="a")
    assert as_panel(long).clock.tz == "Europe/Berlin"
    assert as_panel(long, tz="Asia/Tokyo").clock.tz == "Asia/Tokyo"


@pytest.mark.parametrize("kind", ["pandas", "pyarrow", "index"])
def test_a_zone_that_is_said_wins(kind):
    aware = as_panel(tables(WALL.tz_localize("Europe/Berlin"))[kind], tz="Asia/Tokyo").clock
    assert (aware.tz, aware.start) == ("Asia/Tokyo", UTC_START)
    naive = as_panel(tables(WALL)[kind], tz="Europe/Berlin").clock
    assert (naive.tz, naive.start) == ("Europe/Berlin", UTC_START)
    assert as_panel(tables(WALL)[kind]).clock.tz == "UTC"


@pytest.mark.parametrize("name", ["UTC", "Etc/UTC", "+00:00"])
def test_utc_has_one_name(name):
    assert infer_clock(pa.array(WALL).cast(pa.timestamp("s", name)))[0].tz == "UTC"


def test_factors_read_the_zone_of_the_stamps():
    panel = as_panel(tables(WALL.tz_localize("Europe/Berlin"))["pandas"])
    factors = as_factors(["hour"])
    vocabularies = fit_vocabularies(panel, factors, cut(panel, ByTime(1, 1, 1)).train)
    np.testing.assert_array_equal(encode_labels(panel, factors, vocabularies)[:, 0], np.arange(72) % 24)


@pytest.mark.parametrize("zone", ["UTC+01:00", "Mars/Olympus"])
def test_an_unknown_zone_names_what_works(zone):
    for stamps in (WALL, WALL.tz_localize("Europe/Berlin")):
        with pytest.raises(DataError, match=r'"Europe/Berlin" or "\+01:00", got '):
            as_panel(tables(stamps)["pandas"], tz=zone)
    with pytest.raises(DataError, match="Expected a time zone"):
        Panel.from_array(np.zeros(3), UTC_START, "1h", tz=zone)


def test_the_start_of_an_array_names_the_zone():
    start = datetime(2024, 1, 1, tzinfo=timezone(timedelta(hours=1)))
    clock = Panel.from_array(np.zeros(3), start, "1h").clock
    assert (clock.tz, clock.start) == ("+01:00", UTC_START)
    assert Panel.from_array(np.zeros(3), UTC_START, "1h").clock.tz == "UTC"
    assert Panel.from_array(np.zeros(3), start, "1h", tz="Asia/Tokyo").clock.tz == "Asia/Tokyo"


def test_a_store_has_the_clock_of_its_file(tmp_path):
    """Days in UTC are not days of the local calendar in Berlin."""
    stamps = pd.date_range("2024-03-20", periods=20, freq="D", tz="UTC").tz_convert("Europe/Berlin")
    pd.DataFrame({"ds": stamps, "a": np.arange(20.0)}).to_parquet(tmp_path / "days.parquet")
    store = open_store(store_from_parquet(tmp_path / "store", tmp_path / "days.parquet"))
    assert store.clock == Panel.read(tmp_path / "days.parquet").clock
    np.testing.assert_array_equal(store.clock.stamps(), stamps.tz_convert(None).to_numpy())

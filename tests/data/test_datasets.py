"""The shipped data sets are complete, on the right clock and equal to their sources."""

import os
from collections import Counter
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

from divecast.data import datasets
from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import Recordings
from divecast.data.tables import frames
from divecast.errors import ConfigError

REPOSITORY = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("DIVECAST_SHARED_DATA", REPOSITORY.parent / "shared" / "data"))


@pytest.fixture(scope="module")
def loads() -> Panel:
    return datasets.load("loads")


@pytest.fixture(scope="module")
def motion() -> Recordings:
    return datasets.load("motion")


def hourly_mean(values: np.ndarray, hours: np.ndarray) -> np.ndarray:
    return np.array([values[hours == hour].mean() for hour in range(24)])


class TestLoads:
    def test_a_leap_year_of_hours_without_gaps(self, loads: Panel) -> None:
        assert loads.values.shape == (366 * 24, 27)
        assert np.isfinite(loads.values).all()
        assert loads.values.min() >= 0
        assert loads.values.max() <= 1

    def test_clock_spans_the_year_in_berlin(self, loads: Panel) -> None:
        assert loads.clock.tz == "Europe/Berlin"
        assert loads.clock.stamps(0, 1)[0] == np.datetime64("2015-12-31T23:00:00")
        local = loads.clock.local(np.array([0, len(loads.values) - 1]))
        assert local.tolist() == np.array(["2016-01-01T00", "2016-12-31T23"], "datetime64[s]").tolist()

    def test_summer_time_skips_and_doubles_an_hour(self, loads: Panel) -> None:
        hours = loads.clock.local(np.arange(len(loads.values))).astype("datetime64[h]")
        assert np.datetime64("2016-03-27T02", "h") not in hours
        assert (hours == np.datetime64("2016-10-30T02", "h")).sum() == 2

    @pytest.mark.parametrize("channel", ["G0-A", "G1-B", "G4-H", "H0-H", "L0-A", "L2-M"])
    @pytest.mark.parametrize("change", ["2016-03-27", "2016-10-30"])
    def test_daily_shape_keeps_its_hour_over_the_clock_change(self, loads: Panel, channel: str, change: str) -> None:
        local = loads.clock.local(np.arange(len(loads.values)))
        hours = (local - local.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
        series, day = loads.values[:, loads.channels.index(channel)], np.datetime64(change)
        before = (local < day) & (local >= day - np.timedelta64(21, "D"))
        after = (local >= day + np.timedelta64(1, "D")) & (local < day + np.timedelta64(22, "D"))
        old, new = hourly_mean(series[before], hours[before]), hourly_mean(series[after], hours[after])
        likeness = {shift: np.corrcoef(np.roll(new, shift), old)[0, 1] for shift in (-1, 0, 1)}
        assert max(likeness, key=likeness.__getitem__) == 0

    def test_offices_work_by_day_and_rest_on_sunday(self, loads: Panel) -> None:
        local = loads.clock.local(np.arange(len(loads.values)))
        hours = (local - local.astype("datetime64[D]")).astype("timedelta64[h]").astype(int)
        weekday = (local.astype("datetime64[D]").astype(int) + 3) % 7
        office = loads.values[:, loads.channels.index("G1-A")]
        assert office[hours == 10].mean() > 5 * office[hours == 3].mean()
        assert office[weekday == 2].mean() > 3 * office[weekday == 6].mean()

    def test_equals_the_published_quarter_hours(self, loads: Panel) -> None:
        source = SHARED / "simbench_profiles_2016" / "profiles_15min.parquet"
        if not source.exists():
            pytest.skip(f"no shared data at {source}")
        parquet = pytest.importorskip("pyarrow.parquet")
        table = parquet.read_table(source).select(list(loads.channels))
        quarters = np.column_stack([column.to_numpy() for column in table.columns])
        hours = quarters.reshape(-1, 4, len(loads.channels)).mean(axis=1)
        np.testing.assert_allclose(loads.values, hours, atol=2e-7)


class TestMotion:
    def test_every_combination_of_labels_once(self, motion: Recordings) -> None:
        assert len(motion.names) == 140
        combinations = Counter(zip(*(motion.labels[name] for name in ("exercise", "side", "subject")), strict=True))
        assert len(combinations) == 7 * 2 * 10
        assert set(motion.labels["exercise"]) == {"PEN", "ABD", "FEL", "IR", "ER", "TRAP", "ROW"}
        assert set(motion.labels["side"]) == {"left", "right"}

    def test_shape_and_rate(self, motion: Recordings) -> None:
        lengths = np.diff(motion.offsets)
        assert motion.values.shape == (244_102, 6)
        assert motion.values.dtype == np.float32
        assert (lengths.min(), lengths.max()) == (947, 2618)
        assert motion.channels == ("ax", "ay", "az", "wx", "wy", "wz")
        assert motion.rate == 50

    def test_a_watch_feels_gravity(self, motion: Recordings) -> None:
        size = np.linalg.norm(motion.values[:, :3], axis=1)
        assert np.median(size) == pytest.approx(1.0, abs=0.1)

    def test_equals_the_published_signals(self, motion: Recordings) -> None:
        source = SHARED / "watch_imu_seglearn" / "watch.npz"
        if not source.exists():
            pytest.skip(f"no shared data at {source}")
        with np.load(source) as published:
            signal = published["signal"]
            assert np.diff(motion.offsets).tolist() == published["lengths"].tolist()
            assert list(motion.labels["exercise"]) == published["exercise_names"][published["exercise"]].tolist()
            assert [int(text) for text in motion.labels["subject"]] == published["subject"].tolist()
            assert [text == "right" for text in motion.labels["side"]] == (published["side"] == 1).tolist()
        step = np.abs(signal).max(axis=0) / 32767
        assert (np.abs(motion.values - signal) <= 0.51 * step).all()


def test_available_names_can_be_loaded() -> None:
    assert datasets.available() == ("loads", "motion")
    assert all(datasets.load(name).values.size for name in datasets.available())


@pytest.mark.parametrize(
    ("installed", "kind"), [(("polars", "pandas"), "pandas"), (("polars",), "polars"), ((), "pyarrow")]
)
def test_results_come_as_tables_of_the_package_that_is_installed(
    monkeypatch: pytest.MonkeyPatch, installed: tuple[str, ...], kind: str
) -> None:
    monkeypatch.setattr(frames, "find_spec", lambda name: name if name in installed else None)
    assert datasets.load("loads").backend == datasets.load("motion").backend == kind


def test_unknown_name_lists_what_there_is() -> None:
    with pytest.raises(ConfigError, match="no data set 'weather': expected 'loads', 'motion'"):
        datasets.load("weather")


@pytest.mark.parametrize("name", ["NOTICE", "LICENSE-simbench.txt", "AUTHORS-simbench.txt", "LICENSE-seglearn.txt"])
def test_licences_and_notice_ship_beside_the_data(name: str) -> None:
    text = (files("divecast.data") / "shipped" / name).read_text(encoding="utf-8")
    assert "Burns" in text or "SimBench" in text or "simbench" in text


def test_notice_names_the_open_database_licence() -> None:
    notice = (files("divecast.data") / "shipped" / "NOTICE").read_text(encoding="utf-8")
    assert "Open Database\nLicense (ODbL) 1.0, http://opendatacommons.org/licenses/odbl/1.0/" in notice

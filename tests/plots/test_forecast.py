"""Forecasts beside the truth, and how far their intervals hold."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ConfigError, DataError
from divecast.data import to_frame
from divecast.metrics.forecast import coverage
from divecast.plots import ForecastDisplay, ReliabilityDisplay
from plots.drawn import ODD_NAME, columns, lines, only, says
from worlds import hours, moves

PANEL, RECORDINGS = hours().panel, moves()


@pytest.fixture(scope="module")
def rolling(hours_model):
    return hours_model.forecast(PANEL, start="2024-02-12", stop="2024-02-14", levels=(0.05, 0.2, 0.5, 0.8, 0.95))


def test_the_truth_is_that_of_the_data_and_the_rest_that_of_the_forecast(rolling):
    table = columns(ForecastDisplay.from_forecast(rolling, PANEL, "s2", windows=[3], history=5))
    row = int(rolling.keys.origins[3])
    np.testing.assert_array_equal(table["step"], np.arange(-4, 7))
    np.testing.assert_array_equal(table["truth"], PANEL.values[row - 5 : row + 6, 2])
    np.testing.assert_array_equal(table["mean"][5:], rolling.mean[3, :, 2])
    np.testing.assert_array_equal(table["q0.2"][5:], rolling.quantiles[1, 3, :, 2])
    assert np.isnan(table["mean"][:5]).all()


def test_the_lines_drawn_are_those_of_the_table(rolling):
    display = ForecastDisplay.from_forecast(rolling, PANEL, ["s3", "s0"])
    for axes, name in zip(display.plot().axes, ("s3", "s0"), strict=True):
        table = only(columns(display), unique_id=name)
        observed, *means = [line for line in lines(axes) if len(line) > 2]
        np.testing.assert_array_equal(observed, table["truth"])  # windows follow one another
        np.testing.assert_array_equal(np.concatenate(means), table["mean"][table["step"] > 0])


def test_windows_chosen_by_itself_do_not_overlap(rolling):
    origins = ForecastDisplay.from_forecast(rolling, PANEL).forecast.keys.origins
    assert (np.diff(origins) == 6).all()
    assert len(origins) == 9  # of 49 hourly starts


def test_rows_between_windows_are_a_gap(rolling):
    display = ForecastDisplay.from_forecast(rolling, PANEL, "s0", windows=[0, 10], history=0)
    assert np.flatnonzero(np.isnan(lines(display.plot().axes[0])[0])).tolist() == [6]


def test_after_the_end_there_is_no_truth(hours_model):
    display = ForecastDisplay.from_forecast(hours_model.forecast(PANEL), PANEL, "s0")
    table = columns(display)
    assert np.isnan(table["truth"][table["step"] > 0]).all()
    assert np.isfinite(table["truth"][table["step"] <= 0]).all()
    assert display.plot().axes


def test_truth_does_not_run_into_the_next_recording(moves_model):
    found = moves_model.forecast(RECORDINGS)  # after the end of each
    table = columns(ForecastDisplay.from_forecast(found, RECORDINGS, "ax", windows=[2]))
    assert np.isnan(table["truth"][table["step"] > 0]).all()
    assert set(table["recording"]) == {found.keys.recordings[2]}
    with pytest.raises(ConfigError, match="windows of one recording"):
        ForecastDisplay.from_forecast(found, RECORDINGS, windows=[0, 1])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"series": "s9"}, r"Expected series out of 's0', 's1', 's2', 's3', got 's9'"),
        ({"series": []}, "got none"),
        ({"windows": [99]}, "Expected a window from 0 to 48, got 99"),
        ({"history": -1}, "Expected history of at least 0, got -1"),
        ({"windows": []}, "Expected windows of one recording"),
    ],
)
def test_what_is_not_there_is_named(rolling, wrong, message):
    with pytest.raises(ConfigError, match=message):
        ForecastDisplay.from_forecast(rolling, PANEL, **wrong)


def test_other_data_are_refused(rolling, moves_model):
    late = replace(PANEL, clock=replace(PANEL.clock, start=PANEL.clock.start + np.timedelta64(1, "h")))
    with pytest.raises(DataError, match=r"Row 1007 .* expected 2024-02-11T23:00:00, got 2024-02-12T00:00:00"):
        ForecastDisplay.from_forecast(rolling, late)
    with pytest.raises(DataError, match="lack channels of the forecast: 's0'"):
        ReliabilityDisplay.from_forecast(rolling, PANEL.select(["s1"]))
    named = replace(moves_model.forecast(RECORDINGS), channels=("s0", "s1"))
    with pytest.raises(DataError, match="Expected recordings, got a panel"):
        ForecastDisplay.from_forecast(named, PANEL)


def test_a_table_of_the_kind_that_came(hours_model):
    frame = to_frame({"ds": PANEL.clock.local(np.arange(200)), "s0": PANEL.values[:200, 0]}, "pandas")
    for name in ("s1", "s2", "s3"):
        frame[name] = PANEL.values[:200, int(name[1])]
    found = ForecastDisplay.from_forecast(hours_model.forecast(frame), frame).frame()
    assert type(found) is type(frame)
    assert list(found.columns[:5]) == ["unique_id", "origin", "step", "ds", "truth"]


def test_a_forecast_of_one_step_is_seen(rolling):
    keys = replace(rolling.keys, stamps=rolling.keys.stamps[:, :2])
    short = replace(rolling, keys=keys, mean=rolling.mean[:, :1], quantiles=rolling.quantiles[:, :, :1])
    axes = ForecastDisplay.from_forecast(short, PANEL, "s0", windows=[0]).plot().axes[0]
    assert [line.get_marker() for line in axes.lines if len(line.get_ydata()) == 1] == ["."]


def test_names_are_shown_as_they_are(rolling):
    names = (ODD_NAME, *PANEL.channels[1:])
    display = ForecastDisplay.from_forecast(
        replace(rolling, channels=names), replace(PANEL, channels=names), series=ODD_NAME
    )
    assert says(display.plot(), ODD_NAME)
    assert set(columns(display)["unique_id"]) == {ODD_NAME}


def test_without_data_only_the_forecast_is_drawn(hours_model, moves_model):
    display = ForecastDisplay.from_forecast(hours_model.forecast(PANEL), series="s1")
    np.testing.assert_array_equal(columns(display)["mean"], display.forecast.mean[0, :, 0])
    assert np.isnan(columns(display)["truth"]).all()
    assert len([line for line in lines(display.plot().axes[0]) if len(line) > 2]) == 1
    one = ForecastDisplay.from_forecast(moves_model.forecast(RECORDINGS), windows=[3])
    assert set(columns(one)["recording"]) == {"r3"}
    with pytest.raises(ConfigError, match="windows of one recording"):
        ForecastDisplay.from_forecast(moves_model.forecast(RECORDINGS), windows=[0, 1])


def test_coverage_is_that_of_the_metric_by_step_and_over_all(rolling):
    table = columns(ReliabilityDisplay.from_forecast(rolling, PANEL))
    rows = rolling.keys.origins[:, None] + np.arange(6)
    truth = PANEL.values[rows]
    for nominal, low, high in ((0.6, 1, 3), (0.9, 0, 4)):
        found = {name: column[np.isclose(table["nominal"], nominal)] for name, column in table.items()}
        expected = [coverage(truth[:, [s]], *rolling.quantiles[[low, high]][:, :, [s]]) for s in range(6)]
        np.testing.assert_allclose(found["observed"][1:], expected)
        np.testing.assert_allclose(found["observed"][0], coverage(truth, *rolling.quantiles[[low, high]]))
        assert found["step"].tolist() == ["all", "1", "2", "3", "4", "5", "6"]
        assert found["n"].tolist() == [49 * 6 * 4] + [49 * 4] * 6


def test_the_lines_of_reliability_are_those_of_the_table(rolling):
    display = ReliabilityDisplay.from_forecast(rolling, PANEL)
    left, right = display.plot().axes
    table = columns(display)
    np.testing.assert_array_equal(lines(left)[1], only(table, step="all")["observed"])
    drawn = [line for line in lines(right) if len(line) == 6]
    np.testing.assert_array_equal(np.concatenate(drawn), table["observed"][table["step"] != "all"])


def test_a_step_without_truth_is_unknown_and_none_at_all_is_refused(hours_model):
    found = hours_model.forecast(PANEL, start="2024-02-25 20:00")  # four rows before the end
    table = columns(ReliabilityDisplay.from_forecast(found, PANEL))
    assert np.isnan(table["observed"][table["n"] == 0]).all()
    assert (table["n"] == 0).sum() == 4  # steps 5 and 6 of two intervals
    with pytest.raises(DataError, match="No value is known at the times of the forecasts"):
        ReliabilityDisplay.from_forecast(hours_model.forecast(PANEL), PANEL)
    with pytest.raises(ConfigError, match=r"levels such as \(0.05, 0.95\), got \(0.1, 0.5\)"):
        ReliabilityDisplay.from_forecast(hours_model.forecast(PANEL, levels=(0.1, 0.5)), PANEL)

"""A forecast adds up: its parts sum to its mean, and each is what it is named for."""

import pickle

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import DataError, DataWarning, DeepDIVE, Panel, TrainingConfig
from divecast.data import Clock
from divecast.errors import ConfigError
from divecast.inference.parts import lag_spans
from divecast.inference.results import Forecast, ForecastParts
from worlds import SMALL, hours, moves, told

LOOKBACK, HORIZON = 60, 8
ROWS = 24 * 7 * 8


@pytest.fixture(scope="module")
def model(told_model: DeepDIVE) -> DeepDIVE:
    """A model of ``told``."""
    return told_model


@pytest.fixture(scope="module")
def panel(model: DeepDIVE) -> Panel:
    """The data of ``model``."""
    return model.fitted_model.source(told())


def scaled(model: DeepDIVE, values: np.ndarray) -> np.ndarray:
    return values / model.fitted_model.scale.spread


@settings(max_examples=10)
@given(start=st.integers(LOOKBACK, ROWS - 1), every=st.integers(1, 40), labels=st.sampled_from(["known", "infer"]))
@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
def test_parts_sum_to_the_forecast(model: DeepDIVE, panel: Panel, start: int, every: int, labels: str) -> None:
    first, stop = panel.clock.at(np.array([start, min(start + 99, ROWS)]))
    forecast = model.forecast(panel, start=first, stop=stop, every=every, labels=labels)
    parts = forecast.parts()
    assert np.abs(scaled(model, parts.values.sum(0, dtype=np.float64) - forecast.mean)).max() < 1e-5
    np.testing.assert_array_equal(parts.keys.origins, forecast.keys.origins)
    assert parts.channels == forecast.channels


def test_names_are_those_of_columns_and_spans(model: DeepDIVE, panel: Panel) -> None:
    start = panel.clock.at(np.array([ROWS - HORIZON]))[0]
    parts = model.forecast(panel, start=start, stop=start).parts()
    assert parts.names == (
        "level",
        "hour",
        "weekday",
        "promotion",
        "temperature",
        "wind",
        "carry-over: last day",
        "carry-over: rest of the week",
        "code and network",
    )
    assert parts.kinds == ("level", *["effect"] * 5, *["carry-over"] * 2, "network")


@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
def test_future_values_move_their_own_part_alone(model: DeepDIVE) -> None:
    table = told()
    stamps = pd.date_range(table.ds.max() + pd.Timedelta("1h"), periods=HORIZON, freq="1h")

    def parts(temperature: float, promotion: str) -> ForecastParts:
        rows = [
            {"unique_id": name, "ds": stamp, "temperature": temperature, "promotion": promotion}
            for name in "uv"
            for stamp in stamps
        ]
        return model.forecast(table, future=pd.DataFrame(rows)).parts()

    plain, warm, promoted = parts(10.0, "no"), parts(14.0, "no"), parts(10.0, "yes")
    for other, name in ((warm, "temperature"), (promoted, "promotion")):
        for part in plain.names:
            moved = np.abs(scaled(model, other.of(part) - plain.of(part))).max()
            assert moved > 0.05 if part == name else moved < 1e-6 or part == "code and network"


def test_without_effects_a_constant_window_is_all_level() -> None:
    training = TrainingConfig(epochs=1, batch_size=256)
    model = DeepDIVE(6, 48, model=SMALL, training=training).fit(hours().panel, progress=False)
    flat = hours().panel
    flat = Panel(np.broadcast_to(flat.values.mean(0), flat.values.shape), flat.channels, flat.clock)
    with pytest.warns(DataWarning, match="did not change"):
        parts = model.forecast(flat).parts()
    assert parts.names == ("level", "carry-over: last day", "carry-over: rest of the week", "code and network")
    assert np.abs(scaled(model, parts.values[1:3])).max() < 1e-6


def test_recordings_have_parts_too(moves_model: DeepDIVE) -> None:
    forecast = moves_model.forecast(moves(), every=20)
    parts = forecast.parts()
    assert parts.names == ("level", "move", "side", "carry-over", "code and network")
    assert np.abs(scaled(moves_model, parts.mean - forecast.mean)).max() < 1e-5


@pytest.mark.parametrize(
    ("step", "unit", "lookback", "expected"),
    [
        (3600, "s", 12, {"carry-over: last day": slice(0, 12)}),
        (3600, "s", 24, {"carry-over: last day": slice(0, 24)}),
        (
            3600,
            "s",
            200,
            {
                "carry-over: last day": slice(176, 200),
                "carry-over: rest of the week": slice(32, 176),
                "carry-over: before": slice(0, 32),
            },
        ),
        (1, "D", 10, {"carry-over: last week": slice(3, 10), "carry-over: before": slice(0, 3)}),
        (1, "M", 12, {"carry-over: last year": slice(0, 12)}),
        (7 * 86400, "s", 5, {"carry-over": slice(0, 5)}),
    ],
)
def test_spans_of_lags(step: int, unit: str, lookback: int, expected: dict[str, slice]) -> None:
    assert lag_spans(Clock(np.datetime64("2024-01-01", "s"), step, unit, 400), lookback) == expected
    assert lag_spans(None, lookback) == {"carry-over": slice(0, lookback)}


def test_parts_outlive_joining_and_nothing_else(hours_model: DeepDIVE) -> None:
    panel = hours().panel
    forecast = hours_model.forecast(panel, start="2024-02-20", every=24)
    joined = Forecast.joined([forecast, forecast], 2 * len(forecast.mean))
    np.testing.assert_array_equal(joined.parts().values, np.concatenate([forecast.parts().values] * 2, axis=1))
    assert "_parts" not in repr(forecast)
    batch = next(hours_model.forecast_batches(panel, start="2024-02-20", every=24))
    copy = pickle.loads(pickle.dumps(forecast))  # noqa: S301  just written
    np.testing.assert_array_equal(copy.mean, forecast.mean)
    for without in (copy, batch, Forecast.joined([batch, forecast], len(batch.mean) + len(forecast.mean))):
        with pytest.raises(DataError, match=r"has no parts\. Use the result of DeepDIVE.forecast"):
            without.parts()


def test_tables_and_shares(hours_model: DeepDIVE) -> None:
    forecast = hours_model.forecast(hours().panel, start="2024-02-20", every=24)
    parts = forecast.parts()
    long, wide = parts.frame(backend="pandas"), parts.frame("wide", backend="pandas")
    sums = long.groupby(["unique_id", "origin", "step"])["value"].sum()
    expected = forecast.frame(backend="pandas").set_index(["unique_id", "origin", "step"])["mean"].sort_index()
    np.testing.assert_allclose(sums, expected, rtol=1e-5)
    np.testing.assert_allclose(wide[list(parts.names)].sum(axis=1), wide["mean"], rtol=1e-5)
    assert list(wide.columns) == ["unique_id", "origin", "step", "ds", *parts.names, "mean"]
    assert parts.share.sum() == pytest.approx(1.0)
    assert "hour" in str(parts)
    with pytest.raises(ConfigError, match="a part out of 'level'"):
        parts.of("minute")

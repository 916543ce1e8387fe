"""Series that cannot be learned from: they do not stop the rest, and are forecast from their own last values."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast import DataWarning, DeepDIVE, Panel, TrainingConfig
from divecast.inference.plain_rule import plain_forecast
from worlds import SMALL, hours

FIRST = 400  # the first row with a value of the series that was launched after training


def launched() -> Panel:
    """Three weeks: of four series one has values in the last rows alone, and one is always 3."""
    panel = hours(weeks=3).panel
    values = panel.values.copy()
    values[:FIRST, 1], values[:, 2] = np.nan, 3.0
    return replace(panel, values=values)


def fit(panel: Panel, **training: str) -> DeepDIVE:
    config = TrainingConfig(epochs=1, **training)
    return DeepDIVE(6, 48, ["hour"], model=SMALL, training=config).fit(panel, progress=False)


@pytest.fixture(scope="module")
def model() -> DeepDIVE:
    with pytest.warns(DataWarning, match=r"2 of 4 series .*'s1' \(no value\), 's2' \(always 3\).* \"drop\"") as told:
        model = fit(launched())
    assert len(told) == 1
    return model


def test_they_are_forecast_by_their_last_season(model: DeepDIVE) -> None:
    panel = launched()
    forecast = model.forecast(panel, n_paths=50)
    np.testing.assert_allclose(forecast.mean[0, :, 1], panel.values[-24:-18, 1], rtol=1e-6)
    np.testing.assert_array_equal(forecast.quantiles[:, 0, :, 2], 3.0)  # a constant series has no doubt
    assert (np.diff(forecast.quantiles[:, 0, :, 1], axis=0) > 0).all()
    low, high = forecast.quantiles[[0, -1], 0, :, 1]
    assert 0.75 < ((low < forecast.paths[:, 0, :, 1]) & (forecast.paths[:, 0, :, 1] < high)).mean() < 1
    assert model.fitted_model.plain == ("s1", "s2") == tuple(model.info()["plain"])


def test_they_do_not_change_the_other_forecasts(model: DeepDIVE) -> None:
    panel, others = launched(), [0, 3]
    values = panel.values.copy()
    values[:, 1:3] = 5 * np.nan_to_num(values[:, 1:3], nan=1.0) - 7
    moved, own = model.forecast(replace(panel, values=values)), model.forecast(panel)
    np.testing.assert_array_equal(moved.mean[..., others], own.mean[..., others])
    np.testing.assert_array_equal(moved.quantiles[..., others], own.quantiles[..., others])


def test_a_window_without_a_value_has_no_forecast_and_says_so(model: DeepDIVE) -> None:
    with pytest.warns(DataWarning, match="1 series that could not be learned from had no value in a look-back.*: s1"):
        forecast = model.forecast(launched(), start="2024-01-08", stop="2024-01-10", every=24)
    assert np.isnan(forecast.mean[..., 1]).all()
    assert np.isfinite(forecast.mean[..., [0, 2, 3]]).all()


def test_parts_sum_to_the_mean_and_a_saved_model_forecasts_alike(model: DeepDIVE, tmp_path: Path) -> None:
    forecast = model.forecast(launched())
    np.testing.assert_allclose(forecast.parts().mean, forecast.mean, rtol=1e-5)
    model.save(tmp_path / "model.safetensors")
    again = DeepDIVE.load(tmp_path / "model.safetensors").forecast(launched())
    np.testing.assert_array_equal(again.mean, forecast.mean)
    np.testing.assert_array_equal(again.quantiles, forecast.quantiles)


def test_scores_and_answers_are_of_the_others(model: DeepDIVE) -> None:
    panel = launched()
    assert all(np.isfinite(scores.mae).all() for scores in model.evaluate(panel, every=7).scores.values())
    answer = model.what_if(panel, factor="hour", to="03")
    assert (answer.difference[0, :, 1:3] == 0).all()
    assert (answer.difference[0, :, [0, 3]] != 0).any()


@pytest.mark.slow
def test_a_graph_has_no_forecast_of_them(model: DeepDIVE, tmp_path: Path) -> None:
    with pytest.warns(DataWarning, match=r"2 series .* no forecast in the graph \(NaN\): .*s1.*s2"):
        model.export(tmp_path / "model.pt2")


def test_they_are_left_out_on_request() -> None:
    with pytest.warns(DataWarning, match="2 of 4 series .* are left out"):
        model = fit(launched(), unlearnable="drop")
    with pytest.warns(DataWarning, match="2 channels unknown to the model left out"):
        assert model.forecast(launched()).channels == ("s0", "s3")


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::divecast.errors.DataWarning")
def test_newer_rows_and_a_last_fit_to_all_keep_which_series_are_learned() -> None:
    panel = launched()
    model = fit(panel.rows(0, 480)).update(panel)
    assert model.fitted_model.plain == ("s1", "s2")
    assert np.isfinite(model.forecast(panel).mean).all()
    again = DeepDIVE(6, 48, ["hour"], model=SMALL, training=TrainingConfig(epochs=1))
    assert again.fit(panel, refit=True, progress=False).fitted_model.plain == ("s1", "s2")


@given(st.integers(0, 30), st.integers(0, 12), st.integers(1, 20), st.integers(0, 2**31), st.floats(0.01, 100))
def test_the_rule_repeats_a_known_value_in_any_unit(n: int, season: int, horizon: int, seed: int, unit: float) -> None:
    draw = np.random.default_rng(seed)
    past = draw.integers(-9, 9, (2, 3, max(1, n, 2 * season))).astype(float)
    past[draw.random(past.shape) < 0.3] = np.nan
    mean, deviation = plain_forecast(past, horizon, season)
    known = ~np.isnan(past).all(axis=2)
    assert (np.isfinite(mean).all(axis=2) == known).all()
    assert (np.isfinite(deviation) & (deviation >= 0))[known].all()
    assert all(np.isin(mean[at], past[at]).all() for at in np.argwhere(known).tolist() for at in [tuple(at)])
    scaled = plain_forecast(past * unit, horizon, season)
    np.testing.assert_allclose(scaled[0], mean * unit)
    np.testing.assert_allclose(scaled[1], deviation * unit, atol=1e-9)


def test_deviations_grow_with_the_steps_and_with_silence() -> None:
    _, walk = plain_forecast(np.array([[[1.0, 2.0, 1.0, 2.0]]]), 4, 1)
    np.testing.assert_allclose(walk[0, 0], np.sqrt([1, 2, 3, 4]))
    _, silent = plain_forecast(np.array([[[1.0, 2.0, 1.0, np.nan]]]), 4, 1)
    np.testing.assert_allclose(silent[0, 0], np.sqrt([2, 3, 4, 5]))
    _, seasons = plain_forecast(np.array([[[0.0, 5.0, 2.0, 7.0]]]), 4, 2)
    np.testing.assert_allclose(seasons[0, 0], [2, 2, 2 * 2**0.5, 2 * 2**0.5])

"""Distributions of counts: probabilities, quantiles that are whole numbers, and models of counts."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import ConfigError, DataWarning, DeepDIVE, ModelConfig, Panel, TrainingConfig
from divecast.data import Part
from divecast.fit.counts import Seen, fit_counts, most_likely, scores_of
from divecast.inference.counts import Counts, low_counts
from worlds import hours

PANEL = hours().panel
ALL = Part(np.array([0]), np.array([len(PANEL.values)]))


def counts_of(zeros: float, size: float) -> Counts:
    """Parameters of one channel."""
    return Counts(np.array([zeros], np.float32), np.array([size], np.float32))


def probabilities(mean: float, zeros: float, size: float, n: int) -> np.ndarray:
    """Probabilities of 0, 1, ... by the recursion of the negative binomial distribution."""
    mean = mean / (1 - zeros)
    found = [(size / (size + mean)) ** size]
    for count in range(n - 1):
        found.append(found[-1] * (count + size) / (count + 1) * mean / (size + mean))
    found = (1 - zeros) * np.array(found)
    found[0] += zeros
    return found


@settings(max_examples=40)
@given(st.floats(0.02, 40.0), st.sampled_from([0.0, 0.3, 0.8]), st.floats(0.1, 300.0), st.floats(0.01, 0.99))
def test_quantiles_are_the_least_counts_of_a_probability(m: float, zeros: float, size: float, p: float) -> None:
    up_to = probabilities(m, zeros, size, 4000).cumsum()
    score = torch.special.ndtri(torch.tensor(p, dtype=torch.float64)).numpy()
    found = counts_of(zeros, size).quantiles(np.full((1, 1, 1), m, np.float32), np.full((1, 1, 1), score))[0, 0, 0]
    assert found == np.rint(found) >= 0.0
    near = 1.0 if found <= 120 else 0.02 * found  # bins of large counts are interpolated
    low, high = (int(max(0.0, found + side * near)) for side in (-1, 1))
    assert (up_to[low - 1] if low else 0.0) - 1e-4 <= p <= up_to[high] + 1e-4


def test_scores_of_drawn_counts_are_standard_normal_and_lead_back_to_them() -> None:
    draw = np.random.default_rng(0)
    mean = draw.uniform(0.1, 9.0, (400, 5, 1)).astype(np.float32)
    truth = draw.poisson(draw.gamma(2.0, size=mean.shape) * mean / 2.0).astype(np.float32)
    truth[0, 0, 0] = np.nan
    counts = counts_of(0.0, 2.0)
    scores = counts.scores(mean, truth, seed=7)
    assert np.isnan(scores[0, 0, 0])
    assert np.isnan(scores).sum() == 1
    assert abs(np.nanmean(scores)) < 0.06
    assert abs(np.nanstd(scores) - 1.0) < 0.05
    back = counts.quantiles(mean, np.nan_to_num(scores))
    assert (back == truth)[~np.isnan(truth)].mean() > 0.999  # but for rounding at the edges of a step


def test_a_channel_of_counts_leaves_the_others_of_a_panel_as_they_are() -> None:
    draw = np.random.default_rng(2)
    mean = draw.uniform(0.5, 3.0, (30, 4, 3)).astype(np.float32)
    truth = draw.poisson(mean).astype(np.float32)
    seen = Seen(mean, truth, np.ones_like(mean), truth - mean, np.tile(np.arange(3), (30, 1)))
    one = Counts(np.zeros(3, np.float32), np.array([np.nan, 9.0, np.nan], np.float32))
    scores = scores_of(seen, one, seed=3)
    np.testing.assert_array_equal(scores[..., ::2], (truth - mean)[..., ::2])
    np.testing.assert_array_equal(scores[..., 1:2], counts_of(0.0, 9.0).scores(mean[..., 1:2], truth[..., 1:2], seed=3))


def test_parameters_are_those_of_the_draw_and_pay() -> None:
    draw = np.random.default_rng(1)
    mean = draw.uniform(0.5, 3.0, (300, 4, 2)).astype(np.float32)
    truth = draw.poisson(draw.gamma(1.5, size=mean.shape) * mean / 1.5 / 0.5).astype(np.float32)
    truth[draw.random(truth.shape) < 0.5] = 0.0
    residuals = truth - mean
    group = np.broadcast_to(np.arange(2), (300, 2))
    seen = Seen(mean, truth, np.ones_like(mean), residuals, group)
    found = most_likely(seen, np.array([True, False]))
    assert abs(found.zeros[0] - 0.5) <= 0.11
    assert 0.8 < found.size[0] < 3.0
    assert np.isnan(found.size[1])
    assert fit_counts(seen, np.array([True, True]), "auto", 0).known.all()
    assert not fit_counts(seen, np.array([True, True]), "never", 0).there_are
    assert not fit_counts(seen, np.array([False, False]), "always", 0).there_are


def test_low_counts_are_whole_numbers_from_0_on() -> None:
    values = np.repeat(np.arange(len(PANEL.values), dtype=np.float32)[:, None] % 7, 4, axis=1)
    values[3, 0], values[3, 1], values[3, 2] = 0.5, -1.0, np.nan
    values[:, 3] += 2000.0
    found = low_counts(replace(PANEL, values=values), ALL)
    assert found.tolist() == [False, False, True, False]


@pytest.mark.slow
@pytest.mark.parametrize("series", ["joint", "independent"])
def test_forecasts_of_counts_are_whole_numbers_everywhere(series: str, tmp_path: Path) -> None:
    draw = np.random.default_rng(2)
    hour = np.arange(24 * 50)[:, None] % 24
    values = draw.poisson(draw.gamma(1.0, size=(24 * 50, 3)) * (0.4 + 0.4 * (hour > 11))).astype(np.float32)
    panel = Panel.from_array(values, "2024-01-01", "1h")
    training = TrainingConfig(epochs=1, window_stride=5)
    always = ModelConfig(counts="always")
    model = DeepDIVE(12, 24, ["hour"], training=training, model=always, series=series).fit(panel, progress=False)
    model.save(tmp_path / "m.safetensors")
    model = DeepDIVE.load(tmp_path / "m.safetensors")
    assert model.fitted_model.counts.known.all()
    assert len(model.fitted_model.counts.size) == 3
    forecast = model.forecast(panel, n_paths=200)
    for each in (forecast.quantiles, forecast.paths):
        assert (each == np.rint(each)).all()
        assert each.min() >= 0.0
    assert not (forecast.mean == np.rint(forecast.mean)).any()
    np.testing.assert_allclose(forecast.paths.mean(0), forecast.mean, rtol=0.6, atol=0.3)
    parts = model.forecast(panel).parts().values.sum(0)
    np.testing.assert_allclose(
        parts.ravel() if series == "joint" else parts[..., 0].T.ravel(), forecast.mean.ravel(), atol=1e-3
    )
    if series == "joint":
        missing = panel.values.copy()
        missing[-12:, 0] = np.nan
        with pytest.warns(DataWarning, match="had no value"):
            wide = model.forecast(replace(panel, values=missing)).quantiles
        assert (wide == np.rint(wide)).all()
        drawn = model.sample(20, seed=1).y
        assert (drawn == np.rint(drawn)).all()
        with pytest.raises(ConfigError, match="counts"):
            model.export(tmp_path / "m.onnx")


@pytest.mark.slow
def test_a_channel_of_counts_costs_a_panel_no_windows_of_its_calibration() -> None:
    """A wide panel with one channel of counts is calibrated on as many windows as without counts."""
    draw = np.random.default_rng(0)
    values = draw.normal(size=(1500, 150)).cumsum(0) + 2000.0
    values[:, 0] = draw.poisson(4.0, 1500)
    panel = Panel.from_array(values, "2024-01-01", "1h")
    n = []
    for use in ("auto", "never"):
        model = DeepDIVE(24, 24, [], model=ModelConfig(counts=use), training=TrainingConfig(epochs=1))
        n.append(len(model.fit(panel, progress=False).fitted_model.dependence.errors))
    assert n[0] == n[1]

"""Sample paths: margins are the quantiles, dependence is that of the errors, and memory is asked for before use."""

import numpy as np
import pytest
import torch

from divecast import ConfigError, DeepDIVE
from divecast.inference.calibration import Calibration
from divecast.inference.dependence import Dependence, PathDraws, check_paths_fit
from worlds import hours

PANEL = hours().panel


def correlated(n: int, horizon: int, n_channels: int, share: float) -> torch.Tensor:
    """Residuals of which a share of the variance is common to all steps and series of a window."""
    draw = torch.Generator().manual_seed(0)
    common = torch.randn(n, 1, 1, generator=draw)
    return share**0.5 * common + (1 - share) ** 0.5 * torch.randn(n, horizon, n_channels, generator=draw)


def test_margins_are_the_quantiles_and_errors_of_a_window_stay_together() -> None:
    residuals = correlated(800, 6, 3, share=0.8)
    calibration = Calibration.of(residuals)
    draws = PathDraws(Dependence.of(residuals, torch.zeros(800, dtype=torch.int64), 1, seed=0), calibration, 1600, 0)
    paths = draws.of(origin=5, phase=0)
    levels = (0.05, 0.5, 0.95)
    found = np.quantile(paths, levels, axis=0)
    np.testing.assert_allclose(found, np.repeat(calibration.at(levels).numpy()[..., None], 3, 2), atol=0.02)
    flat = np.corrcoef(paths.reshape(1600, -1).T)
    assert 0.75 < flat[np.triu_indices(18, 1)].mean() < 0.85
    np.testing.assert_array_equal(paths, draws.of(5, 0))
    assert not np.array_equal(paths, draws.of(6, 0))


def test_vectors_of_the_phase_are_taken_and_of_near_ones_if_they_are_few() -> None:
    phases = torch.arange(240) % 24
    dependence = Dependence.of(torch.randn(240, 2, 1), phases, 24, seed=0)
    near = dependence.phases[dependence.likely(0)]
    assert set(near.tolist()) == {21, 22, 23, 0, 1, 2, 3}
    many = Dependence.of(torch.randn(2400, 2, 1), torch.arange(2400) % 24, 24, seed=0)
    assert set(many.phases[many.likely(7)].tolist()) == {7}


def test_missing_residuals_take_those_of_their_series_or_window() -> None:
    residuals = torch.tensor([[[1.0, np.nan], [np.nan, np.nan], [3.0, np.nan]]]).repeat(3, 1, 1)
    kept = Dependence.of(residuals, torch.zeros(3, dtype=torch.int64), 1, seed=0).errors
    assert kept[0].tolist() == [[1.0, 2.0], [2.0, 2.0], [3.0, 2.0]]


def test_a_window_has_the_same_paths_whatever_else_is_forecast(hours_model: DeepDIVE) -> None:
    span = {"start": "2024-02-20T00:00", "stop": "2024-02-22T00:00", "n_paths": 30}
    every = hours_model.forecast(PANEL, **span, every=24)
    alone = hours_model.forecast(PANEL, **{**span, "stop": span["start"]})
    np.testing.assert_allclose(alone.paths[:, 0], every.paths[:, 0], atol=1e-5)
    batches = [*hours_model.forecast_batches(PANEL, **span, every=24)]
    np.testing.assert_array_equal(np.concatenate([batch.paths for batch in batches], axis=1), every.paths)


def test_more_than_the_memory_is_refused_with_its_size() -> None:
    with pytest.raises(ConfigError, match=r"take 3\.73e\+05 GiB.*forecast_batches"):
        check_paths_fit(10**6, (10**4, 10, 1000))

"""Quantiles read from residuals."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.errors import ConfigError, DataError, DataWarning
from divecast.inference.calibration import LEVELS, Calibration


def residuals(n: int = 400, seed: int = 0) -> torch.Tensor:
    """(batch, horizon, channel), skewed and wider from step to step."""
    draw = torch.Generator().manual_seed(seed)
    return torch.empty(n, 3, 2).exponential_(generator=draw) * torch.tensor([1.0, 2.0, 5.0])[:, None] - 0.5


def test_coverage_on_the_calibration_data_is_exact() -> None:
    """A share L of the residuals of every step lies below the quantile of level L, to one residual."""
    rows = residuals()
    quantiles = Calibration.of(rows).at(LEVELS)
    for step in range(3):
        below = (rows[:, step].reshape(1, -1) < quantiles[:, step, None]).float().mean(1)
        assert np.abs(below.numpy() - LEVELS).max() <= 1 / 800 + 1e-6


def test_missing_residuals_are_left_out() -> None:
    rows = residuals()
    holes = rows.clone()
    holes[::2, 0] = torch.nan
    found = Calibration.of(holes).quantiles
    expected = Calibration.of(rows[1::2]).quantiles[:, 0], Calibration.of(rows).quantiles[:, 1]
    torch.testing.assert_close((found[:, 0], found[:, 1]), expected)


@settings(max_examples=30)
@given(st.lists(st.floats(0.0005, 0.9995), max_size=6, unique=True).map(sorted), st.integers(0, 100))
def test_quantiles_rise_with_the_level(levels: list[float], seed: int) -> None:
    found = Calibration.of(residuals(50, seed)).at(levels)
    assert found.shape == (len(levels), 3)
    assert (found.diff(dim=0) >= 0).all()


@pytest.mark.parametrize("levels", [(0.0001,), (0.9999,), (0.5, 0.1), (0.5, 0.5), (0.0, 1.0), (float("nan"),)])
def test_levels_outside_the_table_or_out_of_order_are_refused(levels: tuple[float, ...]) -> None:
    with pytest.raises(ConfigError, match=r"levels must increase and lie between 0\.0005 and 0\.9995"):
        Calibration.of(residuals(20)).at(levels)


def test_a_step_that_was_never_observed_takes_the_last_one_that_was() -> None:
    rows = residuals()
    rows[:, 2] = torch.nan
    with pytest.warns(DataWarning, match=r"no observed value at steps \[3\]"):
        found = Calibration.of(rows).quantiles
    assert torch.equal(found[:, 2], found[:, 1])
    assert not torch.equal(found[:, 1], found[:, 0])


def test_nothing_observed_is_an_error() -> None:
    with pytest.raises(DataError, match="validation part"):
        Calibration.of(torch.full((5, 3, 2), torch.nan))


@pytest.mark.parametrize("levels", [None, 0.5, "0.5", ["a"], [[0.5]], (0.5, None)])
def test_levels_are_numbers(levels: object) -> None:
    with pytest.raises(ConfigError, match="levels must be numbers"):
        Calibration.of(residuals()).at(levels)

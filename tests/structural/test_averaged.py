"""Structural models: the filter against the Gaussian conditional mean, and what the average does for series."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.structural import MODELS, Averaged, StructuralModel
from divecast.structural.filtering import filtered
from divecast.structural.gains import Gains

SEASON, HORIZON = 4, 6
SOME = (
    StructuralModel(False, 0.2, 0.0, 0.0, False, False, 0.0),
    StructuralModel(False, 1.0, 1.0, 1e-4, False, True, 0.003),
    StructuralModel(False, 0.05, 0.9, 0.01, False, True, 0.0),
    StructuralModel(False, 10.0, 0.9, 0.0, True, True, 0.03),
)


def covariance(model: StructuralModel, n_steps: int) -> np.ndarray:
    """Covariance of values with noise, (step, step), by the model as it is written down."""
    share, season = 1.0 / (1.0 + model.level), np.eye(SEASON) - 1.0 / SEASON
    move = np.zeros((2 + SEASON, 2 + SEASON))
    move[0, :2], move[1, 1], move[2:, 2:] = (1.0, model.damping), model.damping, np.eye(SEASON)
    against = np.array([1.0, -(1.0 - model.damping) / model.damping if model.returns else 0.0])
    steps = np.zeros_like(move)
    steps[:2, :2] = model.level * share * np.outer(against, against)
    steps[1, 1] += model.slope
    steps[2:, 2:] = model.seasonal * model.season * season
    start = np.zeros_like(move)
    start[2:, 2:] = model.seasonal * 30.0 * season
    start[:2, :2] = steps[:2, :2] / (1.0 - model.damping**2) if model.returns else 0.0
    start[0, 0] += 1e4
    start[1, 1] += model.damping > 0.0 and not model.returns
    states = [start]
    for _ in range(n_steps - 1):
        states.append(move @ states[-1] @ move.T + steps)
    reads = np.zeros((n_steps, 2 + SEASON))
    reads[:, 0], reads[np.arange(n_steps), 2 + np.arange(n_steps) % SEASON] = 1.0, 1.0
    found = np.empty((n_steps, n_steps))
    for early in range(n_steps):
        carried = states[early]
        for late in range(early, n_steps):
            found[early, late] = found[late, early] = reads[late] @ carried @ reads[early]
            carried = move @ carried
    return found + share * np.eye(n_steps)


@pytest.mark.parametrize("number", range(len(SOME)))
def test_forecasts_are_the_conditional_mean_of_the_model(number: int) -> None:
    model, n = SOME[number], 17
    values = np.random.default_rng(number).normal(5.0, 1.0, (1, n))
    cov = covariance(model, n + HORIZON)
    past, ahead = cov[:n, :n], cov[n:, :n]
    expected = values[0, 0] + ahead @ np.linalg.solve(past, values[0] - values[0, 0])
    (moment,) = filtered(values, np.zeros(1, int), np.array([n]), Gains.of(SOME, SEASON, n), HORIZON)
    np.testing.assert_allclose(moment.mean[number, 0], expected, rtol=1e-3)


def test_evidence_tells_models_apart_as_the_density_of_the_values_does() -> None:
    values = np.cumsum(np.random.default_rng(3).normal(0.0, 1.0, (1, 40)), axis=1)
    density = []
    for model in SOME:
        past = covariance(model, 40)
        apart = values[0] - values[0, 0]
        total = apart @ np.linalg.solve(past, apart)
        density.append(-0.5 * (39 * np.log(total) + np.linalg.slogdet(past)[1] - np.log(past[0, 0])))
    (moment,) = filtered(values, np.zeros(1, int), np.array([40]), Gains.of(SOME, SEASON, 40), 1)
    found = moment.evidence[:, 0]
    np.testing.assert_allclose(found - found[0], np.array(density) - density[0], atol=0.05)


def pool(n_series: int = 12, n_steps: int = 60) -> np.ndarray:
    """Series of random walks in logarithms with a season, of different lengths."""
    draw = np.random.default_rng(0)
    walk = np.cumsum(draw.normal(0.0, 0.05, (n_series, n_steps)), axis=1)
    values = np.exp(3.0 + walk + 0.3 * np.sin(2 * np.pi * np.arange(n_steps) / SEASON))
    for row, length in zip(values, draw.integers(20, n_steps, n_series), strict=True):
        row[length:] = np.nan
    return values


POOL = Averaged.alike(SEASON).fitted(pool())


def ahead(values: np.ndarray, end: int) -> np.ndarray:
    return POOL.forecast(values[None], np.zeros(1, int), np.array([end]), HORIZON).mean[0]


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.integers(1, 30), st.floats(0.01, 100.0))
def test_a_forecast_reads_nothing_after_its_origin_and_follows_the_unit(seed: int, end: int, unit: float) -> None:
    values = np.random.default_rng(seed).lognormal(0.0, 1.0, 40)
    later = np.where(np.arange(40) >= end, 1e6, values)
    found = ahead(values, end)
    assert np.isfinite(found).all()
    np.testing.assert_array_equal(found, ahead(later, end))
    np.testing.assert_allclose(ahead(values * unit, end), found * unit, rtol=1e-3)


def test_values_below_zero_and_missing_ones_are_forecast() -> None:
    values = np.sin(np.arange(30)) + 0.01 * np.arange(30)
    values[[3, 4, 25, 29]] = np.nan
    both = POOL.forecast(values[None], np.zeros(2, int), np.array([20, 30]), HORIZON)
    assert np.isfinite(both.mean).all()
    assert (both.deviation > 0.0).all()


def test_a_year_that_repeats_exactly_is_kept_though_those_of_others_move() -> None:
    year = np.array([3.0, 9.0, 4.0, 20.0])
    found = ahead(np.tile(year, 12), 48)
    np.testing.assert_allclose(found, np.tile(year, 2)[:HORIZON], rtol=0.01)


def test_weights_are_those_of_few_models_and_one_reads_any_values() -> None:
    np.testing.assert_allclose(POOL.weight.sum(), 1.0)
    chosen = [model for model, weight in zip(MODELS, POOL.weight, strict=True) if weight]
    assert any(not model.of_logs for model in chosen)
    of_logs = sum(weight for model, weight in zip(MODELS, POOL.weight, strict=True) if model.of_logs)
    assert of_logs > 0.5


def test_intervals_grow_with_the_horizon_and_after_a_gap() -> None:
    values = pool()[:1, :20]
    gap = values.copy()
    gap[:, 16:] = np.nan
    whole, after = (
        POOL.forecast(each, np.zeros(1, int), np.array([20]), HORIZON).deviation[0] for each in (values, gap)
    )
    assert (np.diff(whole[::SEASON]) > 0.0).all()
    assert after[0] > whole[0]

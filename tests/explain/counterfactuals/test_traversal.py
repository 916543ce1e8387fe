"""Traversals: one dimension moves, all else stays."""

import numpy as np
import pytest
import torch

from divecast import ConfigError, DeepDIVE
from divecast.explain.counterfactuals.dimension import find_dimension
from plain import plain_model
from worlds import hours, moves

PANEL, RECORDINGS = hours().panel, moves()
AT = ["2024-01-20 05:00", "2024-01-22 12:00"]


@pytest.mark.parametrize("dimension", ["a0", "a2", "b_hour0", "b_hour3", "b_weekend0"])
def test_it_passes_through_the_window_at_its_own_value(hours_model: DeepDIVE, dimension: str) -> None:
    for place in AT:
        own = hours_model.traverse(PANEL, dimension, at=place).own_position
        found = hours_model.traverse(PANEL, dimension, at=place, positions=own)
        np.testing.assert_allclose(found.windows[:, 0], found.own_windows, rtol=1e-4, atol=1e-3)
        np.testing.assert_allclose(found.forecasts[:, 0], found.own_forecasts, rtol=1e-4, atol=1e-3)


def test_the_own_values_are_those_of_encode_reconstruct_and_forecast(hours_model: DeepDIVE) -> None:
    found = hours_model.traverse(PANEL, "a1", at=AT)
    rows = found.keys.origins - 24
    codes, given_back = hours_model.encode(PANEL), hours_model.reconstruct(PANEL)
    np.testing.assert_allclose(found.own_position, codes.a_mean[rows, 1], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(found.own_windows, given_back.mean[rows], rtol=1e-4, atol=1e-3)
    plain = hours_model.forecast(PANEL, start=AT[0], stop=AT[0], labels="infer")
    np.testing.assert_allclose(found.own_forecasts[:1], plain.mean, rtol=1e-4, atol=1e-3)


def test_positions_are_sd_of_the_prior(hours_model: DeepDIVE) -> None:
    found = hours_model.traverse(PANEL, "a0", at=AT, n=5, span=2.0)
    assert found.positions.tolist() == [-2.0, -1.0, 0.0, 1.0, 2.0]
    np.testing.assert_array_equal(found.values[:, 0], found.positions)  # p(a|b) is a standard normal
    fitted = hours_model.fitted_model
    dimension = find_dimension(fitted, "b_hour1")
    mixture = fitted.network.marginal.prior.mixtures()[0]
    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(0)
        label = torch.multinomial(mixture.log_pi.exp(), 200_000, replacement=True)
        drawn = mixture.component(label).sample()[:, 1]
    np.testing.assert_allclose(dimension.spread(), (drawn.mean(), drawn.std()), atol=0.02)


def test_the_way_around_the_circle_passes_every_class_and_closes(hours_model: DeepDIVE) -> None:
    found = hours_model.traverse(PANEL, "b_hour", at=AT)
    assert found.unit == "class"
    assert found.positions.tolist() == list(range(25))
    centres = hours_model.fitted_model.network.marginal.prior.mixtures()[0].centres().detach().numpy()
    np.testing.assert_allclose(found.values[:24], centres, atol=1e-5)
    np.testing.assert_allclose(found.windows[:, 24], found.windows[:, 0], rtol=1e-4, atol=1e-3)
    np.testing.assert_array_equal(found.probabilities[0, :24].argmax(1), np.arange(24))
    assert found.classes == tuple(f"{hour:02d}" for hour in range(24))
    np.testing.assert_allclose(found.probabilities.sum(2), 1.0, rtol=1e-5)


def test_the_way_of_other_factors_ends(moves_model: DeepDIVE, hours_model: DeepDIVE) -> None:
    found = moves_model.traverse(RECORDINGS, "b_move", at="r0", n=5)
    assert found.positions.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    centres = moves_model.fitted_model.network.marginal.prior.mixtures()[0].centres().detach().numpy()
    np.testing.assert_allclose(found.values[[0, 2, 4]], [centres[0], centres.mean(0), centres[1]], atol=1e-5)
    with pytest.raises(ConfigError, match="to 1, the last"):
        moves_model.traverse(RECORDINGS, "b_move", at="r0", positions=[1.5])


def test_frame(hours_model: DeepDIVE) -> None:
    found = hours_model.traverse(PANEL, "a0", at=AT, n=3)
    table = found.frame().to_pandas()
    assert list(table.columns) == [
        "unique_id", "end", "own_position", "position", "step", "ds", "value", "own"
    ]  # fmt: skip
    assert len(table) == 2 * 3 * 4 * 30
    pick = table[(table.unique_id == "s1") & (table.position == 3.0) & (table.ds == "2024-01-22 13:00")]
    assert pick.step.item() == 2
    assert pick.value.item() == found.forecasts[1, 2, 1, 1]
    assert pick.own.item() == found.own_forecasts[1, 1, 1]
    last = table[(table.unique_id == "s1") & (table.position == -3.0) & (table.ds == table.end)]
    np.testing.assert_array_equal(last.value, found.windows[:, 0, -1, 1])


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"dimension": "a3"}, "a0 to a2; b_hour, b_hour0 to b_hour3"),
        ({"dimension": "hour"}, "b_weekend"),
        ({"dimension": "a0", "n": 1}, "must be 2 to"),
        ({"dimension": "a0", "span": 0.0}, "above 0"),
        ({"dimension": "a0", "positions": []}, "finite"),
        ({"dimension": "a0", "positions": [float("nan")]}, "finite"),
        ({"dimension": "a0", "positions": [1e30]}, "none beyond 1e"),
        ({"dimension": "a0", "positions": ["1"]}, "finite"),
        ({"dimension": "a0", "positions": 1.0}, "finite"),
        ({"dimension": "a0", "n": 10**30}, "2 to 10000"),
        ({"dimension": "a0", "span": "3"}, "above 0"),
        ({"dimension": None}, "Expected a dimension of the code"),
        ({"dimension": "a" + "9" * 5000}, "Expected a dimension of the code"),
    ],
)
def test_mistakes(hours_model: DeepDIVE, asked: dict[str, object], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        hours_model.traverse(PANEL, at=AT, **asked)


def test_a_block_of_one_dimension_is_no_range(hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="b_weekend, b_weekend0, got"):
        hours_model.traverse(PANEL, "b", at=AT)


def test_a_model_without_factors_moves_a() -> None:
    plain = plain_model()
    found = plain.traverse(PANEL, "a0", at=AT)
    assert found.classes == ()
    assert found.probabilities.shape == (2, 9, 0)
    with pytest.raises(ConfigError, match="one of a0 to a2, got 'b_hour'"):
        plain.traverse(PANEL, "b_hour", at=AT)

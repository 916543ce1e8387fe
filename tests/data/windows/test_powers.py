"""Powers and logarithms: maps that lead back, and the one that a series is given."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import Panel
from divecast.data import Part
from divecast.data.windows.powers import POWERS, Powers
from divecast.data.windows.scale import fit_scale

DRAW = np.random.default_rng(0)
STEPS = np.arange(300)
GROWN = np.exp(0.01 * STEPS + 0.1 * DRAW.standard_normal(300))
SOURCE = Panel.from_array(
    np.stack([GROWN, 50.0 + DRAW.standard_normal(300), DRAW.standard_normal(300)], 1), "2000-01", "1D"
)
TRAIN = Part(np.array([0]), np.array([300]))


@settings(max_examples=30)
@given(st.sampled_from(POWERS), st.floats(0.0, 2.0), st.lists(st.floats(0.01, 1e6), min_size=1, max_size=5))
def test_maps_rise_and_lead_back(power: float, offset: float, values: list[float]) -> None:
    powers = Powers(*(np.array([each], np.float32) for each in (power, offset if power == 0.0 else 0.0, 1e-3)))
    given_values = np.sort(np.array(values, np.float32))[:, None]
    mapped = powers.forward(given_values)
    assert (np.diff(mapped[:, 0]) >= 0.0).all()
    np.testing.assert_allclose(powers.backward(mapped), given_values, rtol=2e-4, atol=1e-3)


def test_what_grows_in_proportion_has_its_logarithm_and_values_below_0_stay() -> None:
    powers = Powers.fit(SOURCE, TRAIN, "power", 1)
    assert powers.power[0] == 0.0
    assert powers.power[2] == 1.0
    assert Powers.fit(SOURCE, TRAIN, "log", 1).power.tolist() == [0.0, 0.0, 1.0]
    scale = fit_scale(SOURCE, TRAIN, powers=powers)
    values = np.asarray(SOURCE.values[:50])
    np.testing.assert_allclose(scale.invert(scale.apply(values)), values, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(scale.center[0], np.log(GROWN).mean(), rtol=1e-4)
    assert 0.3 < scale.unit[0] / GROWN.std() < 3.0


def test_a_new_one_among_series_that_are_alike_is_mapped_as_they_are() -> None:
    powers = Powers(np.zeros((3, 1), np.float32), np.zeros((3, 1), np.float32), np.full((3, 1), 0.5, np.float32))
    assert powers.usual().power.tolist() == [[0.0]]
    mixed = Powers(np.array([[0.0], [0.5]], np.float32), powers.offset[:2], powers.least[:2])
    assert mixed.usual().power.tolist() == [[1.0]]
    assert mixed.beside(mixed.usual()).power.shape == (3, 1)

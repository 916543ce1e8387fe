"""Mutual information against quadrature, exact counts and an independent implementation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.feature_selection import mutual_info_classif
from sklearn.metrics import mutual_info_score

from divecast.errors import ConfigError, DataError
from divecast.metrics import FactorLabels, MeasureConfig, Units, entropy, mutual_information
from divecast.metrics.latents.information import information_draws
from divecast.metrics.latents.sample import Sample

BINS = MeasureConfig(estimator="bins")


def normal_mixture_information(means: np.ndarray, weights: np.ndarray) -> float:
    """I(x; class) in nats of unit normals about ``means``, by the trapezoid rule."""
    x = np.linspace(means.min() - 12, means.max() + 12, 40_001)
    density = np.exp(-0.5 * (x - means[:, None]) ** 2) / np.sqrt(2 * np.pi)
    mixed = weights @ density
    ratio = np.log(np.maximum(density, 1e-300) / np.maximum(mixed, 1e-300))
    return float(np.trapezoid((weights[:, None] * density * ratio).sum(axis=0), x))


@pytest.mark.parametrize("distance", [0.5, 2.0, 5.0])
@pytest.mark.parametrize("share", [0.5, 0.2])
def test_two_normals_agree_with_quadrature(distance: float, share: float) -> None:
    rng = np.random.default_rng(0)
    label = (rng.random(4000) < share).astype(np.int64)
    values = (distance * label + rng.normal(size=4000))[:, None]
    truth = normal_mixture_information(np.array([0.0, distance]), np.array([1 - share, share]))
    assert mutual_information(values, label) == pytest.approx(truth, abs=0.03)
    assert mutual_information(values, label, BINS) == pytest.approx(truth, abs=0.03)


def test_a_block_counts_as_one() -> None:
    # Two dimensions, each 1.5 apart, say as much as one dimension 1.5 sqrt(2) apart: their sum is sufficient.
    rng = np.random.default_rng(1)
    label = rng.integers(0, 2, 4000)
    block = 1.5 * label[:, None] + rng.normal(size=(4000, 2))
    truth = normal_mixture_information(np.array([0.0, 1.5 * np.sqrt(2)]), np.array([0.5, 0.5]))
    assert mutual_information(block, label) == pytest.approx(truth, abs=0.03)


def test_agrees_with_scikit_learn_on_continuous_values() -> None:
    rng = np.random.default_rng(2)
    label = rng.integers(0, 5, 800)
    values = rng.normal(size=(800, 3)) + label[:, None] * [0.0, 0.4, 1.5]
    theirs = mutual_info_classif(values, label, n_neighbors=3, random_state=0)
    ours = [mutual_information(values[:, [dim]], label) for dim in range(3)]
    np.testing.assert_allclose(ours, theirs, atol=2e-3)


def test_bins_are_the_plug_in_estimate_over_equal_widths() -> None:
    rng = np.random.default_rng(3)
    label = rng.integers(0, 4, 500)
    values = rng.normal(size=500) + label
    cells = np.minimum((20 * (values - values.min()) / np.ptp(values)).astype(int), 19)
    assert mutual_information(values[:, None], label, BINS) == pytest.approx(mutual_info_score(cells, label))


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 4), st.integers(2, 4))
def test_a_discrete_code_has_the_plug_in_estimate(seed: int, n_values: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    # Every cell holds more than k windows, so that every k-th neighbour is at distance 0.
    value = np.concatenate([np.tile(np.arange(n_values), 5 * n_classes), rng.integers(0, n_values, 200)])
    label = np.concatenate([np.repeat(np.arange(n_classes), 5 * n_values), rng.integers(0, n_classes, 200)])
    label = np.where(rng.random(len(label)) < 0.3, label, value % n_classes)
    label[: 5 * n_values * n_classes] = np.repeat(np.arange(n_classes), 5 * n_values)
    one_hots = np.eye(n_values)[value]
    expected = mutual_info_score(value, label)
    assert mutual_information(value[:, None] * 1.0, label) == pytest.approx(expected, abs=1e-12)
    assert mutual_information(one_hots, label) == pytest.approx(expected, abs=1e-12)


def test_rare_values_of_a_discrete_code_do_no_harm() -> None:
    rng = np.random.default_rng(4)
    value, label = rng.geometric(0.3, 3000), rng.integers(0, 3, 3000)
    assert mutual_information(value[:, None] * 1.0, label) < 0.01
    assert mutual_information(value[:, None] * 1.0, (value > 2).astype(int)) == pytest.approx(
        entropy((value > 2).astype(int)), abs=0.01
    )


def test_a_code_in_part_discrete_has_the_sum_of_both_parts() -> None:
    # Half of the values are 0 and say nothing; the other half are two normals, so I is half that of the normals.
    rng = np.random.default_rng(5)
    label, off = rng.integers(0, 2, 6000), rng.random(6000) < 0.5
    values = np.where(off, 0.0, 30 + 2.0 * label + rng.normal(size=6000))
    truth = 0.5 * normal_mixture_information(np.array([0.0, 2.0]), np.array([0.5, 0.5]))
    assert mutual_information(values[:, None], label) == pytest.approx(truth, abs=0.02)


def test_a_constant_code_says_nothing() -> None:
    label = np.arange(60) % 3
    assert mutual_information(np.full((60, 2), 1e9), label) == 0.0
    assert mutual_information(np.full((60, 1), 7.0), label, BINS) == 0.0


def test_a_perfect_code_says_all() -> None:
    label = np.arange(600) % 5
    assert mutual_information(label[:, None] * 1.0, label) == pytest.approx(np.log(5))
    assert mutual_information(np.eye(5)[label], label) == pytest.approx(np.log(5))


def test_missing_labels_are_left_out() -> None:
    rng = np.random.default_rng(6)
    label, values = rng.integers(0, 3, 400), rng.normal(size=(400, 1))
    hidden = np.where(np.arange(400) < 100, -1, label)
    assert mutual_information(values, hidden) == mutual_information(values[100:], label[100:])
    assert entropy(hidden) == entropy(label[100:])


@settings(max_examples=20)
@given(st.integers(0, 10_000), st.floats(1e-3, 1e3), st.floats(-1e3, 1e3), st.booleans())
def test_shift_scale_and_names_of_classes_do_not_matter(seed: int, scale: float, shift: float, down: bool) -> None:
    rng = np.random.default_rng(seed)
    label = rng.integers(0, 4, 200)
    values = rng.normal(size=(200, 2)) + label[:, None]
    moved = values * [-scale if down else scale, 1.0] + [shift, -shift]
    before = mutual_information(values, label)
    assert mutual_information(moved, label) == pytest.approx(before, abs=5e-3)
    assert mutual_information(values, rng.permutation(4)[label]) == pytest.approx(before, abs=1e-12)


def test_bootstrap_has_about_the_spread_of_fresh_samples() -> None:
    rng = np.random.default_rng(7)
    estimates, spreads = [], []
    for _ in range(40):
        label = rng.integers(0, 4, 400)
        units = Units.of_code(label[:, None] + rng.normal(size=(400, 1)), {})
        labels = FactorLabels(("f",), (tuple("abcd"),), label[:, None])
        information, _ = information_draws(Sample.of(units, labels, None, MeasureConfig()))
        estimates.append(information[0, 0, 0])
        spreads.append(information[1:, 0, 0].std())
    assert 0.6 < np.mean(spreads) / np.std(estimates) < 1.4


def test_bad_input_is_refused() -> None:
    with pytest.raises(DataError, match="two windows or more"):
        mutual_information(np.zeros((3, 1)), np.array([0, 1, -1]))
    with pytest.raises(DataError, match="one dimension: got 2"):
        mutual_information(np.zeros((4, 2)), np.array([0, 1, 0, 1]), BINS)
    with pytest.raises(ConfigError, match="n_neighbours"):
        MeasureConfig(n_neighbours=0)
    with pytest.raises(ConfigError, match="level"):
        MeasureConfig(level=95)

"""Differences of two conditions over units: pairs, groups, and intervals that hold together."""

import numpy as np
import pytest

from divecast.errors import DataError
from divecast.metrics.differences import differences


def draws(seed: int, n: int = 8, q: int = 10) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return 0.7 * rng.normal(size=(n, 1)) + 0.7 * rng.normal(size=(n, q))


def test_units_of_both_conditions_are_compared_as_pairs():
    one = np.array([[1.0], [5.0], [9.0], [3.0], [np.nan]])
    two = np.array([[2.0], [6.5], [10.0], [np.nan], [99.0]])
    found = differences(one, two, 0.5)
    assert (found.paired, found.n_units) == (True, (3, 3))
    np.testing.assert_allclose(found.difference, 3.5 / 3)
    assert found.p[0] == 2 / 8  # all three rise: one arrangement of signs and its mirror image


def test_other_units_are_two_groups():
    one = np.array([[1.0], [2.0], [np.nan], [np.nan], [np.nan], [3.0]])
    two = np.array([[np.nan], [np.nan], [11.0], [12.0], [13.0], [np.nan]])
    found = differences(one, two, 0.8)
    assert (found.paired, found.n_units) == (False, (3, 3))
    assert found.p[0] == pytest.approx(2 / 20)
    assert found.low[0] < 10.0 < found.high[0]


def test_an_interval_leaves_out_zero_just_where_p_is_below_the_level():
    for seed in range(20):
        changes = draws(seed) + np.linspace(0.0, 2.0, 10)
        found = differences(np.zeros_like(changes), changes, 0.9)
        certain = (found.low > 0.0) | (found.high < 0.0)
        np.testing.assert_array_equal(certain, found.p < 0.1)


def test_all_intervals_hold_together_as_often_as_they_say():
    true, held, false = np.repeat([0.0, 1.5], 5), 0, 0
    for seed in range(150):
        one = 3.0 * draws(1000 + seed)
        found = differences(one, one + true + draws(seed), 0.9)
        held += bool(((found.low <= true) & (true <= found.high)).all())
        false += bool((found.p[:5] <= 0.1).any())
    assert held / 150 > 0.84
    assert false / 150 < 0.16


def test_too_few_units_have_no_interval():
    found = differences(np.zeros((3, 2)), np.array([[1.0, 1.0], [1.1, 1.1], [1.2, 1.2]]), 0.95)
    assert np.isnan(found.low).all()
    assert found.p[0] == 2 / 8
    with pytest.raises(DataError, match="2 in one condition, 2 in the other, 2 in both"):
        differences(np.zeros((2, 1)), np.ones((2, 1)))


def test_what_never_changes_differs_by_nothing():
    one = np.concatenate([np.ones((8, 1)), draws(0, 8, 1)], axis=1)
    found = differences(one, one + [[0.0, 1.0], [0.0, -1.0]] * 4, 0.9)
    assert (found.p[0], found.low[0], found.high[0]) == (1.0, 0.0, 0.0)


def test_many_units_are_rearranged_at_random_and_alike_each_time():
    one, two = draws(1, 30), draws(2, 30) + 3.0
    first, again = differences(one, two), differences(one, two)
    assert first.p.min() == 1 / 4096
    np.testing.assert_array_equal(first.low, again.low)
    assert (first.low > 0.0).all()

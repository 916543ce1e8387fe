"""Rarities: what is usual has known shares, what is beyond keeps its order."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from divecast.errors import DataError
from divecast.explain.anomalies.reference_scores import ReferenceScores, check_enough

FINITE = st.floats(-1e6, 1e6, allow_nan=False)


@given(arrays(np.float64, (30, 2), elements=FINITE), arrays(np.float64, (9, 2), elements=FINITE))
def test_a_higher_score_is_never_less_rare(reference, scores):
    rarity = ReferenceScores.of(reference, 0.1).rarity(np.sort(scores, axis=0))
    assert np.isfinite(rarity).all()
    assert (np.diff(rarity, axis=0) >= -1e-12).all()


def test_rarity_of_an_exponential_is_its_own_tail():
    draw = np.random.default_rng(0)
    yard = ReferenceScores.of(draw.exponential(size=(200_000, 1)), 1e-6)
    points = np.array([[1.0], [3.0], [8.0], [20.0]])
    np.testing.assert_allclose(yard.rarity(points), points * np.log10(np.e), rtol=0.02)


def test_one_in_ten_of_the_usual_has_a_rarity_of_one():
    draw = np.random.default_rng(1)
    yard = ReferenceScores.of(draw.normal(size=(5000, 3)), 1e-6)
    fresh = yard.rarity(draw.normal(size=(5000, 3)))
    np.testing.assert_allclose((fresh >= 1.0).mean(axis=0), 0.1, atol=0.015)
    np.testing.assert_allclose((fresh >= 2.0).mean(axis=0), 0.01, atol=0.006)


def test_missing_scores_are_left_out_of_the_reference_and_stay_missing():
    full = np.random.default_rng(2).normal(size=(100, 1))
    with_gaps = np.concatenate([full, np.full((50, 1), np.nan)])
    scores = np.array([[0.0], [np.nan], [9.0]])
    found = ReferenceScores.of(with_gaps, 0.1).rarity(scores)
    np.testing.assert_array_equal(found, ReferenceScores.of(full, 0.1).rarity(scores))
    assert np.isnan(found[:, 0]).tolist() == [False, True, False]


def test_a_column_that_never_moves_makes_nothing_infinitely_rare():
    yard = ReferenceScores.of(np.zeros((100, 1)), 1.0)
    found = yard.rarity(np.array([[0.0], [1.0]]))[:, 0]
    assert found[0] == 0.0
    assert 1.0 < found[1] < 2.0


def test_a_handful_is_no_reference():
    with pytest.raises(DataError, match=r"too few reference windows .* at least 20, got"):
        check_enough(19)
    check_enough(20)
    assert np.isnan(ReferenceScores.of(np.zeros((19, 1)), 1.0).rarity(np.zeros((1, 1)))).all()

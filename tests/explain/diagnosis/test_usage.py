"""Active, collapsed and duplicated dimensions of a hand-made code."""

import numpy as np

from divecast.explain.diagnosis.usage import Usage

DRAW = np.random.default_rng(0)


def test_hand_made_dimensions_are_told_apart() -> None:
    n = 4000
    a0, b0 = DRAW.normal(size=(2, n))
    means = np.stack([a0, 0.0 * a0, -2.0 * a0 + 0.1 * b0, 0.09 * b0, b0], axis=1)
    usage = Usage.of(("a0", "a1", "a2", "a3", "b_hour0"), (None, None, None, None, "hour"), np.arange(5.0), means)
    assert usage.active.tolist() == [True, False, True, False, True]  # 0.09 squared is below 0.01
    assert usage.collapsed.tolist() == [True, False, False, False, False]
    assert usage.unlabelled.tolist() == [True, True, True, True, False]
    assert [(pair.first, pair.second) for pair in usage.duplicates] == [("a0", "a2")]
    assert -1.0 < usage.duplicates[0].correlation < -0.95
    assert np.isnan(usage.correlation[1]).all()
    np.testing.assert_allclose(usage.variance, means.var(axis=0))


def test_a_dimension_of_a_that_repeats_b_is_a_duplicate() -> None:
    a0 = DRAW.normal(size=100)
    usage = Usage.of(("a0", "b_hour0"), (None, "hour"), np.ones(2), np.stack([a0, a0], axis=1))
    assert [tuple(pair)[:2] for pair in usage.duplicates] == [("a0", "b_hour0")]

"""Attention held against ablation: rank correlation, and what is said of it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from divecast.explain.attribution.agreement import Agreement, rank_correlation

stats = pytest.importorskip("scipy.stats")
VALUES = arrays(np.float64, 12, elements=st.integers(-4, 4).map(float))
DRAW = np.random.default_rng(0)


@given(one=VALUES, other=VALUES)
def test_rank_correlation_is_spearmans(one: np.ndarray, other: np.ndarray) -> None:
    found = rank_correlation(one, other)
    if len(np.unique(one)) < 2 or len(np.unique(other)) < 2:
        assert np.isnan(found)
    else:
        assert found == pytest.approx(stats.spearmanr(one, other).statistic)


def changes(n: int = 40, factors: int = 3) -> np.ndarray:
    return DRAW.uniform(0.1, 1.0, (n, factors)).astype(np.float32)


def test_attention_that_follows_ablation_agrees_and_is_shown() -> None:
    change = changes()
    found = Agreement.of(("x", "y", "z"), np.repeat(change[:, None], 2, axis=1), change)
    assert found.agrees
    assert found.overall == pytest.approx(1.0)
    assert found.by_factor == pytest.approx((1.0, 1.0, 1.0))
    assert str(found).startswith("Attention: x ")
    assert "in which windows" in str(found)


def test_attention_the_other_way_round_is_not_shown() -> None:
    change = changes()
    found = Agreement.of(("x", "y", "z"), 1.0 / change[:, None], change)
    assert not found.agrees
    assert "not shown" in str(found)
    assert "%" not in str(found)


def test_attention_right_on_average_only_says_so() -> None:
    change = changes() * np.array([100.0, 10.0, 1.0], dtype=np.float32)
    weights = DRAW.permutation(change)[:, None]
    found = Agreement.of(("x", "y", "z"), weights, change)
    assert found.agrees
    assert max(found.by_factor) < 0.5
    assert "does not show in which windows" in str(found)


def test_what_cannot_be_said_is_not_agreement() -> None:
    change = changes()
    single = Agreement.of(("x",), np.ones((40, 2, 1), dtype=np.float32), change[:, :1])
    few = Agreement.of(("x", "y", "z"), change[:3, None], change[:3])
    mute = Agreement.of(("x", "y", "z"), np.empty((40, 0, 3), dtype=np.float32), change)
    still = Agreement.of(("x", "y", "z"), change[:, None], 0 * change)
    for found in (single, few, mute, still):
        assert np.isnan(found.overall)
        assert not found.agrees
    assert np.isnan(still.ablation).all()


def test_gates_are_divided_by_their_sum() -> None:
    gates = np.full((20, 1, 2), 0.9, dtype=np.float32)
    np.testing.assert_allclose(Agreement.of(("x", "y"), gates, changes(20, 2)).attention, 0.5)

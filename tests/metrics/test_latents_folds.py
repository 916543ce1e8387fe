"""What is held out stays together, is held out once, and leaves every class to learn from."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.errors import DataError
from divecast.metrics import FactorLabels
from divecast.metrics.latents.blocks import Blocks, Folds


def labels_of(column: np.ndarray) -> FactorLabels:
    return FactorLabels(("f",), (tuple(map(str, range(column.max() + 1))),), column[:, None])


@settings(max_examples=50)
@given(st.integers(0, 10_000), st.integers(20, 300), st.integers(2, 60), st.integers(2, 8), st.integers(0, 5))
def test_folds_of_runs(seed: int, n: int, n_blocks: int, n_folds: int, gap: int) -> None:
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.choice(2 * n, n, replace=False))
    blocks = Blocks.of(rows, 2 * n, n_blocks, None)
    folds = Folds.of(blocks, labels_of(np.arange(n) % 3), n_folds, gap, rng)
    assert (folds.held.sum(axis=0) == 1).all()
    assert all(len({*folds.held.argmax(axis=0)[blocks.ids == block]}) == 1 for block in range(blocks.n))
    assert (np.diff(blocks.ids) >= 0).all()
    for held, trained in zip(folds.held, folds.trained, strict=True):
        assert not (held & trained).any()
        if held.any() and trained.any():
            assert np.abs(rows[held][:, None] - rows[trained]).min() > gap


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 20))
def test_a_group_is_never_on_both_sides(seed: int, n_groups: int) -> None:
    rng = np.random.default_rng(seed)
    groups = rng.permutation(np.arange(200) % n_groups).astype(str)
    blocks = Blocks.of(np.arange(200), 200, 50, groups)
    folds = Folds.of(blocks, labels_of(rng.permutation(np.arange(200) % 4)), 5, 0, rng)
    for held, trained in zip(folds.held, folds.trained, strict=True):
        assert not {*groups[held]} & {*groups[trained]}


@pytest.mark.parametrize("seed", range(10))
def test_every_month_of_a_year_is_learned_and_held_out_in_part(seed: int) -> None:
    month = np.arange(3000) * 12 // 3000
    blocks = Blocks.of(np.arange(3000), 3000, 50, None)
    folds = Folds.of(blocks, labels_of(month), 5, 0, np.random.default_rng(seed))
    assert all({*month[trained]} == {*range(12)} for trained in folds.trained)
    sizes = folds.held.sum(axis=1)
    assert sizes.max() <= 2 * sizes.min()


def test_recordings_sorted_by_class_are_spread_over_the_folds() -> None:
    groups, label = np.arange(1000) // 20, np.arange(1000) // 200  # 10 recordings of each of 5 classes, in order
    folds = Folds.of(Blocks.of(np.arange(1000), 1000, 50, groups), labels_of(label), 5, 0, np.random.default_rng(0))
    counts = np.array([[(label[held] == k).sum() for k in range(5)] for held in folds.held])
    assert (counts == 40).all()


@settings(max_examples=30)
@given(st.integers(0, 10_000), st.integers(2, 30))
def test_draws_keep_the_number_of_blocks(seed: int, n_blocks: int) -> None:
    rng = np.random.default_rng(seed)
    blocks = Blocks.of(np.arange(90), 90, n_blocks, None)
    draws = blocks.draws(20, rng)
    assert (draws[0] == 1).all()
    assert (draws.sum(axis=1) == blocks.n).all()
    values = rng.normal(size=(90, 2))
    np.testing.assert_allclose(draws[0] @ blocks.sums(values), values.sum(axis=0))


def test_groups_that_cannot_be_held_out_are_refused() -> None:
    with pytest.raises(DataError, match="two groups"):
        Blocks.of(np.arange(30), 30, 50, np.zeros(30))
    with pytest.raises(DataError, match="one group for each of 30 windows, got shape"):
        Blocks.of(np.arange(30), 30, 50, np.zeros(29))

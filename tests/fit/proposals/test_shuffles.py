"""Shuffled labellings keep what a labelling has beside its places; measures have known values."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from divecast.fit.proposals.measures import UnitErrors, explained_share
from divecast.fit.proposals.shuffles import AgainstShuffled, exchanged, moved_in_time
from worlds import hours

CLOCK = hours(weeks=30).panel.clock


@given(st.integers(0, 1000))
def test_labels_moved_by_weeks_keep_counts_hours_and_weekdays(seed):
    classes = np.random.default_rng(seed).integers(-1, 2, CLOCK.length)
    shuffles, rows, how = moved_in_time(classes, slice(500, CLOCK.length), CLOCK, 5, seed)
    assert how == "moved in time by whole weeks"
    assert (rows.stop - rows.start) % 168 == 0
    for each in shuffles:
        assert not np.array_equal(each[rows], classes[rows])
        np.testing.assert_array_equal(
            np.sort(each[rows].reshape(-1, 168), 0), np.sort(classes[rows].reshape(-1, 168), 0)
        )
        assert (each[: rows.start] == -1).all()


def test_labels_of_few_weeks_are_moved_by_days():
    classes = np.zeros(24 * 40, dtype=np.int64)
    assert moved_in_time(classes, slice(0, 24 * 40), CLOCK, 99, 0)[2] == "moved in time by whole days"


@given(st.integers(0, 1000))
def test_labels_are_exchanged_within_strata(seed):
    draw = np.random.default_rng(seed)
    classes, strata = draw.integers(-1, 3, 30), draw.integers(0, 4, 30)
    for each in exchanged(classes, strata, 3, seed):
        np.testing.assert_array_equal(each < 0, classes < 0)
        for stratum in range(4):
            np.testing.assert_array_equal(np.sort(each[strata == stratum]), np.sort(classes[strata == stratum]))


def test_p_counts_the_labelling_itself():
    shuffles = [np.array([value]) for value in (0, 1, 2, 3)]
    measured = AgainstShuffled.of(lambda classes: float(classes[0]), np.array([2]), shuffles)
    assert (measured.p, measured.n_shuffles, measured.shuffled_highest) == (3 / 5, 4, 3.0)
    assert AgainstShuffled.of(lambda _: float("nan"), np.array([2]), shuffles).p == 1.0


def test_explained_share_is_that_of_analysis_of_variance():
    draw = np.random.default_rng(0)
    classes, values = draw.integers(0, 3, 200), draw.normal(size=(200, 4))
    values += classes[:, None]
    means = np.stack([values[classes == k].mean(0) for k in classes])
    between, total = ((each - values.mean(0)) ** 2 for each in (means, values))
    assert explained_share(classes, values, 3) == pytest.approx(between.sum() / total.sum())
    assert np.isnan(explained_share(np.zeros(200, dtype=int), values, 3))


def test_errors_are_explained_only_as_far_as_they_repeat():
    draw = np.random.default_rng(0)
    classes = draw.integers(0, 2, 2000)
    noise, phases = draw.normal(size=(2000, 3)), np.arange(2000) % 24 // 3
    shifted = UnitErrors(noise + 2.0 * (classes == 1)[:, None], abs(noise), np.ones_like(noise, dtype=bool), phases)
    # A shift of 2 in half of the rows: mean squares 1 of noise and 2 of the shift, of which the phases tell 1.
    assert shifted.explained(2)(classes) == pytest.approx(1 / 3, abs=0.03)
    plain = UnitErrors(noise, abs(noise), np.ones_like(noise, dtype=bool), phases)
    assert plain.explained(2)(classes) == pytest.approx(0.0, abs=0.01)

"""Sums of effects, what is missing, what is not known in advance, and what belongs to one series."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.data import Covariate
from divecast.effects import facts_of
from effects.told import SHAPE, by_series, fit, panel_of, with_class, year


@given(rows=st.lists(st.integers(0, 52 * 168 + SHAPE.horizon - 1), min_size=1, max_size=30), ahead=st.booleans())
@settings(max_examples=25)
def test_the_effects_of_all_groups_add_up(rows: list[int], ahead: bool) -> None:
    world, at = year(), np.array(rows)
    parts = [world.effects.sum_of([group], world.facts, at, ahead=ahead) for group in world.effects.basis.groups]
    whole = world.effects.of(world.facts, at, ahead=ahead)
    np.testing.assert_allclose(sum(parts), whole, atol=2e-5)
    told = sum(part for part, group in zip(parts, world.effects.basis.groups, strict=True) if group.told)
    np.testing.assert_allclose(world.effects.told(world.facts, at, ahead=ahead), told, atol=2e-5)


@given(rows=st.lists(st.integers(0, 20 * 168 - 1), min_size=1, max_size=30))
@settings(max_examples=10)
def test_those_that_differ_by_series_add_up_too(rows: list[int]) -> None:
    world, at = by_series(), np.array(rows)
    whole = world.effects.of(world.facts, at)
    np.testing.assert_allclose(world.effects.sum_of(world.effects.basis.groups, world.facts, at), whole, atol=2e-5)
    for channel in range(2):
        one = world.effects.of(world.facts, at, np.array([channel]))
        np.testing.assert_allclose(one[:, 0], whole[:, channel], atol=2e-5)


def test_a_missing_label_has_no_effect_and_leaves_doubt() -> None:
    world, rows = year(), np.arange(1000, 1010)
    facts = with_class(world.facts, 2, -1, rows)
    own = [group for group in world.effects.basis.groups if group.name == "promotion" and not group.is_of_neighbours]
    np.testing.assert_array_equal(world.effects.sum_of(own, facts, rows), 0.0)
    assert (world.effects.sum_of(own, world.facts, rows) != 0.0).all()
    assert (world.effects.doubt(facts, rows) > 2.0 * world.effects.doubt(world.facts, rows)).all()


def test_a_missing_covariate_has_the_effect_of_the_calendar_and_leaves_doubt() -> None:
    world, rows = year(), np.arange(4000, 4010)
    numbers = world.facts.numbers[0].copy()
    numbers[rows] = np.nan
    facts = replace(world.facts, numbers=(numbers,))
    groups = [group for group in world.effects.basis.groups if group.name == "temperature"]
    np.testing.assert_array_equal(world.effects.sum_of(groups, facts, rows), 0.0)
    assert (world.effects.doubt(facts, rows) > 2.0 * world.effects.doubt(world.facts, rows)).all()
    np.testing.assert_array_equal(world.effects.doubt(facts, rows - 100), world.effects.doubt(world.facts, rows - 100))


def test_a_class_of_few_days_leaves_more_doubt_than_one_of_many() -> None:
    world = year()
    rare, common = (np.flatnonzero(world.facts.classes[: 52 * 168, 3] == label) for label in (1, 0))
    doubts = [world.effects.doubt(world.facts, rows).mean() for rows in (rare, common)]
    assert doubts[0] > 1.5 * doubts[1] > 0.0
    calendar = fit(panel_of(weeks=4), ("hour", "weekend"), ())
    np.testing.assert_array_equal(calendar.effects.doubt(calendar.facts, rare[:5]), 0.0)


def test_what_nobody_knows_in_advance_is_left_out_ahead_and_is_no_doubt() -> None:
    world = fit(panel_of(weeks=12), covariates=(Covariate("temperature", known_ahead=False),))
    other = replace(world.facts, numbers=(world.facts.numbers[0] + 5.0,))
    unknown = replace(world.facts, numbers=(np.full_like(world.facts.numbers[0], np.nan),))
    rows = np.arange(500, 600)
    expected = world.effects.of(world.facts, rows, ahead=True)
    for facts in (other, unknown):
        np.testing.assert_array_equal(world.effects.of(facts, rows, ahead=True), expected)
        assert np.abs(world.effects.of(facts, rows) - world.effects.of(world.facts, rows)).min() > 0.0
        np.testing.assert_array_equal(world.effects.doubt(facts, rows), world.effects.doubt(world.facts, rows))
    windows = world.cut().of(np.array([500]))
    np.testing.assert_array_equal(windows.ahead[0], expected[: SHAPE.horizon])


def test_what_belongs_to_one_series_moves_no_other() -> None:
    world, rows = by_series(), np.arange(300, 340)
    expected = world.effects.of(world.facts, rows)
    classes, price = world.facts.of_series[1].copy(), world.facts.numbers[0].copy()
    classes[:, 0] = 1 - classes[:, 0]
    price[:, 0] += 1.0
    for changed in (
        replace(world.facts, of_series=(None, classes)),
        replace(world.facts, numbers=(price,)),
    ):
        found = world.effects.of(changed, rows)
        np.testing.assert_array_equal(found[:, 1], expected[:, 1])
        assert (found[:, 0] != expected[:, 0]).all()


def test_data_that_lack_what_differs_by_series_have_no_effect_of_it() -> None:
    world = by_series()
    bare = replace(world.panel, labels={}, covariates={})
    facts = facts_of(bare, world.factors, world.vocabularies, world.covariates, SHAPE.horizon)
    rows = np.arange(300, 340)
    np.testing.assert_array_equal(world.effects.told(facts, rows), 0.0)
    assert (world.effects.doubt(facts, rows) > 0.0).all()

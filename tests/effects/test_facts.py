"""Known columns of rows, as the data give them."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import DataError
from divecast.effects import facts_of
from effects.told import SHAPE, by_series, year


def test_a_covariate_of_all_series_is_that_of_each_where_the_model_has_one_of_each() -> None:
    world = by_series()
    shared = np.arange(len(world.panel.values), dtype=np.float32)
    panel = replace(world.panel, covariates={"price": shared})
    facts = facts_of(panel, world.factors, world.vocabularies, world.covariates, 0)
    np.testing.assert_array_equal(facts.number_at(0, np.array([7, 9])), [[7.0, 7.0], [9.0, 9.0]])


def test_one_of_each_series_is_refused_where_the_model_has_one_of_all() -> None:
    world = year()
    own = np.zeros(world.panel.values.shape, dtype=np.float32)
    panel = replace(world.panel, covariates={"temperature": own})
    with pytest.raises(DataError, match=r"'temperature' differs by series here.*per_series=True"):
        facts_of(panel, world.factors, world.vocabularies, world.covariates, 0)


def test_rows_after_the_end_have_a_calendar_and_nothing_else() -> None:
    world = year()
    n = len(world.panel.values)
    after = np.arange(n, n + SHAPE.horizon)
    np.testing.assert_array_equal(world.facts.classes_at(0, after), np.arange(24))
    np.testing.assert_array_equal(world.facts.classes_at(2, after), -1)
    assert np.isnan(world.facts.number_at(0, after)).all()
    assert (world.facts.classes_at(0, np.array([-1, n + SHAPE.horizon + 24])) == -1).all()


def test_rows_in_a_row_keep_what_is_shared_and_lose_the_rest() -> None:
    for world in (year(), by_series()):
        rows = np.array([[3, 4, 5], [50, 51, 52]])
        found = world.facts.in_a_row(rows)
        assert found.n_rows == 6
        np.testing.assert_array_equal(found.hour, world.facts.hour[rows.ravel()])
        shared = list(world.facts.shared_factors)
        np.testing.assert_array_equal(found.classes[:, shared], world.facts.classes[rows.ravel()][:, shared])
        at = np.arange(6)
        assert np.isnan(found.number_at(0, at)).all()
        assert found.number_at(0, at).ndim == world.facts.number_at(0, at).ndim

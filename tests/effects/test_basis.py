"""Which features describe which columns, and their groups as JSON."""

import json

import numpy as np
import pytest

from divecast import DataWarning
from divecast.data import Covariate
from divecast.effects import groups_from_json, groups_to_json
from effects.told import by_series, fit, panel_of, year


@pytest.mark.parametrize("world", [year, by_series])
def test_groups_are_read_back_as_they_were(world) -> None:
    groups = world().effects.basis.groups
    assert groups_from_json(json.loads(json.dumps(groups_to_json(groups)))) == groups


def test_the_columns_of_a_table_have_groups_of_their_names() -> None:
    basis = year().effects.basis
    assert set(basis.names) == {"hour", "weekend", "promotion", "holiday", "temperature"}
    told = {group.name for group in basis.groups if group.told}
    assert told == {"promotion", "holiday", "temperature"}
    assert [group.told for group in basis.groups] == sorted(group.told for group in basis.groups)
    assert not basis.own
    assert {group.name for group in by_series().effects.basis.own} == {"promotion", "price"}


def test_features_lie_one_group_after_the_other() -> None:
    for basis in (year().effects.basis, by_series().effects.basis):
        for groups in (basis.shared, basis.own):
            places = [basis.place(group) for group in groups]
            assert [place.start for place in places] == [0, *(place.stop for place in places[:-1])][: len(places)]


def test_known_features_have_the_mean_that_a_missing_value_has() -> None:
    """Features of labels and covariates are deviations: their mean over the fit is 0, as a missing one is."""
    world = year()
    shared = world.effects.design.shared(world.facts, world.rows)
    for group in world.effects.basis.shared:
        features = shared[:, world.effects.basis.place(group)]
        if group.told and not group.is_of_neighbours and len(group.terms) == 1:
            np.testing.assert_allclose(features.mean(0), 0.0, atol=5e-3)


def test_a_covariate_that_never_changes_is_left_out_with_a_warning() -> None:
    panel = panel_of(weeks=4)
    panel.covariates["temperature"][:] = 7.0
    with pytest.warns(DataWarning, match="'temperature' is not used: 672 values in the training part are all equal"):
        world = fit(panel, covariates=(Covariate("temperature"),))
    assert "temperature" not in world.effects.basis.names

"""Effects that were planted are found, and gaps take little from them."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import DataWarning
from effects.told import DEGREE, HOLIDAY, PRICE, PROMOTION, by_series, fit, panel_of, with_class, year


@pytest.mark.parametrize(("factor", "effect"), [("promotion", PROMOTION), ("holiday", HOLIDAY)])
def test_the_effect_of_a_class_is_found(factor: str, effect: float) -> None:
    world = year()
    number = [vocabulary.name for vocabulary in world.vocabularies].index(factor)
    classes = world.vocabularies[number].classes
    no = next(classes.index(name) for name in classes if name in ("off", "no"))
    found = world.effects.of(world.facts, world.rows)
    without = world.effects.of(with_class(world.facts, number, no), world.rows)
    change = world.in_units(found - without)[world.facts.classes[: len(found), number] != no]
    assert len(change) > 200
    np.testing.assert_allclose(change.mean(0), effect, rtol=0.1)


def test_a_degree_acts_above_18_and_not_below() -> None:
    world = year()
    temperature = world.panel.covariates["temperature"]
    warmer = replace(world.facts, numbers=(temperature + 1.0,))
    change = world.in_units(world.effects.of(warmer, world.rows) - world.effects.of(world.facts, world.rows))
    np.testing.assert_allclose(change[temperature > 20.0].mean(0), DEGREE, rtol=0.1)
    np.testing.assert_allclose(change[temperature < 12.0].mean(0), 0.0, atol=0.1 * DEGREE)


def test_effects_that_differ_by_series_are_found() -> None:
    world = by_series()
    on = world.facts.of_series[1] == 1
    for channel in range(2):
        promotion, price = world.of("promotion")[:, channel], world.of("price")[:, channel]
        found = promotion[on[:, channel]].mean() - promotion[~on[:, channel]].mean()
        assert found == pytest.approx(PROMOTION, rel=0.1)
        slope = np.polyfit(world.panel.covariates["price"][:, channel], price, 1)[0]
        assert slope == pytest.approx(PRICE, rel=0.1)


def test_gaps_take_little_from_the_effects() -> None:
    """With 30 % of the values missing, the effects of all rows stay near those without gaps."""
    whole, draw = panel_of(weeks=26), np.random.default_rng(2)
    gappy = replace(whole, values=np.where(draw.random(whole.values.shape) < 0.3, np.nan, whole.values))
    full, holed = fit(whole), fit(gappy)
    expected, found = (each.in_units(each.effects.of(full.facts, full.rows)) for each in (full, holed))
    assert np.sqrt(np.square(found - expected).mean(0)).max() < 0.1 * expected.std(0).min()
    weights = [each.effects.weight * each.scale.spread for each in (full, holed)]
    assert np.corrcoef(weights[0].ravel(), weights[1].ravel())[0, 1] > 0.95


def test_a_series_without_values_takes_the_mean_effects() -> None:
    panel = panel_of(weeks=12)
    values = np.concatenate([panel.values, np.full_like(panel.values[:, :1], np.nan)], axis=1)
    values[:3, 2] = [49.0, 50.0, 51.0]
    world = fit(replace(panel, values=values, channels=("north", "south", "new")))
    found = world.effects.of(world.facts, world.rows)
    mean = found[:, :2].mean(1)
    assert np.corrcoef(found[:, 2], mean)[0, 1] > 0.98
    assert np.square(found[:, 2] - mean).mean() < 0.1 * mean.var()  # it is shrunk more where rows are few


def test_the_effect_of_a_price_does_not_depend_on_how_far_the_series_lie_apart() -> None:
    world = by_series()
    apart = np.array([10.0, 10_000.0], dtype=np.float32)
    moved = fit(
        replace(world.panel, covariates={"price": world.panel.covariates["price"] + apart}),
        world.factors,
        world.covariates,
    )
    np.testing.assert_allclose(moved.of("price"), world.of("price"), atol=0.02)


def test_a_price_that_differs_between_series_alone_is_not_used() -> None:
    world = by_series()
    price = np.broadcast_to(np.array([1.0, 9.0], dtype=np.float32), world.panel.values.shape)
    with pytest.warns(DataWarning, match=r"'price' is not used: .* are all equal within each series.*static"):
        found = fit(replace(world.panel, covariates={"price": price}), world.factors, world.covariates)
    assert "price" not in found.effects.basis.names


def test_absurd_values_of_a_covariate_are_as_missing_ones() -> None:
    world = year()
    temperature = world.panel.covariates["temperature"].copy()
    missing, absurd = temperature.copy(), temperature.copy()
    missing[100:103], absurd[100:103] = np.nan, 9999.0
    as_missing, as_absurd = (replace(world.facts, numbers=(each,)) for each in (missing, absurd))
    np.testing.assert_array_equal(world.of("temperature", as_absurd), world.of("temperature", as_missing))
    rows = np.arange(90, 130)
    for group in world.effects.basis.groups:
        assert (group.known(as_absurd, rows) == group.known(as_missing, rows)).all()

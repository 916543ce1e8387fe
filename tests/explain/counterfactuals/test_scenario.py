"""Scenarios: what forecasts would be if the table told something else of rows to forecast."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from divecast import ConfigError, Covariate, DeepDIVE, Label, Panel, TrainingConfig
from divecast.errors import DataError, DataWarning
from worlds import SMALL, fit_hours, hours, told

HORIZON, LAST = 7, 400
DAYS = pd.date_range("2022-01-01", periods=LAST + HORIZON, freq="D")
AHEAD = DAYS[LAST:]


def world(ahead: bool = True) -> Panel:
    """Two shops with +5 in promotions (of all), +3 in sales (of a shop) and +2 per degree; rows of the future."""
    draws = np.random.default_rng(0)
    promo, warmth = draws.random(len(DAYS)) < 0.3, draws.normal(size=len(DAYS)).round(2)
    tables = []
    for shop, level in (("north", 10.0), ("south", 30.0)):
        sale = draws.random(len(DAYS)) < 0.3
        y = level + 5 * promo + 3 * sale + 2 * warmth + 0.3 * draws.normal(size=len(DAYS))
        y[LAST:] = np.nan
        columns = {"promo": np.where(promo, "on", "off"), "sale": np.where(sale, "yes", "no"), "temp": warmth}
        tables.append(pd.DataFrame({"unique_id": shop, "ds": DAYS, "y": y, **columns}))
    table = pd.concat(tables)
    table = table if ahead else table[table["ds"] < AHEAD[0]]
    return Panel.from_long(table, labels=["promo", Label("sale", per_series=True)], covariates=["temp"])


PANEL = world()


@pytest.fixture(scope="module")
def shops() -> DeepDIVE:
    factors = ["weekday", "promo", Label("sale", per_series=True)]
    training = TrainingConfig(epochs=2, batch_size=64)
    return DeepDIVE(HORIZON, 28, factors, covariates=["temp"], model=SMALL, training=training).fit(
        PANEL, progress=False
    )


def asked(shops, future, data=PANEL, **more):
    return shops.what_if(data, future=future, **more)


def was(name, value):
    """Which rows of the future have a label, (horizon,) or (horizon, channel)."""
    return PANEL.label_column(name)[LAST:] == value


def test_a_promotion_moves_the_days_that_had_none_by_about_its_effect(shops):
    found = asked(shops, {"promo": "on"})
    expected = np.where(was("promo", "on"), 0.0, 5.0)[:, None].repeat(2, 1)
    np.testing.assert_allclose(found.difference[0], expected, atol=1.2)
    assert str(found).startswith("1 window: promo = on. The forecasts change by")
    assert found.before.names.tolist() == found.after.names.tolist()
    np.testing.assert_array_equal(found.counterfactual_window.mean, found.factual_window.mean)


@pytest.mark.parametrize("end", [str(AHEAD[3].date()), AHEAD[3].to_pydatetime(), AHEAD[3].date()])
def test_both_ends_of_the_times_are_included(shops, end):
    found = asked(shops, {"temp": (1.5, slice(str(AHEAD[2].date()), end))})
    expected = np.zeros(HORIZON)
    expected[2:4] = 3.0
    np.testing.assert_allclose(found.difference[0], expected[:, None].repeat(2, 1), atol=1.2)


def test_a_label_of_each_series_moves_one_series_alone(shops):
    found = asked(shops, {"sale": ("yes", None, ["south"])})
    expected = np.where(was("sale", "yes"), 0.0, 3.0) * [0.0, 1.0]
    np.testing.assert_allclose(found.difference[0], expected, atol=1.2)
    both = asked(shops, {"sale": "yes"})
    np.testing.assert_allclose(both.difference[0], np.where(was("sale", "yes"), 0.0, 3.0), atol=1.2)


def test_a_scenario_equals_the_forecast_of_a_table_that_tells_it(shops):
    labels = {"promo": np.where(np.arange(len(DAYS)) == LAST + 1, "on", PANEL.label_column("promo"))}
    temp = PANEL.covariate("temp").copy()
    temp[LAST:] += np.float32(0.5)
    told = Panel(PANEL.values, PANEL.channels, PANEL.clock, {**PANEL.labels, **labels}, covariates={"temp": temp})
    day = str(AHEAD[1].date())
    found = asked(shops, {"promo": ("on", slice(day, day)), "temp": 0.5})
    plain = shops.forecast(told)
    np.testing.assert_allclose(found.counterfactual.mean, plain.mean, rtol=1e-5)
    np.testing.assert_allclose(found.counterfactual.quantiles, plain.quantiles, rtol=1e-5)


def test_what_the_table_tells_already_changes_nothing(shops):
    same = {"promo": [(name, slice(day, day)) for name, day in told_promotions()], "temp": 0.0}
    found = asked(shops, same)
    plain = shops.forecast(PANEL)
    np.testing.assert_array_equal(found.difference, 0.0)
    np.testing.assert_array_equal(found.counterfactual.quantiles, found.factual.quantiles)
    np.testing.assert_allclose(found.factual.mean, plain.mean, rtol=1e-6)
    drawn = shops.what_if(PANEL, future={"temp": 0.0}, n_paths=3)
    np.testing.assert_array_equal(drawn.factual.paths, drawn.counterfactual.paths)
    np.testing.assert_array_equal(drawn.factual.paths, shops.forecast(PANEL, n_paths=3).paths)


def test_a_label_that_all_target_rows_have_already_changes_nothing(shops):
    """Nor do the rows after them, of which the table tells nothing, though effects read a row beside each."""
    promo = np.array(PANEL.label_column("promo"))
    promo[LAST:] = "on"
    told = replace(PANEL, labels={**PANEL.labels, "promo": promo})
    np.testing.assert_array_equal(asked(shops, {"promo": "on"}, told).difference, 0.0)


def told_promotions():
    return [(str(PANEL.label_column("promo")[LAST + step]), str(AHEAD[step].date())) for step in range(HORIZON)]


def test_the_past_of_a_window_stays_though_it_is_the_future_of_another(shops):
    first, second = str(DAYS[300].date()), str(DAYS[303].date())
    together = asked(shops, {"temp": 1.0}, at=[first, second])
    alone = [asked(shops, {"temp": 1.0}, at=start) for start in (first, second)]
    for window, one in enumerate(alone):
        np.testing.assert_allclose(together.counterfactual.mean[window], one.counterfactual.mean[0], rtol=1e-5)
    spanned = asked(shops, {"temp": (1.0, slice(second, None))}, at=[first, second])
    np.testing.assert_allclose(spanned.difference[0, :3], 0.0, atol=0.1)  # the network reads all rows to forecast
    np.testing.assert_allclose(spanned.difference[1], together.difference[1], rtol=1e-4, atol=1e-4)


def test_rows_after_the_end_may_come_in_a_table_or_be_set(shops):
    past = world(ahead=False)
    promo, sale, temp = PANEL.label_column("promo"), PANEL.label_column("sale"), PANEL.covariate("temp")
    rows = pd.DataFrame({"ds": AHEAD, "promo": promo[LAST:], "temp": temp[LAST:]})
    sales = [rows.assign(unique_id=name, sale=sale[LAST:, i]) for i, name in enumerate(PANEL.channels)]
    of_table = asked(shops, {"promo": "on"}, past, future_rows=pd.concat(sales))
    np.testing.assert_array_equal(of_table.difference, asked(shops, {"promo": "on"}).difference)
    with pytest.warns(DataWarning, match="rows to forecast lack"):
        unknown = asked(shops, {"promo": "on"}, past)
    set_all = {"promo": "on", "sale": "no", "temp": ("=", 0.0)}
    known = asked(shops, set_all, past)
    width = [f.counterfactual.quantiles[-1] - f.counterfactual.quantiles[0] for f in (unknown, known)]
    assert (width[1] < width[0]).all()
    with pytest.warns(DataWarning, match="that the scenario adds to"):
        asked(shops, {"promo": "on", "sale": "no", "temp": 3.0}, past)


@pytest.mark.parametrize(
    "ask",
    [
        lambda model, table: model.what_if(table, factor="hour", to="03", unlabelled_code="kept"),
        lambda model, table: model.what_if(table, future={"promotion": "no"}),
        lambda model, table: model.swap_codes(table, other=None, block="a"),
        lambda model, table: model.narrate(table, series="u"),
    ],
)
def test_each_question_tells_what_its_forecast_lacks(told_model, ask):
    short = told().groupby("unique_id").tail(60)
    with pytest.warns(DataWarning, match="lack .*'temperature'"), pytest.warns(DataWarning, match="go back to rows"):
        ask(told_model, short)


def test_a_number_far_from_those_of_training_is_warned_of(shops):
    with pytest.warns(DataWarning, match="lie far from those of the training part"):
        found = asked(shops, {"temp": ("=", 90.0)})
    with pytest.warns(DataWarning, match="1 value of 'temp' in the scenario lies far"):
        asked(shops, {"temp": ("=", 90.0, slice(str(AHEAD[0].date()), str(AHEAD[0].date())))})
    with pytest.warns(DataWarning, match="counts as"):
        np.testing.assert_array_equal(found.difference, asked(shops, {"temp": ("=", 900.0)}).difference)


def test_what_is_given_of_the_future_and_cannot_be_so_is_named(shops):
    """A number in another unit counts as the nearest, one that is absurd and a label of no class as missing."""
    temp, promo = PANEL.covariate("temp").copy(), np.array(PANEL.label_column("promo"))
    temp[LAST], promo[LAST] = 90.0, "ON"
    told = replace(PANEL, covariates={"temp": temp}, labels={**PANEL.labels, "promo": promo})
    with (
        pytest.warns(DataWarning, match=r"have 1 value of 'temp' far from .* 90 counts as missing"),
        pytest.warns(DataWarning, match=r"labels of 'promo' that the fit did not see: 'ON'.*'off', 'on'"),
        pytest.warns(DataWarning, match=r"lack 'promo' \(step 1\), 'temp' \(step 1\)"),
    ):
        shops.forecast(told)
    temp[LAST] = 6.0
    with pytest.warns(DataWarning, match=r"far from those of the training part: 6 counts as [34]\."):
        shops.forecast(replace(PANEL, covariates={"temp": temp}))


@pytest.mark.parametrize(
    ("future", "error", "message"),
    [
        ({}, ConfigError, "by name"),
        ({"promo": "maybe"}, ConfigError, "'off', 'on'"),
        ({"promo": 20240102}, ConfigError, "no class 20240102"),
        ({"promo": (1, slice("2022-01-01", "2022-01-05"))}, DataError, "times of promo = 1 2022"),
        ({"promos": "on"}, ConfigError, "Did you mean 'promo'"),
        ({"weekday": "Sun"}, ConfigError, "calendar, which a scenario cannot set. .* to="),
        ({"temp": "hot"}, ConfigError, "is a number"),
        ({"temp": ("=", float("nan"))}, ConfigError, "is a number"),
        ({"promo": ("on", "2022-01-01")}, ConfigError, "slice of times"),
        ({"promo": ("on", slice(None), ["north"])}, ConfigError, "same for all series"),
        ({"sale": ("yes", None, ["west"])}, DataError, "'west'"),
        ({"promo": ("on", slice("2022-01-01", "2022-01-05"))}, DataError, "No step to forecast"),
        ({"promo": ("on", slice("soon", None))}, DataError, "soon"),
    ],
)
def test_each_mistake_is_named(shops, future, error, message):
    with pytest.raises(error, match=message):
        asked(shops, future)


def test_a_scenario_and_another_class_are_two_questions(shops):
    with pytest.raises(ConfigError, match=r"either to= or future="):
        asked(shops, {"promo": "on"}, factor="weekday", to="Sun")


def test_windows_have_no_class_of_a_label_that_differs_by_series(shops):
    with pytest.raises(ConfigError, match="'sale' differs by series"):
        shops.what_if(PANEL, factor="sale", to="yes")


def test_a_model_that_is_told_nothing_has_no_scenario():
    panel = hours(weeks=4).panel
    with pytest.raises(ConfigError, match="no factor or covariate 'promo'"):
        fit_hours(epochs=1, data=panel).what_if(panel, future={"promo": "on"})


def test_a_covariate_that_no_one_knows_ahead_cannot_be_in_a_scenario():
    model = DeepDIVE(
        HORIZON, 28, ["weekday"], covariates=[Covariate("temp", known_ahead=False)],
        model=SMALL, training=TrainingConfig(epochs=1),
    )  # fmt: skip
    with pytest.raises(ConfigError, match="covariate that is known ahead"):
        model.fit(PANEL, progress=False).what_if(PANEL, future={"temp": 1.0})

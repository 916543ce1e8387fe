"""What a table knows of the rows to forecast, from the shell: fit, forecast."""

import numpy as np
import pandas as pd
import pytest

from divecast.cli.places import parse_scenario

SHORT = ["--lookback", 28, "--horizon", 7, "--set", "training.epochs=1"]
ROLES = ["--factor", "weekday", "--factor", "promo", "--covariate", "temp"]


@pytest.fixture(scope="module")
def promotions(tmp_path_factory):
    """Days of sales with promotions of +5; the last week without sales."""
    place = tmp_path_factory.mktemp("promo")
    draws, days = np.random.default_rng(0), pd.date_range("2022-01-01", periods=600, freq="D")
    on = (draws.random(600) < 0.2).astype(int)
    on[593:] = [1, 0, 1, 0, 0, 1, 0]
    sales = 20 + 3 * (days.day_of_week == 5) + 5 * on + draws.standard_normal(600)
    warmth = (15 + 10 * np.sin(2 * np.pi * np.arange(600) / 365)).round(1)
    table = pd.DataFrame({"day": days, "sales": sales.round(2), "promo": on, "temp": warmth})
    table.loc[593:, "sales"] = np.nan
    table.to_csv(place / "promo.csv", index=False)
    table.assign(promo=np.where(days >= days[593], 1 - on, on)).to_csv(place / "other.csv", index=False)
    table[:593].to_csv(place / "past.csv", index=False)
    table[593:].drop(columns="sales").to_csv(place / "ahead.csv", index=False)
    table[:593][["day", "sales"]].to_csv(place / "sales.csv", index=False)
    table.drop(columns="sales").to_csv(place / "known.csv", index=False)
    return place


@pytest.fixture(scope="module")
def promo_model(promotions):
    from divecast.cli import main

    out = promotions / "promo.safetensors"
    words = ["fit", promotions / "promo.csv", *ROLES, *SHORT, "--out", out, "--json"]
    assert main([str(word) for word in words]) == 0
    return out


def forecast(run, model, data, out, *more):
    result = run("forecast", model, data, "--out", out, "--level", 0.5, *more)
    assert result.code == 0, result.err
    return pd.read_csv(out)


def test_a_promotion_told_for_a_day_adds_about_five_to_its_forecast(run, promotions, promo_model, tmp_path):
    as_told = forecast(run, promo_model, promotions / "promo.csv", tmp_path / "f.csv")
    reversed_ = forecast(run, promo_model, promotions / "other.csv", tmp_path / "g.csv")
    assert as_told["ds"].str.slice(0, 10).tolist() == [f"2023-08-{day}" for day in range(17, 24)]
    on = np.array([1, 0, 1, 0, 0, 1, 0])
    assert (as_told["mean"] - reversed_["mean"]).to_numpy() == pytest.approx(np.where(on, 5, -5), abs=1)


def test_rows_of_the_future_may_be_in_a_file_of_their_own(run, promotions, promo_model, tmp_path):
    together = forecast(run, promo_model, promotions / "promo.csv", tmp_path / "f.csv")
    apart = forecast(
        run, promo_model, promotions / "past.csv", tmp_path / "g.csv", "--future", promotions / "ahead.csv"
    )
    second = forecast(
        run, promo_model, promotions / "sales.csv", tmp_path / "h.csv", "--known", promotions / "known.csv"
    )
    assert apart.equals(together)
    assert second.equals(together)


@pytest.mark.slow
def test_a_second_table_and_the_settings_file_fit_the_same_model(run, promotions, promo_model, tmp_path):
    (tmp_path / "settings.toml").write_text(
        "horizon = 7\nlookback = 28\n[training]\nepochs = 1\n[data]\n"
        f'factors = ["weekday", "promo"]\ncovariates = ["temp"]\nknown = "{promotions / "known.csv"}"\n'
    )
    settings = ["--config", tmp_path / "settings.toml"]
    fitted = run("fit", promotions / "sales.csv", *settings, "--out", tmp_path / "m")
    assert fitted.code == 0, fitted.err
    assert "--known" in fitted.out
    of_settings = forecast(run, tmp_path / "m", promotions / "promo.csv", tmp_path / "f.csv")
    assert of_settings.equals(forecast(run, promo_model, promotions / "promo.csv", tmp_path / "g.csv"))


def test_what_is_not_told_of_the_future_is_warned_of(run, promotions, promo_model, tmp_path):
    result = run("forecast", promo_model, promotions / "past.csv", "--out", tmp_path / "f.csv")
    assert result.code == 0
    assert "--future" in result.err


def test_a_long_table_with_labels_and_covariates_of_each_series(run, tmp_path):
    draws, days = np.random.default_rng(0), pd.date_range("2024-01-01", periods=200, freq="D")
    shops = []
    for shop, level in (("s7", 10.0), ("s8", 30.0)):
        on, price = np.where(draws.random(200) < 0.3, "on", "off"), draws.normal(size=200)
        sold = level + 5 * (on == "on") + 2 * price + draws.normal(size=200) * 0.3
        sold[193:] = np.nan
        shops.append(pd.DataFrame({"shop": shop, "day": days, "sold": sold, "promo": on, "price": price}))
    pd.concat(shops).to_csv(tmp_path / "shops.csv", index=False)
    pd.DataFrame({"shop": ["s7", "s8"], "area": [10, 30]}).to_csv(tmp_path / "area.csv", index=False)
    reading = ["--id", "shop", "--value", "sold", "--static", tmp_path / "area.csv"]
    roles = ["--factor", "weekday", "--factor", "promo:per-series", "--covariate", "price:per-series"]
    fitted = run("fit", tmp_path / "shops.csv", *reading, *roles, *SHORT, "--out", tmp_path / "m", "--json")
    assert fitted.code == 0, fitted.err
    assert fitted.json["info"]["channels"] == ["s7", "s8"]
    table = forecast(run, tmp_path / "m", tmp_path / "shops.csv", tmp_path / "f.csv", *reading)
    ahead = pd.concat(shops).groupby("shop").tail(7).set_index(["shop", "day"])
    expected = (
        table["unique_id"].map({"s7": 10, "s8": 30}).to_numpy() + 5 * (ahead["promo"] == "on") + 2 * ahead["price"]
    )
    assert table["mean"].to_numpy() == pytest.approx(expected.to_numpy(), abs=2)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        (["--covariate", "temp:often"], "NAME:unknown-ahead"),
        (["--covariate", "tmp"], "Did you mean 'temp'?"),
        (["--covariate", "wind"], "--known"),
        (["--covariate", "temp", "--factor", "temp"], "--covariate"),
        (["--id", "day"], "--time"),
        (["--static", "none.csv"], "none.csv"),
    ],
)
def test_each_mistake_is_one_line(run, promotions, tmp_path, more, named):
    assert named in run("fit", promotions / "promo.csv", *SHORT, "--out", tmp_path / "m", "--json", *more).error


def test_a_scenario_of_the_future(run, promotions, promo_model, tmp_path):
    words = ["--set", "promo=1@2023-08-18..2023-08-20", "--set", "promo=0@2023-08-21..", "--set", "temp+=1"]
    out = tmp_path / "w.csv"
    result = run("what-if", promo_model, promotions / "promo.csv", *words, "--out", out)
    assert result.code == 0, result.err
    assert "promo = 1 2023-08-18 to 2023-08-20" in result.out
    assert "temp +1" in result.out
    moved = pd.read_csv(out)["difference"].to_numpy()
    assert moved == pytest.approx([0, 5, 0, 5, 0, -5, 0], abs=1.2)
    apart = ["--future", promotions / "ahead.csv", "--out", tmp_path / "v.csv"]
    assert run("what-if", promo_model, promotions / "past.csv", *words, *apart).code == 0
    assert pd.read_csv(tmp_path / "v.csv").equals(pd.read_csv(out))


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ([], "--set NAME=VALUE"),
        (["--set", "promo=1", "--to", "weekday=Sun"], "--set NAME=VALUE"),
        (["--set", "promo"], "NAME=VALUE@FIRST..LAST"),
        (["--set", "temp+=much"], "a number"),
        (["--set", "temp=warm"], "number"),
        (["--set", "promo=1@2021-01-01"], "No step to forecast"),
        (["--set", "weekday=Sun"], "--to"),
        (["--set", "promo=1@..@north"], "same for all series"),
    ],
)
def test_each_mistake_of_a_scenario_is_one_line(run, promotions, promo_model, tmp_path, more, named):
    result = run("what-if", promo_model, promotions / "promo.csv", *more, "--out", tmp_path / "w.csv")
    assert named in result.error


def test_scenarios_are_read():
    assert parse_scenario("--set", ["a=on@2024-01-01", "a=off@..2024-02", "b+=-2.5", "b-=2@2024", "c=3@..@x, y z"]) == {
        "a": [("=", "on", slice("2024-01-01", "2024-01-01"), None), ("=", "off", slice(None, "2024-02"), None)],
        "b": [(-2.5, slice(None, None), None), (-2.0, slice("2024", "2024"), None)],
        "c": [("=", "3", slice(None, None), ["x", "y z"])],
    }


def test_a_scenario_may_name_series_with_commas():
    (change,) = parse_scenario("--set", ["a=on@..@x, y,z"], ["x, y", "z", "x"])["a"]
    assert change[-1] == ["x, y", "z"]

"""Tables of Nixtla's libraries, in and out."""

from functools import cache
from typing import Any

import narwhals as nw
import numpy as np
import pandas as pd
import polars as pl
import pytest

from divecast import ConfigError, Covariate, DataError, DeepDIVE, NotFittedError, TrainingConfig
from divecast.nixtla import DivecastForecaster
from worlds import SMALL

DAYS, WEEK = 140, 7


def shops(columns: tuple[str, str, str] = ("shop", "day", "sales")) -> pd.DataFrame:
    """Three daily series with a week, in no alphabetical order, and a promotion of each that adds 5."""
    draw, row = np.random.default_rng(0), np.arange(DAYS)
    tables = []
    for level, name in enumerate(["010", "b", "a"]):
        promo = (draw.random(DAYS) < 0.3).astype(float)
        sales = 10.0 * level + row % WEEK + 5 * promo + draw.normal(0, 0.2, DAYS)
        tables.append(pd.DataFrame(dict(zip(columns, (name, pd.Timestamp("2024-01-01"), sales), strict=True))))
        tables[-1][columns[1]] += pd.to_timedelta(row, "D")
        tables[-1]["promo"] = promo
    return pd.concat(tables)


def forecaster(**settings: Any) -> DivecastForecaster:
    covariates = [Covariate("promo", per_series=True)]
    model = DeepDIVE(7, 14, covariates=covariates, model=SMALL, training=TrainingConfig(epochs=1, batch_size=64))
    return DivecastForecaster(model, all_rows=False, **settings)


NAMES = {"id_col": "shop", "time_col": "day", "target_col": "sales"}


@cache
def fitted() -> DivecastForecaster:
    return forecaster().fit(shops(), **NAMES)


def future(promo: float) -> pd.DataFrame:
    """A promotion in all shops, or in none, in the week after the end."""
    days = pd.date_range("2024-01-01", periods=DAYS + WEEK)[-WEEK:]
    return pd.DataFrame({"shop": np.repeat(["a", "b", "010"], WEEK), "day": [*days] * 3, "promo": promo})


def test_forecasts_are_in_the_columns_of_nixtla_in_order_of_series_and_time() -> None:
    found = fitted().predict(5, future(0.0), level=[90, 80])
    ends = ("-lo-90", "-lo-80", "-hi-80", "-hi-90")
    assert [*found.columns] == ["shop", "day", "divecast", *(f"divecast{end}" for end in ends)]
    assert found["shop"].tolist() == ["010"] * 5 + ["a"] * 5 + ["b"] * 5
    assert [*found.index] == [*range(15)]
    assert (found["day"].iloc[:5] == future(0.0)["day"].iloc[:5]).all()
    bounds = found[[f"divecast{end}" for end in ends]].to_numpy()
    assert (np.diff(bounds, axis=1) > 0).all()


def test_what_is_known_ahead_counts() -> None:
    on, off = (fitted().predict(7, future(promo))["divecast"] for promo in (1.0, 0.0))
    assert ((on - off).between(2.5, 6.0)).all()


def test_it_is_another_table_s_end_that_is_forecast_on_request() -> None:
    table = shops()
    earlier = table[table["day"] < "2024-05-01"]
    ahead = table[(table["day"] >= "2024-05-01") & (table["day"] < "2024-05-08")].drop(columns="sales")
    found = fitted().predict(2, ahead, df=earlier)
    assert found["day"].dt.strftime("%m-%d").tolist() == ["05-01", "05-02"] * 3


def test_cross_validation_has_a_window_for_each_cutoff_with_the_values() -> None:
    table = pl.from_pandas(shops(("unique_id", "ds", "y")).reset_index(drop=True))
    found = forecaster(alias="us").cross_validation(table, h=3, n_windows=2, step_size=4, level=[80], refit=True)
    assert isinstance(found, pl.DataFrame)
    assert found.columns == ["unique_id", "ds", "cutoff", "y", "us", "us-lo-80", "us-hi-80"]
    assert len(found) == 3 * 2 * 3
    assert (found["ds"] > found["cutoff"]).all()
    cutoffs = found["cutoff"].unique().sort().dt.strftime("%m-%d").to_list()
    assert cutoffs == ["05-12", "05-16"]  # the last window ends with the table, on 05-19
    truth = found.join(table, on=["unique_id", "ds"], how="left", maintain_order="left")["y_right"]
    np.testing.assert_allclose(found["y"], truth, rtol=1e-6)
    assert (found["y"] - found["us"]).abs().mean() < 1.5


def test_times_of_a_cross_validation_may_be_text() -> None:
    table = shops()
    table.loc[table["day"] == "2024-05-18", "sales"] = np.nan
    written = table.assign(day=table["day"].dt.strftime("%Y-%m-%d"))
    one, two = (forecaster().cross_validation(each, h=3, **NAMES) for each in (table, written))
    pd.testing.assert_frame_equal(one, two)
    assert one["sales"].isna().tolist() == [False, True, False] * 3
    found = forecaster().cross_validation(pl.from_pandas(written.reset_index(drop=True)), h=3, **NAMES)
    assert found["sales"].null_count() == 3


def test_a_cross_validation_s_fits_end_at_the_cutoff() -> None:
    table = shops()
    last = table["day"] >= "2024-05-13"
    changed = table.assign(sales=np.where(last, 60.0, table["sales"]))
    one, two = (forecaster().cross_validation(each, **NAMES)["divecast"] for each in (table, changed))
    np.testing.assert_array_equal(one, two)


def test_utilsforecast_reads_the_tables() -> None:
    evaluation, losses = (pytest.importorskip(f"utilsforecast.{name}") for name in ("evaluation", "losses"))
    table = shops(("unique_id", "ds", "y")).reset_index(drop=True)
    found = forecaster().cross_validation(table, n_windows=1, level=[80])
    scores = evaluation.evaluate(found, metrics=[losses.mae, losses.coverage], level=[80])
    mine = (found["y"] - found["divecast"]).abs().groupby(found["unique_id"]).mean()
    theirs = scores[scores["metric"] == "mae"].set_index("unique_id")["divecast"]
    np.testing.assert_allclose(theirs, mine.loc[theirs.index], rtol=1e-6)


def test_what_cannot_be_done_is_refused() -> None:
    with pytest.raises(NotFittedError, match="fit\\(df\\)"):
        forecaster().predict()
    with pytest.raises(ConfigError, match="at most 7"):
        fitted().predict(8)
    with pytest.raises(ConfigError, match="below 100"):
        fitted().predict(level=[100])
    with pytest.raises(DataError, match="n_windows"):
        forecaster().cross_validation(shops(), n_windows=50, **NAMES)


def test_levels_need_not_be_whole() -> None:
    found = nw.from_native(fitted().predict(1, future(0.0), level=[87.5]))
    assert found.columns[-1] == "divecast-hi-87.5"

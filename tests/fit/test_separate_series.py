"""Independent series: each is forecast from its own past alone, by one network for all."""

import copy
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from divecast import Covariate, DataWarning, DeepDIVE, Label, Panel, TrainingConfig
from divecast.data import ByTime, WindowShape, split
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.windows.own_scale import fit_own_scale
from divecast.errors import ConfigError, DataError
from divecast.fit.separate_series import series_mode
from divecast.inference.folding import folded_values
from divecast.inference.predict import batches, predict
from divecast.inference.static_facts import FactsOfRows, StaticFacts
from divecast.model.forecaster import Forecaster, Told
from divecast.types import OwnForecast
from worlds import SMALL, hours, told

QUICK = TrainingConfig(epochs=1, learning_rate=1e-2)


def ragged(n_rows: int = 400) -> Panel:
    """Five series of which one starts late, one ends early, and one is missing for a while."""
    panel = hours(weeks=4, n_channels=5).panel.rows(0, n_rows)
    values = panel.values.copy()
    values[:200, 1], values[-60:, 2], values[100:140, 3] = np.nan, np.nan, np.nan
    return replace(panel, values=values)


@pytest.fixture(scope="module")
def model() -> DeepDIVE:
    return DeepDIVE(6, 24, ["hour"], model=SMALL, training=QUICK, series="independent").fit(
        ragged(), ByTime(3, 1, 1), refit=True, progress=False
    )


def test_rows_of_a_series_are_those_of_the_panel():
    panel = ragged()
    rows = SeriesRows.of(panel, 24, 6)
    for series, (start, stop) in enumerate(zip(rows.blocks.start, rows.blocks.stop, strict=True)):
        there = np.flatnonzero(~np.isnan(panel.values[:, series]))
        own = np.arange(start, stop)
        np.testing.assert_array_equal(rows.values[own, 0], panel.values[there[0] : there[-1] + 1, series])
        around = np.arange(start - 24, stop + 6)
        np.testing.assert_array_equal(
            rows.clock.at(around), panel.clock.at(np.arange(there[0] - 24, there[-1] + 1 + 6))
        )
        assert (rows.blocks.series_of(around) == series).all()


def test_each_series_is_split_in_its_own_time():
    rows = SeriesRows.of(ragged(), 24, 6)
    parts = split(rows, ByTime(2, 1, 1))
    lengths = rows.blocks.stop - rows.blocks.start
    np.testing.assert_array_equal(parts.train.stop - parts.train.start, lengths // 2)
    np.testing.assert_array_equal(parts.test.stop, rows.blocks.stop)


def test_scale_of_a_window_without_one_is_that_of_its_past():
    rows = SeriesRows.of(ragged(), 24, 6)
    train = split(rows, ByTime(3, 1, 1)).train
    scale = fit_own_scale(rows, train)
    unknown = replace(scale, center=np.full_like(scale.center, np.nan), spread=np.full_like(scale.spread, np.nan))
    series = np.arange(5)
    of_past = unknown.at(train.stop, series)
    np.testing.assert_allclose(of_past.center, scale.center, rtol=1e-6)
    np.testing.assert_allclose(of_past.spread, scale.spread, rtol=1e-5)
    assert np.isnan(unknown.at(train.start + 1, series).center).all(), "a single value does not vary"


@pytest.mark.slow
def test_other_series_do_not_change_a_forecast(model):
    panel = ragged()
    whole = model.forecast(panel)
    some = model.forecast(panel.select(["s4", "s2", "s1"]))
    np.testing.assert_allclose(some.mean[0], whole.mean[0][:, [4, 2, 1]], rtol=1e-5)
    np.testing.assert_allclose(some.quantiles[:, 0], whole.quantiles[:, 0][..., [4, 2, 1]], rtol=1e-5)


def test_a_new_series_is_forecast_as_a_known_one_with_the_same_rows(model):
    panel = ragged()
    renamed = replace(panel, channels=("new", *panel.channels[1:]))
    with pytest.warns(DataWarning, match="1 of 5 series are new"):
        forecast = model.forecast(renamed)
    np.testing.assert_allclose(forecast.mean, model.forecast(panel).mean, rtol=1e-5)


def test_each_series_starts_after_its_own_last_value(model):
    panel = ragged()
    frame = model.forecast(panel).frame(backend="pandas")
    origin = frame.groupby("unique_id")["origin"].first()
    assert origin["s2"] == origin["s0"] - np.timedelta64(60, "h")
    assert (frame["ds"] - frame["origin"] == frame["step"] * np.timedelta64(1, "h")).all()
    early = model.forecast(panel.rows(0, 340))
    np.testing.assert_allclose(model.forecast(panel).mean[0, :, 2], early.mean[0, :, 2], rtol=1e-5)
    with pytest.raises(ConfigError, match="start at different times"):
        model.forecast(panel).frame("wide")


def test_folding_puts_every_value_in_its_place(model):
    fitted = model.fitted_model
    windows = fitted.windows(ragged(), "all", every=20)
    rows = windows.source.blocks.panel_rows(windows.origins)
    number = (1000.0 * rows + windows.segments).astype(np.float32)
    whole = folded_values(windows, np.broadcast_to(number[:, None, None], (len(windows), 2, 1)))
    at = np.searchsorted(np.unique(rows), rows)
    np.testing.assert_array_equal(whole[at, 0, windows.segments], number)
    assert np.isfinite(whole).sum() == 2 * len(windows)


@pytest.mark.slow
def test_rolling_forecasts_and_scores(model):
    panel = ragged()
    at = panel.clock.at(np.array([380]))[0]
    with pytest.warns(DataWarning, match="1 of 5 series have no value in a look-back, and so no forecast .*'s2'"):
        forecast = model.forecast(panel, start=at, stop=at)
    assert forecast.mean.shape == (1, 6, 5)
    assert np.isfinite(forecast.mean).sum() == 4 * 6, "the series that ended has no value in the look-back"
    scores = model.evaluate(panel, "all", every=4).scores
    assert set(scores) == {"DeepDIVE", "last value", "seasonal naive (24)", "stacked ridge"}
    assert all(np.isfinite(list(score.overall().values())[:5]).all() for score in scores.values())


def test_saved_model_forecasts_alike(model, tmp_path):
    model.save(tmp_path / "model.safetensors")
    loaded = DeepDIVE.load(tmp_path / "model.safetensors")
    assert loaded.series == "independent"
    np.testing.assert_array_equal(loaded.forecast(ragged()).mean, model.forecast(ragged()).mean)


@pytest.mark.slow
def test_labels_and_covariates_per_series():
    factors = ["hour", Label("promotion", per_series=True)]
    covariates = ["temperature", Covariate("wind", known_ahead=False)]
    model = DeepDIVE(8, 60, factors, covariates=covariates, model=SMALL, training=QUICK, series="independent").fit(
        told(), progress=False
    )
    fitted = model.fitted_model
    assert fitted.factor_names == ("hour", "promotion"), "a label that differs by series has a block of the code"
    assert fitted.effects.basis.is_told
    with pytest.warns(DataWarning, match="rows to forecast lack 'temperature'"):
        what_if = model.what_if(told(), factor="promotion", to="yes")
    assert what_if.difference.shape[1:] == (8, 1)


def test_facts_of_series_reach_the_forecaster():
    kinds, areas = np.array(["shop", None, "depot", "shop", "depot"], dtype=object), np.array([1.0, 3, 5, np.nan, 3])
    panel = replace(ragged(), static={"kind": kinds, "area": areas})
    facts = StaticFacts.of(panel)
    assert StaticFacts.from_json(facts.to_json()).facts == facts.facts
    other = replace(panel.select(["s0", "s2"]), static={"kind": np.array(["depot", "school"], dtype=object)})
    with pytest.warns(DataWarning, match="fact 'area' far from those of the fit, 1 to 5, .*: '400'"):
        bounded = facts.features(replace(panel, static={"kind": kinds, "area": np.full(5, 400.0)}))
    spread = np.nanstd(areas)
    np.testing.assert_allclose(bounded[:, 2], (5.0 + spread - np.nanmean(areas)) / spread, rtol=1e-5)
    with pytest.warns(DataWarning, match="'area' was a number in the fit, and is text here"):
        facts.features(replace(panel, static={"kind": kinds, "area": kinds}))
    with pytest.warns(DataWarning, match="'kind' that the fit did not see, .*: 'school'"):
        np.testing.assert_allclose(facts.features(other), [[1, 0, 0], [0, 0, 0]])
    rows = SeriesRows.of(panel, 24, 6)
    of_rows = FactsOfRows.read(facts, rows, WindowShape(24, 6), panel.channels)
    bare = replace(panel, static={}, channels=("s2", "s0", "s1", "new", "s4"))
    with pytest.warns(DataWarning, match="No facts .kind, area. are given of 1 series .* in static= where the data"):
        kept = facts.of_series(bare, panel.channels)
    np.testing.assert_allclose(kept[[0, 1, 2, 4]], facts.features(panel)[[2, 0, 1, 4]])
    effects = of_rows.of(rows.blocks.stop)
    assert effects.past.shape == (5, 24, 1)
    np.testing.assert_allclose(effects.static, facts.features(panel))
    told = Told("calendar", n_static=facts.width)
    forecaster = Forecaster((24, 6, 1), (), (), SMALL.decoder, season=1, told=told)
    torch.nn.init.normal_(forecaster.leave.weight)
    fused, x = torch.zeros(5, SMALL.decoder.token_width), torch.ones(5, 24, 1)
    found = forecaster(x, fused, (), effects).loc[:, :, 0]
    alike = forecaster(x, fused, (), replace(effects, static=effects.static[[0, 1, 0, 3, 4]])).loc[:, :, 0]
    assert torch.allclose(alike[2], found[0])
    assert not torch.allclose(found[0], found[2])


def test_auto_takes_ragged_series_apart():
    assert series_mode(hours(weeks=1).panel, "auto") == "joint"
    values = np.zeros((50, 10))
    values[:11, :5] = np.nan
    late = Panel.from_array(values, "2024-01-01", "1D")
    with pytest.warns(DataWarning, match="Each series is forecast on its own"):
        assert series_mode(late, "auto") == "independent"
    with pytest.raises(ConfigError, match="series must be"):
        series_mode(hours(weeks=1).panel, "alone")


@pytest.mark.slow
def test_models_of_each_series_share_in_its_forecasts(model: DeepDIVE) -> None:
    own = model.fitted_model.own
    assert own is not None
    assert 0.0 < float(own.share.max()) <= 1.0
    forecast = model.forecast(ragged())
    parts = forecast.parts()
    assert parts.kinds.count("own") == 1
    np.testing.assert_allclose(parts.mean[:, :, 0].T, forecast.mean[0], rtol=1e-4, atol=1e-4)


def test_a_model_without_models_of_each_series_is_the_network_alone(model: DeepDIVE) -> None:
    fitted = model.fitted_model
    assert fitted.own is not None
    windows = fitted.windows(ragged(), "all", every=100)
    (batch,) = batches(fitted, windows)
    nan = torch.full_like(batch.y, torch.nan)
    none = replace(batch, own=OwnForecast(nan, nan, torch.zeros(len(nan), dtype=torch.int64)))
    with_none, alone = predict(fitted, none, "known"), predict(replace(fitted, own=None), batch, "known")
    torch.testing.assert_close(with_none.forecast.mean, alone.forecast.mean)


def test_the_shift_and_the_factor_are_of_the_mean_with_models_of_each_series(model: DeepDIVE) -> None:
    fitted, (shifted, widened) = model.fitted_model, [copy.deepcopy(model.fitted_model.network) for _ in range(2)]
    assert float(fitted.own.share.max()) > 0.1, "a part of a shift would show"
    shifted.forecaster.recalibration.shift.add_(0.5)
    widened.forecaster.recalibration.by_level.add_(math.log(2.0))
    (batch,) = batches(fitted, fitted.windows(ragged(), "all", every=100))
    plain, moved, wide = (
        predict(replace(fitted, network=network), batch, "known").forecast
        for network in (fitted.network, shifted, widened)
    )
    torch.testing.assert_close(moved.mean, plain.mean + 0.5)
    torch.testing.assert_close(wide.scale, 2.0 * plain.scale)


def test_a_what_if_starts_from_the_forecast_with_models_of_each_series(model: DeepDIVE) -> None:
    forecast, what_if = model.forecast(ragged()), model.what_if(ragged(), factor="hour", to="03")
    np.testing.assert_allclose(what_if.factual.mean[:, :, 0], forecast.mean[0].T, rtol=1e-5)


@pytest.mark.slow
def test_models_of_each_series_come_back_from_a_file(model: DeepDIVE, tmp_path: Path) -> None:
    model.save(tmp_path / "model.safetensors")
    again = DeepDIVE.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(again.forecast(ragged()).mean, model.forecast(ragged()).mean)


def priced(apart: float, names: Sequence[str], seed: int) -> Panel:
    """Days of series with +2.5 for a price one higher, at levels of the price that lie apart; a week of it to come."""
    draw, row = np.random.default_rng(seed), np.arange(307)
    off = draw.normal(size=(307, len(names)))
    values = 20.0 + np.sin(row * 2 * np.pi / 7)[:, None] + 2.5 * off + 0.3 * draw.normal(size=off.shape)
    values[300:] = np.nan
    price = 10.0 + apart * np.arange(len(names)) + off
    panel = Panel.from_array(values, "2024-01-01", "1D", names)
    return replace(panel, covariates={"price": price.astype(np.float32)})


@pytest.mark.parametrize("apart", [0.0, 100.0])
def test_a_covariate_counts_from_the_mean_of_each_series(apart: float, tmp_path: Path) -> None:
    panel, told = priced(apart, ["a", "b", "c"], 0), [Covariate("price", per_series=True)]
    training = TrainingConfig(epochs=1)
    model = DeepDIVE(7, 28, covariates=told, series="independent", training=training).fit(panel, progress=False)
    found = model.what_if(panel, future={"price": 0.5})
    np.testing.assert_allclose(found.difference.mean(axis=(1, 2)), 1.25, atol=0.15)
    model.save(tmp_path / "model.safetensors")
    again, other = DeepDIVE.load(tmp_path / "model.safetensors"), priced(apart, ["x", "b"], 1)
    with pytest.warns(DataWarning, match="'x'"):
        new = again.what_if(other, future={"price": 0.5})
    np.testing.assert_allclose(new.difference.mean(axis=(1, 2)), 1.25, atol=0.2)


def test_a_scenario_moves_one_of_independent_series_in_its_times() -> None:
    panel = priced(10.0, ["a", "b", "c"], 0)
    told, training = [Covariate("price", per_series=True)], TrainingConfig(epochs=1)
    model = DeepDIVE(7, 28, covariates=told, series="independent", training=training).fit(panel, progress=False)
    found = model.what_if(panel, future={"price": (0.5, slice("2024-10-28", "2024-10-29"), ["b"])}, n_paths=5)
    moved = np.zeros((3, 7))
    moved[1, 1:3] = 1.25
    np.testing.assert_allclose(found.difference[..., 0], moved, atol=0.2)
    assert not found.difference[[0, 2]].any()
    forecast = model.forecast(panel, n_paths=5)
    np.testing.assert_array_equal(found.factual.mean[..., 0].T, forecast.mean[0])
    np.testing.assert_array_equal(found.factual.paths[..., 0].transpose(0, 2, 1), forecast.paths[:, 0])
    unknown = panel.covariates["price"].copy()
    unknown[-2:, 1], unknown[-3, 2] = np.nan, 1e3
    with (
        pytest.warns(DataWarning, match=r"lack 'price' \(steps 5 to 7 of 'b', 'c'\)"),
        pytest.warns(DataWarning, match="1 value of 'price' far from .*: 1000 of 'c' counts as missing"),
    ):
        model.forecast(replace(panel, covariates={"price": unknown}))
    unknown = panel.covariates["price"].copy()
    unknown[280:285, 1] = np.nan
    with pytest.warns(DataWarning, match=r"windows lack 'price' \(5 of .* rows of 'b'\)"):
        model.forecast(replace(panel, covariates={"price": unknown}))
    with pytest.raises(DataError, match="from 2024-10-27T00:00:00 UTC to 2024-11-02"):
        model.what_if(panel, future={"price": (0.5, slice("2025-01-01", None))})


@pytest.mark.parametrize("series", ["independent", "joint"])
def test_a_covariate_that_never_varied_in_a_series_has_no_effect_there_and_is_named(series: str) -> None:
    panel = priced(10.0, ["a", "b", "c"], 0)
    panel.covariates["price"][:, 2] = 5.0
    told, training = [Covariate("price", per_series=True)], TrainingConfig(epochs=1)
    model = DeepDIVE(7, 28, covariates=told, series=series, training=training)
    with pytest.warns(DataWarning, match="'price' has no effect in 1 series, .*: 'c'$"):
        model.fit(panel, progress=False)
    cheaper = panel.covariates["price"].copy()
    cheaper[-7:, 2] = 4.0
    with pytest.warns(DataWarning, match="7 values of 'price' far from .*: 4 of 'c' counts as 5"):
        found = model.forecast(replace(panel, covariates={"price": cheaper}))
    np.testing.assert_array_equal(found.mean, model.forecast(panel).mean)


@pytest.mark.filterwarnings("ignore:Covariate|In the training part:divecast.DataWarning")
def test_the_price_of_a_series_without_one_in_training_is_not_called_far() -> None:
    panel = priced(0.0, ["a", "b"], 0)
    panel.covariates["price"][:270, 1] = np.nan
    told, training = [Covariate("price", per_series=True)], TrainingConfig(epochs=1)
    model = DeepDIVE(7, 28, covariates=told, series="joint", training=training).fit(panel, progress=False)
    assert model.forecast(panel).mean.shape == (1, 7, 2)


@pytest.mark.filterwarnings("ignore:.*(far from|not known for):divecast.DataWarning")
@pytest.mark.parametrize("series", ["independent", "joint"])
def test_adding_nothing_to_an_absurd_value_moves_nothing(series: str) -> None:
    panel = priced(10.0, ["a", "b"], 0)
    panel.covariates["price"][-3, 1] = 1e4
    told, training = [Covariate("price", per_series=True)], TrainingConfig(epochs=1)
    model = DeepDIVE(7, 28, covariates=told, series=series, training=training).fit(panel, progress=False)
    assert not model.what_if(panel, future={"price": 0.0}).difference.any()
    curve = model.effects().of("price")[0]
    np.testing.assert_allclose(np.ptp(curve.values, axis=0), [6.0, 6.0], rtol=0.3)  # each over its own prices
    assert curve.values_of(1).min() > 15.0


def test_a_scenario_at_a_time_has_the_series_that_end_before_it_by_numbers_as_names() -> None:
    panel = replace(priced(10.0, ["1", "2"], 0), channels=("1", "2"))
    panel.values[297:300, 1] = np.nan
    told, training = [Covariate("price", per_series=True)], TrainingConfig(epochs=1)
    model = DeepDIVE(7, 28, covariates=told, series="independent", training=training).fit(panel, progress=False)
    found = model.what_if(panel, future={"price": (0.5, None, [2])}, at="2024-10-27")
    assert found.difference.shape[0] == 2
    assert not found.difference[0].any()
    assert found.difference[1].all()
    with pytest.raises(ConfigError, match="What 'price' changes to"):
        model.what_if(panel, future={"price": (0.5, None, [])})
    with pytest.raises(ConfigError, match="is a number"):
        model.what_if(panel, future={"price": "0.5"})

"""Parts of the entries that need none of the rivals' packages."""

import math
from dataclasses import replace
from itertools import chain, repeat

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast.errors import ConfigError
from research.race.budgets import WHOLE, budget
from research.race.contract import INTERVAL
from research.race.entries import cycle, deepdive, neural_progress, neural_training, ridge
from research.race.entries.boosted_rows import Samples, table
from research.race.entries.deepdive_settings import SETTINGS
from research.race.entries.neural_recipes import RECIPES, Recipe, recipe_of
from research.race.entries.neural_training import Draws, decay, planned, train
from research.race.entries.neural_windows import Feed
from research.race.roster import ROSTER, chosen
from research.race.tracks import TRACKS
from studies.race_world import HORIZON, N_TRAIN, heat, known, world

LOOKBACK = 24


@settings(max_examples=30)
@given(st.integers(LOOKBACK, 200), st.integers(1, HORIZON), st.integers(0, 2), st.sampled_from([1, 12]))
def test_boosting_sees_the_look_back_and_nothing_else(origin, step, series, season):
    values = world()
    calendar = np.arange(len(values) + HORIZON, dtype=np.int16)[:, None]
    samples = Samples(np.array([origin]), np.array([series]), np.array([step]))
    features, level = table(values, calendar, samples, season, LOOKBACK)
    changed = np.full_like(values, 1e6)
    changed[origin - LOOKBACK : origin] = values[origin - LOOKBACK : origin]
    again, level_again = table(changed, calendar, samples, season, LOOKBACK)
    assert np.allclose(features, again, atol=1e-2)  # sums pass over the changed rows
    assert np.allclose(level, level_again, atol=1e-2)
    assert features[0, -1] == origin + step - 1  # the calendar is that of the target
    assert list(features[0, -3:-1]) == [series, step]


@pytest.mark.parametrize("mixes", [True, False])
def test_windows_of_the_neural_rivals_end_where_their_targets_start(mixes):
    values = torch.arange(100.0)[:, None] + torch.tensor([0.0, 1000.0])
    known = torch.arange(100.0)[:, None]
    feed = Feed(values, known, lookback=5, horizon=3, mixes=mixes)
    origins, series = torch.tensor([10, 40]), torch.tensor([0, 1])
    inputs, targets = feed.inputs(origins, series), feed.targets(origins, series)
    past, future = inputs["insample_y"], inputs["futr_exog"]
    assert past[0, :, 0].tolist() == [5, 6, 7, 8, 9]
    assert targets[0, :, 0].tolist() == [10, 11, 12]
    assert past[1, -1].tolist() == ([39, 1039] if mixes else [1039])
    assert targets[1, 0].tolist() == ([40, 1040] if mixes else [1040])
    hours = future[1, 0, :, 0] if mixes else future[1, :, 0]
    assert hours.tolist() == list(range(35, 43))
    assert future.shape == ((2, 1, 8, 2) if mixes else (2, 8, 1))


@given(st.integers(1, 10**6), st.floats(1e-4, 10), st.floats(0, 100), st.floats(1, 10))
def test_a_fit_takes_as_long_as_divecast_at_least_and_no_longer_than_allowed(published, seconds, least, times):
    steps = planned(published, seconds, heat(least_seconds=least, most_seconds=least * times))
    assert steps * seconds <= least * times or steps == 13
    assert steps >= min(published, math.floor(least * times / seconds))
    assert steps * seconds > least - seconds or steps == math.floor(least * times / seconds)


@given(st.sampled_from(sorted(TRACKS)), st.floats(0.1, 1e4), st.floats(0.1, 10))
def test_budgets_are_enforced(track, own, times):
    least, most = budget(track, own, times)
    assert least >= own
    assert most >= least
    if track in WHOLE:
        assert planned(10**6, 1.0, heat(least_seconds=least, most_seconds=most)) >= 10**6


class _KilledError(Exception):
    """Stands for the end of a process."""


class _Loss:
    """A mean squared error, as neuralforecast's losses are called."""

    def domain_map(self, found):
        return found

    def __call__(self, y, y_hat, **_):
        return ((y - y_hat) ** 2).mean()


class _Model(torch.nn.Module):
    """A linear model with dropout, so that a fit depends on every draw."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.layer, self.loss = torch.nn.Linear(LOOKBACK, HORIZON), _Loss()

    def forward(self, inputs):
        past = torch.nn.functional.dropout(inputs["insample_y"][..., 0], 0.2, self.training)
        return self.layer(past)[..., None]


def test_a_fit_that_was_killed_ends_with_the_same_weights(tmp_path, monkeypatch):
    monkeypatch.setattr(neural_progress, "_EVERY", 0.0)
    values = torch.from_numpy(world() / [1, 10, 100]).float()
    feed = Feed(values, torch.empty(len(values) + HORIZON, 0), LOOKBACK, HORIZON, mixes=False)
    recipe = Recipe("", "", 1e-3, 16, steps=60, decay="cosine")
    asked = heat(least_seconds=0.0, most_seconds=1e9, unfinished=str(tmp_path / "of" / "fit.pt"))
    whole, stopped, again = _Model(), _Model(), _Model()
    train(whole, feed, recipe, replace(asked, unfinished=""))
    write = neural_progress.Keeper.write

    def write_and_die(keeper, progress):
        write(keeper, progress)
        if progress.step == 40:
            raise _KilledError

    monkeypatch.setattr(neural_progress.Keeper, "write", write_and_die)
    with pytest.raises(_KilledError):
        train(stopped, feed, recipe, asked)
    monkeypatch.setattr(neural_progress.Keeper, "write", write)
    trained = train(again, feed, recipe, asked)
    assert trained.steps == 60
    assert trained.earlier_core_seconds > 0.0
    assert all(torch.equal(a, b) for a, b in zip(whole.parameters(), again.parameters(), strict=True))
    other = train(_Model(), feed, replace(recipe, rate=2e-3), asked)  # what another fit has reached is left alone
    assert other.earlier_core_seconds == 0.0


@pytest.mark.parametrize(("patience", "least", "ends"), [(0, 0.0, 60), (2, 0.0, 36), (2, 1e3, 60)])
def test_patience_ends_a_fit_that_gets_no_better_once_it_has_had_its_time(patience, least, ends, monkeypatch):
    losses = chain([3.0, 1.0], repeat(2.0))
    monkeypatch.setattr(neural_training, "validate", lambda *_: next(losses))
    values = torch.from_numpy(world() / [1, 10, 100]).float()
    feed = Feed(values, torch.empty(len(values) + HORIZON, 0), LOOKBACK, HORIZON, mixes=True)
    n_windows = len(heat().train_origins(LOOKBACK))
    recipe = Recipe("", "", 1e-3, math.ceil(n_windows / 6), passes=10, patience=patience)  # six steps a pass
    monkeypatch.setattr(neural_training, "planned", lambda *_: 60)
    trained = train(_Model(), feed, recipe, heat(least_seconds=least, most_seconds=1e9))
    assert (trained.steps, trained.published, trained.best) == (ends, 60, 1.0)
    assert trained.patience_ended == (ends < 60)


def test_rates_fall_as_published():
    halved, cosine, plain = (Recipe("", "", 1.0, 1, decay=kind, halvings=3) for kind in ("halve", "cosine", "none"))
    shares = [0.0, 0.26, 0.51, 0.76]
    assert [decay(halved, share) for share in shares] == [1.0, 0.5, 0.25, 0.125]
    assert [decay(cosine, share) for share in (0.0, 0.5, 1.0)] == pytest.approx([1.0, 0.5, 0.0])
    assert {decay(plain, share) for share in shares} == {1.0}


@pytest.mark.parametrize("name", [racer.name for racer in ROSTER.values() if racer.module == "neural"])
@pytest.mark.parametrize("track", TRACKS)
def test_every_neural_rival_has_a_recipe_with_a_source_for_every_track(name, track):
    assert name.partition("-")[0] in RECIPES
    recipe = recipe_of(name, heat(track=track, horizon=TRACKS[track].horizons[-1]))
    assert recipe.source
    assert bool(recipe.steps) != bool(recipe.passes)
    assert recipe.calendar == (name in {"tsmixerx", "nhits-calendar", "tide-calendar", "tft-calendar"})


def test_divecast_comes_first_and_variants_only_by_name():
    names = [racer.name for racer in chosen(None)]
    assert names[0] == "divecast"
    assert "nhits-calendar" not in names
    assert [racer.name for racer in chosen(["nhits", "divecast"])] == ["divecast", "nhits"]
    with pytest.raises(ConfigError, match=r"[Ee]xpected entries out of .* got \['nhit'\]"):
        chosen(["nhit"])
    assert set(SETTINGS) <= set(ROSTER)


@pytest.mark.slow
@pytest.mark.parametrize("module", [ridge, deepdive])
def test_entries_of_divecast_keep_the_contract(module):
    asked = heat(calendar=("hour",), n_classes=(24,), covariates=("temp",) if module is deepdive else ())
    n_rows = len(world()) + HORIZON + 24
    temp = np.random.default_rng(1).normal(size=(n_rows, len(asked.covariates))).astype(np.float32)
    values = (world() / [1, 10, 100]).astype(np.float32)
    calendar = (np.arange(n_rows, dtype=np.int16) % 24)[:, None]
    model = module.enter("divecast").fit(asked, values[: asked.past], known(n_rows, calendar, temp))
    rows, origins = values[: asked.stop - 1], asked.origins[4:40]
    found = model.roll(rows, origins, INTERVAL)
    assert found.points.shape == (36, HORIZON, 3)
    alone = model.roll(rows[: origins[7]], origins[7:8], INTERVAL)
    assert np.allclose(alone.points[0], found.points[7], atol=1e-3)
    thinned = model.roll(rows, origins[::5], INTERVAL)
    assert np.allclose(thinned.points, found.points[::5], atol=1e-3)
    assert model.weights > N_TRAIN // 10
    assert model.settings["lookback"] == LOOKBACK
    if module is deepdive:
        low, high = found.quantiles
        assert (low < high).all()


def test_the_ridge_is_exact_where_the_future_is_linear_in_the_window():
    hours = np.arange(220)[:, None]
    values = np.sin(2 * np.pi * hours / np.array([[12, 8, 6]])).astype(np.float32) * 5 + 3
    asked = heat(season=12)
    model = ridge.enter("ridge").fit(asked, values[: asked.past], known(230))
    found = model.roll(values, asked.origins[6:30], INTERVAL).points
    truth = values[asked.origins[6:30, None] + np.arange(HORIZON)]
    assert np.abs(found - truth).max() < 0.02


@settings(max_examples=25)
@given(st.integers(5, 40), st.integers(0, 100))
def test_a_pure_cycle_is_forecast_exactly_by_the_nearest_one(period, seed):
    rows = np.tile(np.random.default_rng(seed).normal(size=(period, 3)), (40, 1)).astype(np.float32)
    asked = heat(lookback=3 * period, horizon=2 * period + 3)
    origins = np.array([3 * period, 4 * period + 2, 7 * period - 1])
    found = cycle.NearestCycle(asked, np.ones(3, np.float32), period // 2).roll(rows, origins, ()).points
    assert np.array_equal(found, rows[origins[:, None] + np.arange(asked.horizon)])


def test_the_place_that_looks_most_alike_says_how_long_a_cycle_is():
    one, two = np.random.default_rng(0).normal(size=(2, 6, 3)).astype(np.float32)
    windows = np.stack([np.concatenate(order) for order in ([one, two, one], [one, two, two])])
    assert cycle.periods(windows, 6).tolist() == [12, 6]
    assert cycle.periods(windows, 4).tolist() == [12, 6]


def test_training_windows_of_a_rival_lie_within_recordings():
    asked = heat(starts=(0, 60, 120, 180), people=tuple("abcd"), train_every=4)
    feed = Feed(torch.from_numpy(world()), torch.empty(220, 0), LOOKBACK, HORIZON, mixes=False)
    draw = Draws.of(feed, Recipe("", "", 1.0, 500), asked)
    assert set(draw()[0].tolist()) == {*range(24, 55, 4), *range(84, 115, 4)}


@pytest.mark.slow
def test_divecast_forecasts_recordings_from_their_windows_alone():
    values = np.sin(np.arange(220)[:, None] / np.array([[2.0, 3.0, 5.0]])).astype(np.float32)
    asked = heat(starts=(0, 60, 120, 180), people=tuple("abcd"), first=180, stop=215, score_every=3)
    model = deepdive.enter("divecast").fit(asked, values[: asked.past], known(220))
    found = model.roll(values[:214], asked.origins, INTERVAL)
    assert found.points.shape == (len(asked.origins), HORIZON, 3)
    changed = np.full_like(values, 9.0)
    changed[asked.origins[1] - LOOKBACK : asked.origins[1]] = values[asked.origins[1] - LOOKBACK : asked.origins[1]]
    alone = model.roll(changed, asked.origins[1:2], INTERVAL)
    assert np.allclose(alone.points[0], found.points[1], atol=1e-4)
    assert (found.quantiles[0] < found.quantiles[1]).all()

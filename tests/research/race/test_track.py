"""The race track shows an entry the past only, and scores what it leaves."""

import json
from dataclasses import asdict, replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from divecast import datasets
from divecast.errors import DataError
from research.race.answers import check_past_only, read_answer
from research.race.conformal import spread_points
from research.race.contract import LEVELS, Forecasts
from research.race.entries.naive import Repeat
from research.race.heats import Heat, thinning
from research.race.process import roll_all, sees_the_past_only
from research.race.recorded import cut
from research.race.scores import Answer, Targets, score, score_people, series_rrse
from research.race.tracks import TRACKS
from studies.race_world import HORIZON, N_TEST, N_TRAIN, N_VALID, SERIES, heat, world


def answer(values, asked, error=0.0):
    """What an entry would leave that is off by ``error`` everywhere; beyond the end it says 0."""
    padded = np.concatenate([values, np.zeros((HORIZON, SERIES), np.float32)])
    points = padded[asked.origins[:, None] + np.arange(HORIZON)] + np.float32(error)
    return Answer(points, np.repeat(points[None, :: asked.every], len(LEVELS), axis=0))


@pytest.mark.parametrize("standardised", [False, True])
def test_a_perfect_forecast_has_no_error_and_full_correlation(standardised):
    values, asked = world(), heat()
    found = score(answer(values, asked), asked, Targets.of(values, asked, standardised))
    for name in ("rrse", "series_rrse", "mse", "mae", "mase", "crps", "scaled_crps"):
        assert found[name]["mean"] == pytest.approx(0, abs=1e-4)
    assert found["corr"]["mean"] == pytest.approx(1, abs=1e-6)


def test_an_error_of_one_everywhere_is_one_in_mse_mae_and_crps():
    values, asked = world(), heat()
    targets = Targets.of(values, asked, standardised=False)
    found = score(answer(values, asked, error=1.0), asked, targets)
    for name in ("mse", "mae"):
        assert found[name] == pytest.approx({"1": 1.0, "6": 1.0, "mean": 1.0}, rel=1e-4)
    assert found["crps"]["mean"] == pytest.approx(2 * np.mean([1 - level for level in LEVELS]), rel=1e-4)
    assert found["mase"]["mean"] == pytest.approx(np.mean(1 / targets.scale), rel=1e-4)


def test_standardised_scores_are_those_of_the_training_part():
    values, asked = world(), heat()
    found = score(answer(values, asked, error=1.0), asked, Targets.of(values, asked, standardised=True))
    assert found["mse"]["mean"] == pytest.approx(np.mean(1 / values[:N_TRAIN].astype(float).var(axis=0)), rel=1e-3)


def test_every_test_row_is_a_target_at_every_step_unless_whole_horizons_are_asked_for():
    values, asked = world(), heat()
    found = answer(values, asked)
    found.points[:, 5] += 1.0  # rows of the test part are hit by all origins, those before and after by none
    targets = Targets.of(values, asked, standardised=False)
    at = asked.origins + 5
    assert ((at >= targets.rows[0]) & (at < targets.rows[1])).sum() == N_TEST
    assert score(found, asked, targets)["mse"] == pytest.approx({"1": 0.0, "6": 1.0, "mean": 0.5}, abs=1e-4)
    whole = heat(first=N_TRAIN + N_VALID, stop=len(values) - HORIZON + 1)
    assert (whole.origins[0], whole.origins[-1] + HORIZON) == targets.rows


def test_all_steps_weigh_the_same_where_none_is_named():
    values, asked = world(), heat(steps=())
    found = answer(values, asked)
    found.points[:, 2] += 6.0
    assert score(found, asked, Targets.of(values, asked, standardised=False))["mae"] == pytest.approx(
        {"mean": 1.0}, rel=1e-4
    )


def test_series_rrse_is_the_mean_of_each_series_own():
    truth = np.array([[0.0, 0.0, 5.0], [2.0, 20.0, 5.0]])
    points = truth + np.array([1.0, 5.0, 9.0])
    assert series_rrse(truth, points) == pytest.approx((1.0 + 0.5) / 2)  # the last one stands still
    assert series_rrse(truth * 7, points * 7) == pytest.approx(0.75)


def test_a_folder_gives_back_the_heat_and_hides_what_a_fit_may_not_see(tmp_path):
    asked, values = heat(), world()
    asked.write(tmp_path, values, *(np.zeros((len(values) + HORIZON, 0), kind) for kind in (np.int16, np.float32)))
    assert Heat.read(tmp_path) == asked
    assert len(np.load(tmp_path / "past.npy")) == N_TRAIN + N_VALID
    assert len(np.load(tmp_path / "rows.npy")) == asked.origins[-1]


@given(st.integers(1, 20_000), st.integers(1, 2000))
def test_thinned_origins_fall_on_every_hour_of_the_week(n, wanted):
    every = thinning(n, wanted)
    assert len(range(0, n, every)) >= min(n, wanted)
    assert len({at * every % 168 for at in range(168)}) == 168


def leave(folder, points, valid):
    np.save(folder / "points.npy", points)
    np.save(folder / "valid.npy", valid)


def test_wrong_shapes_and_no_numbers_are_refused(tmp_path):
    asked, values = heat(), world()
    right = answer(values, asked).points
    valid = np.zeros((len(asked.valid_origins), HORIZON, SERIES), np.float32)
    past = values[: asked.past]
    with pytest.raises(DataError, match=r"[Ee]xpected points.npy .* found none"):
        read_answer(tmp_path, asked, past)
    leave(tmp_path, right[:, :, :2], valid)
    with pytest.raises(DataError, match=r"of shape \(45, 6, 3\) .* got \(45, 6, 2\)"):
        read_answer(tmp_path, asked, past)
    wrong = right.copy()
    wrong[3, 2, 1] = np.nan
    leave(tmp_path, wrong, valid)
    with pytest.raises(DataError, match="got 1 that are not finite"):
        read_answer(tmp_path, asked, past)
    leave(tmp_path, right, valid)
    assert read_answer(tmp_path, asked, past).quantiles.shape == (len(LEVELS), 23, HORIZON, SERIES)


def test_a_forecaster_that_is_always_off_by_the_same_gets_quantiles_that_mend_it():
    asked, values = heat(), world()
    truth = values[asked.valid_origins[:, None] + np.arange(HORIZON)]
    points = np.zeros((4, HORIZON, SERIES), np.float32)
    found = spread_points(points, truth - 3.0, asked, values[: asked.past])
    assert found == pytest.approx(3.0, abs=1e-3)


class LooksAhead(Repeat):
    """Says what comes, as far as there are rows."""

    def roll(self, rows, origins, levels):
        at = np.minimum(origins[:, None] + np.arange(self.horizon), len(rows) - 1)
        return Forecasts(rows[at])


class LooksAside(Repeat):
    """Takes the mean of all windows it was given."""

    def roll(self, rows, origins, levels):
        points = super().roll(rows, origins, levels).points
        return Forecasts(np.repeat(points.mean(axis=0, keepdims=True), len(points), axis=0))


@pytest.mark.parametrize(("kind", "honest"), [(Repeat, True), (LooksAhead, False), (LooksAside, False)])
def test_who_looks_ahead_or_aside_is_found(kind, honest):
    asked, rows = heat(), world()[: heat().stop - 1]
    points = np.empty((len(asked.origins), HORIZON, SERIES), np.float32)
    model = kind(12, HORIZON)
    assert roll_all(model, asked, rows, points) is False
    difference = sees_the_past_only(model, asked, rows, points)
    if honest:
        assert difference == 0
        check_past_only("toy", difference)
    else:
        with pytest.raises(DataError, match=r"toy gave other forecasts .* it looks ahead"):
            check_past_only("toy", difference)


@settings(max_examples=25)
@given(st.integers(1, 12), st.integers(0, 100))
def test_seasonal_naive_is_right_about_what_repeats(period, seed):
    season = np.random.default_rng(seed).normal(size=(period, SERIES)).astype(np.float32)
    rows = np.tile(season, (40, 1))[: 13 * period]
    origins = np.array([2 * period, 3 * period - 1])
    found = Repeat(period, HORIZON).roll(rows, origins, ()).points
    assert found == pytest.approx(np.tile(season, (40, 1))[origins[:, None] + np.arange(HORIZON)])


def test_a_forecast_of_the_wrong_shape_is_not_stretched():
    asked = heat()
    points = np.empty((len(asked.origins), HORIZON, SERIES), np.float32)
    with pytest.raises(ValueError, match=r"[Ee]xpected forecasts of shape"):
        roll_all(Repeat(12, 1), asked, world(), points)


@pytest.mark.parametrize("track", TRACKS.values(), ids=TRACKS)
def test_tracks_make_sense(track):
    assert track.people or sum(track.rows) > track.rows[0] > track.lookback + max(track.horizons)
    assert set(track.steps) <= set(range(1, max(track.horizons) + 1))
    assert track.lookback >= track.season
    assert track.people or min(track.rows[1:]) >= max(track.horizons)
    assert json.loads(json.dumps(asdict(track.small())))["horizons"] == [24]


def test_windows_lie_within_a_recording_of_their_part():
    asked = heat(starts=(0, 50, 120, 180), people=tuple("abcd"), first=180, stop=220 - HORIZON + 1, train_every=10)
    assert asked.train_origins(24).tolist() == [24, 34, 44, 74, 84, 94, 104, 114]
    assert asked.valid_origins.tolist() == list(range(144, 175))
    assert asked.origins.tolist() == list(range(204, 215))
    assert asked.recording_of(asked.origins[[0, -1]]).tolist() == [3, 3]
    assert replace(asked, score_every=5).origins.tolist() == [204, 209, 214]


def test_a_panel_trains_on_every_row():
    assert heat().train_origins(24).tolist() == list(range(24, N_TRAIN - HORIZON + 1))


def test_every_person_is_held_out_once_and_in_one_part_of_each_fold():
    track, recordings = TRACKS["motion"], datasets.load("motion")
    people = set(recordings.labels["subject"])
    held_out = []
    for fold in track.folds:
        found = cut(recordings, track, fold)
        n_train, n_valid, n_test = found.rows
        starts, whose = np.array(found.starts), np.array(found.people)
        parts = [set(whose[(starts >= a) & (starts < b)]) for a, b in pairwise((0, *np.cumsum(found.rows)))]
        assert n_train > n_test
        assert n_valid > 0
        assert len(found.values) == sum(found.rows) == len(recordings.values)
        assert set.union(*parts) == people
        assert sum(map(len, parts)) == len(people)
        held_out += parts[2]
    assert sorted(held_out) == sorted(people)


def test_scores_of_people_tell_who_is_forecast_badly_and_whose_interval_holds():
    values = world()
    asked = heat(
        steps=(),
        starts=(0, 120, 180, 200),
        people=tuple("abcd"),
        first=180,
        stop=220 - HORIZON + 1,
        lookback=4,
        every=1,
    )
    targets = Targets.of(values, asked, standardised=False)
    found = answer(values, asked)
    of_d = asked.recording_of(asked.origins) == 3
    found.points[of_d] += 2.0
    found.quantiles[0] -= 1.0
    found.quantiles[-1] += 1.0
    found.quantiles[:, of_d] += 3.0
    scored = score_people(found, asked, targets)
    assert [scored[name]["coverage"] for name in "cd"] == [1.0, 0.0]
    assert [scored[name]["mae"] for name in "cd"] == pytest.approx([0.0, 2.0], abs=1e-4)
    assert [scored[name]["windows"] for name in "cd"] == [11, 11]

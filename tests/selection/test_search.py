"""Searches: the best by the validation part comes first, and the test part is never looked at."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ByTime, ConfigError, DeepDIVE, search
from selection.here import small
from worlds import hours

PANEL = hours(6).panel
TRIES = {"training.learning_rate": [1e-4, 2e-2], "model.code.n_conditional": [2]}


@pytest.mark.slow
def test_the_best_comes_first_and_is_the_model(here, tmp_path):
    found = search(small(), PANEL, TRIES, ByTime(2, 1, 1), out=tmp_path, runs=2)
    assert [run.trial.plan.seed for run in found.candidates[0].runs] == [0, 1]
    assert [each.score for each in found.candidates] == sorted(each.score for each in found.candidates)
    by_hand = []
    for seed in (0, 1):
        plan = replace(found.model.plan, seed=seed)
        model = DeepDIVE.from_plan(plan).fit(PANEL, ByTime(2, 1, 1), progress=False)
        by_hand.append(model.evaluate(PANEL, "valid").scores["DeepDIVE"].overall()["crps"])
    assert found.candidates[0].score == pytest.approx(np.mean(by_hand), rel=1e-12)
    assert found.best["training.learning_rate"] == found.model.plan.training.learning_rate
    assert found.model.plan.model.code.n_conditional == 2
    table = found.table()
    assert table["crps"].tolist() == [each.score for each in found.candidates]
    assert found.frame().num_rows == 2
    assert str(found).startswith(f"crps {found.candidates[0].score:<10.5g} training.learning_rate=")


def test_the_test_part_is_not_looked_at(here, tmp_path):
    values = PANEL.values.copy()
    values[-100:] = 3.0  # within the last fifth
    one, two = (search(small(), replace(PANEL, values=each), TRIES, out=tmp_path) for each in (PANEL.values, values))
    assert [each.score for each in one.candidates] == [each.score for each in two.candidates]


@pytest.mark.slow
def test_of_labels_read_right_the_most_win_and_more_values_add_to_what_is_there(here, tmp_path):
    told = []
    search(small(epochs=2, batch_size=64), PANEL, TRIES, out=tmp_path, by="accuracy", watch=told.append)
    more = TRIES | {"training.learning_rate": [1e-4, 2e-2, 5e-3]}
    found = search(small(epochs=2, batch_size=64), PANEL, more, out=tmp_path, by="accuracy", watch=told.append)
    assert len(told) == 3
    scores = [each.score for each in found.candidates]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > scores[-1]


def test_settings_that_fail_come_last(here, tmp_path):
    found = search(small(), PANEL, {"lookback": [2000, 24]}, out=tmp_path)
    assert found.best == {"lookback": 24}
    worst = found.candidates[-1]
    assert np.isnan(worst.score)
    assert worst.runs[0].error.startswith("No window fits")
    assert np.isnan(found.table()["crps"][-1])


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"tries": {}}, "Expected values by setting"),
        ({"tries": {"training.clip": [0.5, -1]}}, "clip must be > 0"),
        ({"tries": {"lookback": [0]}}, "lookback must be a whole number >= 1"),
        ({"by": "luck"}, "by must be .* got 'luck'"),
        ({"runs": 0}, "runs must be a whole number >= 1"),
        ({"draws": 0}, "draws must be a whole number >= 1"),
    ],
)
def test_settings_are_checked_before_anything_is_written(settings, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        search(small(), PANEL, **({"tries": TRIES, "out": tmp_path / "new"} | settings))
    assert not (tmp_path / "new").exists()


def test_labels_cannot_be_read_by_a_model_without_factors(tmp_path):
    with pytest.raises(ConfigError, match="without factors infers no labels"):
        search(small(factors=()), PANEL, TRIES, out=tmp_path, by="accuracy")

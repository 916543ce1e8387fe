"""Backtests: the scores are those of fits by hand, made once, and what comes later changes none."""

from dataclasses import replace

import numpy as np
import pytest

from divecast import ArtifactError, ByRecording, ByTime, ConfigError, DataWarning, DeepDIVE, backtest
from divecast.selection import run_trials, trial
from selection.here import small
from worlds import SMALL, hours, moves

PANEL = hours(6).panel


@pytest.mark.slow
def test_each_fold_is_a_fit_by_hand_on_what_lies_before(here, tmp_path):
    found = backtest(small(), PANEL, 2, span=100, split=ByTime(4, 1), out=tmp_path)
    rows = len(PANEL.values)
    for fold, stop in zip(found.folds, (rows - 100, rows), strict=True):
        before = stop - 100
        valid = round(before / 5)
        past = PANEL.rows(0, stop)
        model = small().fit(past, ByTime(before - valid, valid, 100), progress=False)
        table = model.evaluate(past, "test").table()
        for name, column in fold.result.scores.items():
            np.testing.assert_array_equal(table[name], [np.nan if each is None else each for each in column])
        assert fold.result.accuracy == model.infer_labels(past, "test").accuracy()
        assert fold.result.epochs == 1


def test_rows_of_the_future_are_no_test_part(here, tmp_path):
    values, promo = PANEL.values.copy(), (np.arange(len(PANEL.values)) // 30 % 2).astype(np.float32)
    values[-50:] = np.nan
    (fold,) = backtest(
        small(), replace(PANEL, values=values, covariates={"promo": promo}), 1, span=100, out=tmp_path
    ).folds
    assert fold.trial.stop == len(values) - 50


def test_what_the_fits_warn_of_is_said_once(here, tmp_path):
    values = PANEL.values.copy()
    values[50, 1] = 9999.0
    with pytest.warns(DataWarning) as caught:
        backtest(small(), replace(PANEL, values=values), 2, span=100, split=ByTime(4, 1), out=tmp_path)
    said = [str(each.message) for each in caught if "far beyond" in str(each.message)]
    assert len(said) == 1
    assert "'s1' (9999 in row 50" in said[0]
    assert said[0].endswith("So does another fit.")


@pytest.mark.slow
def test_adapted_levels_are_those_of_the_values_before_each_origin(here, tmp_path):
    plain, adapted = (backtest(small(), PANEL, 1, span=100, adapt=adapt, out=tmp_path) for adapt in (False, True))
    assert len(list(tmp_path.iterdir())) == 2  # one is not the stored result of the other
    one, other = (each.overall()["DeepDIVE"] for each in (plain, adapted))
    assert other["rrse"].mean == one["rrse"].mean
    assert other["coverage"].mean != one["coverage"].mean
    (fold,) = adapted.folds
    model = small().fit(PANEL, fold.trial.split, progress=False)
    table = model.evaluate(PANEL, "test", adapt=True).table()
    np.testing.assert_array_equal(table["coverage"][0], fold.result.scores["coverage"][0])
    later = PANEL.values.copy()
    later[-1] += 5.0  # the last value is no past of any origin, so it moves no level, only its own scores
    changed = backtest(small(), replace(PANEL, values=later), 1, span=100, adapt=True, out=tmp_path).overall()
    # Of 95 origins with all six steps, one in each step.
    assert 0 < other["coverage"].mean - changed["DeepDIVE"]["coverage"].mean <= 1 / 95


@pytest.mark.slow
def test_rows_after_a_fold_change_nothing_of_it(here, tmp_path):
    later = PANEL.values.copy()
    later[-100:] = 7.0
    known, changed = (
        backtest(small(), replace(PANEL, values=values), 2, span=100, out=tmp_path).folds
        for values in (PANEL.values, later)
    )
    assert known[0].result.scores == changed[0].result.scores
    assert known[1].result.scores != changed[1].result.scores


@pytest.mark.slow
def test_a_fit_that_is_there_is_not_made_again_and_one_of_other_settings_is(here, tmp_path):
    told = []
    first = backtest(small(), PANEL, 2, out=tmp_path, watch=told.append)
    assert [(each.done, each.todo, each.error) for each in told] == [(1, 2, None), (2, 2, None)]
    files = sorted(tmp_path.iterdir())
    assert len(files) == 2  # the values that workers read are gone
    assert backtest(small(), PANEL, 2, out=tmp_path, watch=told.append).folds == first.folds
    files[0].unlink()
    again = backtest(small(), PANEL, 2, out=tmp_path, watch=told.append)
    assert len(told) == 3
    assert [fold.result.scores for fold in again.folds] == [fold.result.scores for fold in first.folds]
    backtest(small(epochs=2), PANEL, 2, out=tmp_path, watch=told.append)
    assert len(told) == 5
    files[1].write_text("{}")
    with pytest.raises(ArtifactError, match=r"is not the result of a trial .*\. Remove it"):
        backtest(small(), PANEL, 2, out=tmp_path)


def test_tables_and_means(here, tmp_path):
    found = backtest(small(), PANEL, 2, span=30, out=tmp_path)
    table = found.table()
    n_models = len(set(table["model"]))
    assert len(table["fold"]) == 2 * n_models * 7
    own = (table["model"] == "DeepDIVE") & (table["horizon"] == "all")
    mean, sd = found.overall()["DeepDIVE"]["rrse"]
    assert mean == pytest.approx(table["rrse"][own].mean())
    assert sd == pytest.approx(table["rrse"][own].std(ddof=1))
    assert np.isnan(found.overall()["last value"]["crps"]).all()
    assert found.frame().num_rows == len(table["fold"])
    assert str(found).splitlines()[1].split()[:2] == ["DeepDIVE", f"{mean:.5g}"]
    assert list(found.accuracy()) == ["hour"]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Fit .* unlike all:divecast.DataWarning")
def test_each_recording_is_left_out_once(here, tmp_path):
    source = moves(4)
    model = DeepDIVE(4, 20, ("move",), model=SMALL, training=replace(small().plan.training, window_stride=3))
    found = backtest(model, source, 3, split=ByRecording(seed=1), out=tmp_path)
    assert len({fold.trial.name for fold in found.folds}) == 3
    assert 0 <= found.accuracy()["move"][0] <= 1


def test_a_fit_that_fails_is_told_and_tried_again(here, tmp_path, monkeypatch):
    def work(job):
        if job.trial.stop < len(PANEL.values):
            raise OSError("no luck")
        trial.run_trial(job)

    monkeypatch.setattr(run_trials, "run_trial", work)
    found = backtest(small(), PANEL, 2, out=tmp_path)
    assert found.folds[0].error.startswith("OSError: no luck")
    assert found.folds[0].result is None
    assert found.folds[1].error is None
    assert set(found.table()["fold"]) == {found.folds[1].trial.name}
    monkeypatch.undo()


def test_where_every_fit_fails_the_first_error_is_raised(here, tmp_path):
    with pytest.raises(ConfigError, match=r"All 2 fits failed; the first, 2024-.*: "):
        backtest(DeepDIVE(6, 2000, model=SMALL), PANEL, 2, out=tmp_path)


@pytest.mark.slow
def test_processes_make_the_same(here, tmp_path, monkeypatch):
    one = backtest(small(), PANEL, 2, out=tmp_path / "here")
    monkeypatch.undo()
    two = backtest(small(), PANEL, 2, out=tmp_path / "there", workers=2)
    assert [fold.result.scores for fold in one.folds] == [fold.result.scores for fold in two.folds]


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"folds": 0}, "folds must be a whole number >= 1"),
        ({"span": 0}, "span must be a whole number >= 1"),
        ({"workers": 0}, "workers must be a whole number >= 1"),
    ],
)
def test_settings_are_checked_before_anything_is_written(settings, said, tmp_path):
    with pytest.raises(ConfigError, match=said):
        backtest(small(), PANEL, out=tmp_path / "new", **settings)
    assert not (tmp_path / "new").exists()


def test_a_model_is_expected(tmp_path):
    with pytest.raises(ConfigError, match="Expected a DeepDIVE, fitted or not, got 'model'"):
        backtest("model", PANEL, out=tmp_path)

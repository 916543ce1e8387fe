"""Studies: what is chosen, kept, tried again and stopped, with fits that cost nothing."""

import math
import pickle
from dataclasses import asdict, dataclass, field

import pytest

from divecast import ArtifactError, ConfigError, ModelConfig, search
from divecast.selection.run_trials import FinishedTrial
from divecast.selection.search import _UNITS
from divecast.selection.space import Between, Space
from divecast.selection.study import JOURNAL, Finished, Plan, StoppedEarlyError, run_study
from divecast.train.history import EpochRecord
from selection.here import small
from worlds import hours


def distance(settings):
    """0 at a rate of 0.01 and 3 layers."""
    return abs(math.log10(settings.get("rate", 0.01)) + 2) + abs(settings.get("layers", 3) - 3)


@dataclass
class Fits:
    """Fits that are kept, as results in a folder are, and counted."""

    score: object = distance
    fails: tuple = ()
    interrupted_at: int = 10**9
    kept: dict = field(default_factory=dict)
    made: list = field(default_factory=list)

    def fit(self, chosen):
        return [Finished(each.settings, (self.run(each),)) for each in chosen]

    def run(self, chosen):
        key = str(chosen.settings)
        if key not in self.kept:
            if len(self.made) >= self.interrupted_at:
                raise KeyboardInterrupt
            self.made.append(chosen.settings)
            if chosen.settings.get("layers") in self.fails:
                return FinishedTrial(None, None, "it failed")
            self.kept[key] = self.score(chosen.settings)
        return FinishedTrial(None, self.kept[key], None)

    def scored(self, finished):
        (run,) = finished.runs
        return math.nan if run.result is None else run.result


def plan_of(tries, draws=None, **options):
    return Plan(
        **({"at_once": 2, "seed": 0, "maximize": False, "prune": False} | options), space=Space.of(tries), draws=draws
    )


LISTS = {"layers": [1, 2, 3], "kinds": [["a", "b"], ["c"]]}
RANGES = {"rate": Between(1e-4, 1.0, log=True), "layers": Between(1, 8)}


def test_all_combinations_are_fitted_once_each_in_order(tmp_path):
    fits = Fits()
    found = run_study(tmp_path, "data", plan_of(LISTS), fits.fit, fits.scored)
    wanted = [{"layers": layers, "kinds": kinds} for layers in (1, 2, 3) for kinds in (["a", "b"], ["c"])]
    assert [each.settings for each in found] == fits.made == wanted
    again = run_study(tmp_path, "data", plan_of(LISTS), fits.fit, fits.scored)
    assert [each.settings for each in again] == wanted
    assert len(fits.made) == 6


@pytest.mark.slow
def test_later_choices_are_better_than_early_ones(tmp_path):
    fits = Fits()
    found = run_study(tmp_path, "data", plan_of(RANGES, 60), fits.fit, fits.scored)
    assert len(found) == 60
    assert all(1e-4 <= each.settings["rate"] <= 1.0 and each.settings["layers"] in range(1, 9) for each in found)
    scores = [distance(settings) for settings in fits.made]
    assert sum(scores[-20:]) < 0.5 * sum(scores[:20])


def test_a_study_that_was_stopped_goes_on_with_what_was_being_fitted(tmp_path):
    stopped = Fits(interrupted_at=7)
    with pytest.raises(KeyboardInterrupt):
        run_study(tmp_path, "data", plan_of(RANGES, 12), stopped.fit, stopped.scored)
    fits = Fits(kept=stopped.kept)
    found = run_study(tmp_path, "data", plan_of(RANGES, 12), fits.fit, fits.scored)
    assert len(found) == 12
    assert len(fits.made) == 5  # 7 are kept, of which the journal has 6
    assert {str(each) for each in stopped.made} <= {str(each.settings) for each in found}
    more = run_study(tmp_path, "data", plan_of(RANGES, 15), fits.fit, fits.scored)
    assert len(more) == 15
    assert len(fits.made) == 8


def test_a_study_whose_fits_another_one_takes_over_goes_on(tmp_path):
    first, second = Fits(), Fits()

    def fit(chosen):
        if not second.made:
            run_study(tmp_path, "data", plan_of(LISTS, at_once=6), second.fit, second.scored)
        return first.fit(chosen)

    found = run_study(tmp_path, "data", plan_of(LISTS, at_once=6), fit, first.scored)
    assert len(found) == len(first.made) == len(second.made) == 6


def test_what_failed_comes_again(tmp_path):
    fits = Fits(fails=(2,))
    found = run_study(tmp_path, "data", plan_of({"layers": [1, 2, 3]}), fits.fit, fits.scored)
    assert [each.runs[0].error for each in found] == [None, "it failed", None]
    fits.fails = ()
    again = run_study(tmp_path, "data", plan_of({"layers": [1, 2, 3]}), fits.fit, fits.scored)
    assert [each.runs[0].error for each in again] == [None] * 3
    assert [each["layers"] for each in fits.made] == [1, 2, 3, 2]


def test_draws_from_few_values_are_each_another_one(tmp_path):
    fits = Fits()
    found = run_study(tmp_path, "data", plan_of(LISTS, 5), fits.fit, fits.scored)
    assert len({str(each.settings) for each in found}) == len(found) == len(fits.made) == 5


def test_other_data_are_another_study(tmp_path):
    fits = Fits()
    for identity in ("data", "other data"):
        found = run_study(tmp_path, identity, plan_of(RANGES, 4, seed=len(identity)), fits.fit, fits.scored)
        assert len(found) == 4
    assert len(fits.made) == 8


def record(epoch, loss):
    return EpochRecord(epoch, {}, {"forecast": loss}, loss, 1.0)


def test_a_fit_that_is_behind_is_stopped_and_stays_so(tmp_path):
    epochs = {}

    class Stopping(Fits):
        def run(self, chosen):
            key = str(chosen.settings)
            if key in self.kept:
                return super().run(chosen)
            stopper = pickle.loads(pickle.dumps(chosen.stopper))  # noqa: S301  as it reaches a worker
            for epoch in range(6):
                epochs[chosen.settings["layers"]] = epoch + 1
                try:
                    stopper.on_epoch(record(epoch, distance(chosen.settings)))
                except StoppedEarlyError:
                    return FinishedTrial("trial", None, "stopped")
            return super().run(chosen)

    fits = Stopping()
    plan = plan_of({"layers": [3, 3.5, 4, 4.5, 2, 9]}, at_once=1, prune=True)
    found = {each.settings["layers"]: each.runs[0] for each in run_study(tmp_path, "data", plan, fits.fit, fits.scored)}
    assert epochs == {3: 6, 3.5: 6, 4: 6, 4.5: 6, 2: 6, 9: 2}
    assert (found[9].stopped, found[9].error, found[9].result) == (2, None, None)
    assert found[3].stopped is None
    epochs.clear()
    again = run_study(tmp_path, "data", plan, fits.fit, fits.scored)
    assert epochs == {}
    assert len(again) == 6


def test_a_damaged_journal_is_named(tmp_path):
    (tmp_path / JOURNAL).write_text("this is no journal\n" * 3)
    with pytest.raises(ArtifactError, match=JOURNAL):
        run_study(tmp_path, "data", plan_of(LISTS), Fits().fit, Fits().scored)


@pytest.mark.parametrize(
    ("tries", "options", "said"),
    [
        ({"training.clip": Between(0.5, 1.0)}, {}, "draws="),
        ({"training.clip": {"low": 1.0, "high": 0.5}}, {"draws": 2}, "goes up from low to high"),
        ({"training.clip": {"low": 0.5, "hihg": 1.0}}, {"draws": 2}, '"low": 0.001'),
        ({"training.clip": {"low": 0.0, "high": 1.0, "log": True}}, {"draws": 2}, "above 0"),
        ({"training.clip": Between(-1.0, 1.0)}, {"draws": 2}, "clip must be > 0"),
        ({"training.clip": "abc"}, {}, "a list of values for 'training.clip'"),
        ({"training.clip": [0.5, 1.0], "training.learning_rate": [1e-3] * 10**5}, {}, "more than 100,000 fits"),
        ({"training.clip": [0.5, 1.0]}, {"prune": True, "runs": 2}, "prune="),
        ({"model.scale": ["log", "standard"]}, {"prune": True}, "changes the unit"),
        ({"model.decoder.forecast": ["normal", "laplace"]}, {"prune": True}, "changes the unit"),
    ],
)
def test_spaces_that_cannot_be_searched(tmp_path, tries, options, said):
    with pytest.raises(ConfigError, match=said):
        search(small(), hours(6).panel, tries, out=tmp_path / "new", **options)
    assert not (tmp_path / "new").exists()


def test_optuna_is_named_where_it_is_missing(tmp_path, monkeypatch):
    from divecast import _optional

    monkeypatch.setattr(_optional, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(ConfigError, match=r"divecast\[search\]"):
        search(small(), hours(6).panel, {"training.clip": [0.5]}, out=tmp_path / "new")
    assert not (tmp_path / "new").exists()


@pytest.mark.slow
def test_a_search_over_ranges_stops_fits_early_and_resumes(here, tmp_path):
    tries = {"training.learning_rate": Between(1e-5, 3e-2, log=True)}
    options = {"draws": 9, "prune": True, "out": tmp_path}
    told = []
    found = search(small(epochs=5, batch_size=64), hours(6).panel, tries, **options, watch=told.append)
    assert len(found.candidates) == len(told) == 9
    stopped = [each for each in found.candidates if each.runs[0].stopped is not None]
    assert stopped
    assert all(math.isnan(each.score) and each.runs[0].error is None for each in stopped)
    assert found.table()["stopped"].tolist()[-len(stopped) :] == [float(each.runs[0].stopped) for each in stopped]
    again = search(small(epochs=5, batch_size=64), hours(6).panel, tries, **options, watch=told.append)
    assert len(told) == 9
    assert [each.settings for each in again.candidates] == [each.settings for each in found.candidates]


@pytest.mark.parametrize("name", _UNITS)
def test_what_changes_the_unit_of_the_loss_is_a_setting(name: str) -> None:
    settings = asdict(ModelConfig())
    for part in name.split(".")[1:]:
        settings = settings[part]

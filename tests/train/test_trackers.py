"""Trackers learn settings, epochs and model of each fit, in this order, and of one that fails."""

import pytest

from divecast import ByTime, ConfigError, DataError, DeepDIVE, TrainingConfig, autolog
from divecast.train import tools
from divecast.train.trackers import Tracker, track_all
from worlds import SMALL, hours


class Heard:
    """Writes down what it is told."""

    def __init__(self):
        self.told = []

    def on_fit(self, settings):
        self.told.append(("fit", settings["training__epochs"]))

    def on_start(self, step, n_steps):
        self.told.append("start")

    def on_step(self, step, terms):
        pass

    def on_epoch(self, record):
        self.told.append("epoch")

    def on_end(self):
        self.told.append("end")

    def on_fitted(self, model):
        self.told.append(("fitted", model.is_fitted))

    def on_failed(self):
        self.told.append("failed")


def small(epochs=2):
    return DeepDIVE(6, 24, model=SMALL, training=TrainingConfig(epochs=epochs, window_stride=7))


def test_a_tracker_is_told_all_in_order():
    heard = Heard()
    assert isinstance(heard, Tracker)
    small().fit(hours().panel, ByTime(3, 1, 1), progress=False, callbacks=[heard])
    assert heard.told == [("fit", 2), "start", "epoch", "epoch", "end", ("fitted", True)]


def test_every_later_fit_has_a_tracker_of_its_own_until_it_is_switched_off():
    made = []

    def make():
        made.append(Heard())
        return made[-1]

    track_all("test", make)
    try:
        for _ in range(2):
            small(1).fit(hours().panel, ByTime(3, 1, 1), progress=False)
        with pytest.raises(DataError):
            small(1).fit(hours().panel.rows(0, 20), progress=False)
    finally:
        track_all("test", None)
    small(1).fit(hours().panel, ByTime(3, 1, 1), progress=False)
    whole = [("fit", 1), "start", "epoch", "end", ("fitted", True)]
    assert [each.told for each in made] == [whole, whole, [("fit", 1), "failed"]]


def test_a_tracker_that_cannot_begin_ends_those_that_did():
    class Broken(Heard):
        def on_fit(self, settings):
            super().on_fit(settings)
            raise ConnectionError

    first, second, third = Heard(), Broken(), Heard()
    model = small(1)
    with pytest.raises(ConnectionError):
        model.fit(hours().panel, progress=False, callbacks=[first, second, third])
    assert [each.told for each in (first, second, third)] == [[("fit", 1), "failed"], [("fit", 1), "failed"], []]
    assert not model.is_fitted


def test_tools_and_options_that_are_not_there(monkeypatch):
    with pytest.raises(ConfigError, match="mlflow"):
        autolog("mlfow")
    monkeypatch.setattr(tools, "need", lambda module: type("Module", (), {"SummaryWriter": None}))
    with pytest.raises(ConfigError, match="does not suit tensorboard"):
        autolog("tensorboard", folder="runs")


def test_a_tool_that_is_not_installed_is_named_with_its_extra(monkeypatch):
    from divecast import _optional

    monkeypatch.setattr(_optional, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    for tool in ("mlflow", "tensorboard", "wandb"):
        with pytest.raises(ConfigError, match=rf"divecast\[{tool}\]"):
            autolog(tool)

"""Questions of the notebook view are answered as the library does."""

import numpy as np
import pytest

from divecast import ConfigError
from divecast.explorer import widget
from divecast.explorer.widget import _places, answer_to
from worlds import hours, moves


@pytest.fixture(scope="module")
def asked(of_hours):
    places = _places(of_hours.explorer)
    return lambda **question: answer_to(of_hours.explorer, places, {"series": "s1", "to": None, **question})


def test_a_forecast_is_that_of_the_library_after_its_window(asked, hours_model):
    panel, at = hours().panel, "2024-02-24T18:00:00"
    answer = asked(at=at)
    wanted = hours_model.forecast(panel, start=at, stop=at, levels=(0.05, 0.95))
    assert np.allclose(answer["mean"], wanted.mean[0, :, 1])
    assert np.allclose([answer["low"], answer["high"]], wanted.quantiles[:, 0, :, 1])
    row = panel.clock.row_of(at)
    assert np.allclose(answer["past"], panel.values[row - 24 : row, 1])
    assert answer["past_times"][-1] == "2024-02-24T17:00:00"
    assert answer["times"][0] == at
    assert answer["other"] is None


def test_another_class_is_a_what_if(asked, hours_model):
    at = "2024-02-24T18:00:00"
    answer = asked(at=at, to={"hour": "03"})
    wanted = hours_model.what_if(hours().panel, to={"hour": "03"}, at=[at])
    assert np.allclose(answer["other"], wanted.counterfactual.mean[0, :, 1], rtol=1e-5)
    assert "hour 03" in answer["told"]


def test_times_to_choose_from_end_with_that_after_the_data_one_horizon_apart(of_hours):
    places = [*_places(of_hours.explorer)]
    assert places[-1] == "2024-02-26T00:00:00"
    assert places[-2] == "2024-02-25T18:00:00"
    assert len(places) == len(set(places))


def test_recordings_are_named_with_a_second(of_moves, moves_model):
    places = _places(of_moves.explorer)
    name = [*places][-1]
    answer = answer_to(of_moves.explorer, places, {"series": moves().channels[0], "at": name, "to": None})
    assert "error" not in answer
    assert len(answer["mean"]) == moves_model.horizon


def test_what_cannot_be_answered_is_said(asked):
    at = "2024-02-24T18:00:00"
    assert "s9" in asked(at=at, series="s9")["error"]
    assert "25" in asked(at=at, to={"hour": "25"})["error"]
    assert "error" in asked(at="never")


def test_the_extra_is_named_where_it_is_missing(hours_model, monkeypatch):
    from divecast import _optional

    widget._kind.cache_clear()
    monkeypatch.setattr(_optional, "import_module", lambda name: (_ for _ in ()).throw(ImportError(name)))
    with pytest.raises(ConfigError, match=r"divecast\[notebook\]"):
        widget.explore_widget(hours_model, hours().panel)

"""Which windows are explained."""

import numpy as np
import pytest

from divecast import ConfigError, DataError, DeepDIVE
from worlds import hours, moves

PANEL, RECORDINGS = hours().panel, moves()


def test_without_a_place_it_is_the_end(hours_model: DeepDIVE, moves_model: DeepDIVE) -> None:
    assert hours_model.what_if(PANEL, to={"hour": "03"}).factual.keys.origins.tolist() == [len(PANEL.values)]
    found = moves_model.what_if(RECORDINGS, to={"move": "slow"})
    assert found.factual.keys.recordings.tolist() == list(RECORDINGS.names)


def test_places_are_kept_in_the_order_asked_for(hours_model: DeepDIVE) -> None:
    at = ["2024-01-20 05:00", np.datetime64("2024-01-10T00:00"), "2024-01-20 05:00"]
    found = hours_model.what_if(PANEL, at=at, to={"hour": "03"})
    assert found.factual.keys.stamps[:, 1].astype(str).tolist() == [
        "2024-01-20T05:00:00",
        "2024-01-10T00:00:00",
        "2024-01-20T05:00:00",
    ]


def test_a_recording_is_asked_at_its_end_or_at_a_second(moves_model: DeepDIVE) -> None:
    name = RECORDINGS.names[3]
    at_end = moves_model.what_if(RECORDINGS, at=name, to={"move": "slow"})
    assert at_end.factual.keys.origins.tolist() == [RECORDINGS.offsets[4]]
    last = at_end.factual.keys.stamps[0, 0]
    again = moves_model.what_if(RECORDINGS, at=(name, float(last)), to={"move": "slow"})
    np.testing.assert_array_equal(again.difference, at_end.difference)
    both = moves_model.what_if(RECORDINGS, at=[name, (name, 4.0)], to={"move": "slow"})
    assert both.factual.keys.stamps[:, 0].tolist() == [last, 4.0]


@pytest.mark.parametrize("at", ["2023-12-31", "2024-03-01", "soon", "2024-01-01 05:00", ["2024-01-10", 5]])
def test_no_such_time(hours_model: DeepDIVE, at: object) -> None:
    with pytest.raises(DataError):
        hours_model.what_if(PANEL, at=at, to={"hour": "03"})


@pytest.mark.parametrize("at", ["none", ("r0", 0.5), ("r0", 1e9), ("r0", 5.05), ("r0", float("nan"))])
def test_no_such_recording_or_second(moves_model: DeepDIVE, at: object) -> None:
    with pytest.raises(DataError):
        moves_model.what_if(RECORDINGS, at=at, to={"move": "slow"})


def test_places_that_cannot_be(hours_model: DeepDIVE) -> None:
    with pytest.raises(ConfigError, match="at least one place"):
        hours_model.what_if(PANEL, at=[], to={"hour": "03"})
    with pytest.raises(ConfigError, match="no recordings"):
        hours_model.what_if(PANEL, at=("r0", 5.0), to={"hour": "03"})

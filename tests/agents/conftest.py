"""Desks of the shared models."""

import warnings

import pytest

from divecast import DataWarning
from divecast.agents.desk import Desk
from divecast.agents.toolbox import call
from worlds import hours, moves, told


@pytest.fixture(scope="session")
def hours_desk(hours_model) -> Desk:
    """A panel of four series whose unit is known."""
    return Desk.of(hours_model, hours().panel, "MW")


@pytest.fixture(scope="session")
def told_desk(told_model) -> Desk:
    """Two series with covariates and a label of each."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return Desk.of(told_model, told())


@pytest.fixture(scope="session")
def moves_desk(moves_model) -> Desk:
    """Recordings."""
    return Desk.of(moves_model, moves())


@pytest.fixture
def ask(hours_desk):
    """Ask the panel of four series."""
    return lambda tool, **arguments: call(hours_desk, tool, arguments)

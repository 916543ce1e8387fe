"""Explorers of the small models."""

import pytest

from explorer.asking import Asked, explorer_of
from worlds import hours, moves


@pytest.fixture(scope="session")
def of_hours(hours_model):
    return Asked(explorer_of(hours_model, hours().panel))


@pytest.fixture(scope="session")
def of_moves(moves_model):
    return Asked(explorer_of(moves_model, moves()))

"""One thread for all tests, and the models that several of them ask."""

import pytest
import torch

from divecast import DeepDIVE
from worlds import fit_hours, fit_moves

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def hours_model() -> DeepDIVE:
    """A model of ``worlds.hours`` with factors hour and weekend; tests must not change it."""
    return fit_hours()


@pytest.fixture(scope="session")
def moves_model() -> DeepDIVE:
    """A model of ``worlds.moves`` with factors move and side; tests must not change it."""
    return fit_moves()

"""No time limit and one thread for all tests, the marker of slow ones, and what several of them share."""

from pathlib import Path

import pytest
import torch
from hypothesis import settings

from browsers import running_browser
from divecast import DeepDIVE
from worlds import fit_hours, fit_moves, fit_told

torch.set_num_threads(1)
settings.register_profile("divecast", deadline=None)  # a machine that is busy fails no test
settings.load_profile("divecast")

SLOW = Path(__file__).parent / "slow"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what lies in ``tests/slow``."""
    for item in items:
        if SLOW in item.path.parents:
            item.add_marker("slow")


@pytest.fixture(scope="session")
def hours_model() -> DeepDIVE:
    """A model of ``worlds.hours`` with factors hour and weekend; tests must not change it."""
    return fit_hours()


@pytest.fixture(scope="session")
def moves_model() -> DeepDIVE:
    """A model of ``worlds.moves`` with factors move and side; tests must not change it."""
    return fit_moves()


@pytest.fixture(scope="session")
def told_model() -> DeepDIVE:
    """A model of ``worlds.told`` with factors, covariates and a label per series; tests must not change it."""
    return fit_told()


@pytest.fixture(scope="session")
def browser():
    with running_browser() as chromium:
        yield chromium

"""Runs of the small cases that several tests look at."""

import pytest

from research.paper.run import Run, run_once
from studies.small import hours_case, moves_case


@pytest.fixture(scope="session")
def full() -> Run:
    """The full model of ``hours_case``; tests must not change it."""
    return run_once(hours_case(), "full", 0)


@pytest.fixture(scope="session")
def full_of_moves() -> Run:
    """The full model of ``moves_case``; tests must not change it."""
    return run_once(moves_case(), "full", 0)

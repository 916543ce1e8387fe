"""Trials of the tests are made in this process."""

import pytest

from divecast.jobs import workers
from selection.here import work_here


@pytest.fixture
def here(monkeypatch):
    """No process is started."""
    monkeypatch.setattr(workers, "run_jobs", work_here)

"""Jobs run by worker processes or a Ray cluster, where a worker may die.

These names are public: studies and other packages may import them from here.
"""

from divecast.jobs.contract import JobProgress, Outcome, track_progress
from divecast.jobs.processes import run_jobs
from divecast.jobs.workers import make_files

__all__ = [
    "JobProgress",
    "Outcome",
    "make_files",
    "run_jobs",
    "track_progress",
]

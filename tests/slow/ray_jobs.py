"""Jobs for workers of Ray, which import them by name."""

import os
from contextlib import suppress

from divecast.cli.forecast_parts import PartJob, make_part
from divecast.inference import predict as inference
from divecast.selection.trial import TrialJob, run_trial

VALUES_AT_ONCE = 800


def make_part_in_small_batches(job: PartJob) -> None:
    """Make a part in small batches."""
    usual, inference._VALUES_AT_ONCE = inference._VALUES_AT_ONCE, VALUES_AT_ONCE
    try:
        make_part(job)
    finally:
        inference._VALUES_AT_ONCE = usual  # other jobs may come to this process


def run_trial_after_a_death(job: TrialJob) -> None:
    """Make a trial; but where a file says so, remove it and end the process."""
    with suppress(FileNotFoundError):
        (job.folder / f"{job.trial.stop}.kill").unlink()
        os._exit(1)
    run_trial(job)

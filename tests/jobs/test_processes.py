"""Jobs on worker processes: a process that dies fails only its own job."""

import os
import signal
import subprocess
import sys
import time

import pytest

from divecast.jobs import processes
from divecast.jobs.processes import run_jobs
from job_tasks import Task, work

pytestmark = pytest.mark.slow


# Each process takes seconds to start, so a test looks at several things.
def test_every_job_is_done_once_and_in_order_with_one_thread_and_an_exception_ends_its_job_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    tasks = [Task("a", tmp_path), Task("b", tmp_path, "wrong"), Task("c", tmp_path), Task("d", tmp_path, "environment")]
    outcomes = list(run_jobs(tasks, work, 1))
    assert [outcome.job for outcome in outcomes] == tasks
    assert [outcome.error for outcome in outcomes if outcome.job.name != "b"] == [None] * 3
    assert outcomes[1].error.startswith("ValueError: cannot be done\nTraceback")
    assert [task.tries() for task in tasks] == [1] * 4
    assert (tmp_path / "d").read_text() == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"  # the parent keeps its own
    assert "MKL_NUM_THREADS" not in os.environ


def test_no_jobs_start_no_process(tmp_path):
    assert list(run_jobs([], work, 3)) == []


def test_a_killed_process_is_replaced_and_a_job_that_always_kills_it_is_given_up(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "RETRIES", 1)  # each death costs the start of a process
    kinds = {"a": "killed once", "b": "good", "c": "killed", "d": "good"}
    tasks = [Task(name, tmp_path, kind) for name, kind in kinds.items()]
    outcomes = {outcome.job.name: outcome.error for outcome in run_jobs(tasks, work, 2)}
    assert "signal 9 (SIGKILL), 2 times" in outcomes.pop("c")
    assert outcomes == {"a": None, "b": None, "d": None}
    assert [task.tries() for task in tasks] == [2, 1, 2, 1]


def test_a_process_that_exits_is_reported_with_its_code(monkeypatch):
    monkeypatch.setattr(processes, "RETRIES", 0)
    (outcome,) = run_jobs([1], os._exit, 1)
    assert outcome.error == "The worker process ended with code 1, 1 times"


UNGUARDED = """
from divecast.jobs import processes
processes.RETRIES = 0
for outcome in processes.run_jobs(["a job"], print, 1):
    print(outcome.error)
"""


@pytest.mark.long
def test_a_script_without_a_main_guard_gets_a_hint(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "ended with code 1, 1 times before its first job" in done.stdout
    assert 'if __name__ == "__main__":' in done.stdout
    assert "memory" not in done.stdout


@pytest.mark.parametrize(
    ("code", "started", "message"),
    [
        (-9, True, "The worker process was ended by signal 9 (SIGKILL), 3 times; it probably ran out of memory"),
        (-11, False, "The worker process was ended by signal 11 (SIGSEGV), 3 times"),
        (-50, True, "The worker process was ended by signal 50 (unknown), 3 times"),
        (3, True, "The worker process ended with code 3, 3 times"),
    ],
)
def test_hints_are_given_for_known_causes_only(code, started, message):
    assert processes._cause(code, started) == message


def test_pipes_of_any_class_are_waited_for(monkeypatch):
    """On Windows they are not instances of ``Connection``."""
    crew = [processes._Worker(object(), object(), None, job) for job in ("a", "b", None)]
    monkeypatch.setattr(processes, "wait", lambda pipes: pipes[1:])
    assert processes._ready(crew) == [(crew[1], "b")]


def test_leaving_ends_the_processes(tmp_path):
    slow = Task("slow", tmp_path, "slow")
    outcomes = run_jobs([Task("a", tmp_path), slow, Task("b", tmp_path, "slow")], work, 2)
    assert next(outcomes).job.name == "a"
    while not (begun := list(tmp_path.glob("slow.*"))):
        time.sleep(0.01)
    outcomes.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun[0].suffix[1:]), signal.SIG_DFL)

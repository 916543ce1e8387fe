"""Jobs over processes: what dies takes nothing else along."""

import importlib
import os
import signal
import subprocess
import sys
import time

import pytest

from divecast.jobs import processes
from divecast.jobs.processes import work_off
from divecast.reproduce import memory
from reproduce.jobs import Task, environment, work


def test_every_job_is_done_once_and_in_order(tmp_path):
    tasks = [Task(f"t{at}", tmp_path) for at in range(5)]
    outcomes = list(work_off(tasks, work, 1))
    assert [outcome.job for outcome in outcomes] == tasks
    assert [outcome.error for outcome in outcomes] == [None] * 5
    assert [task.tries() for task in tasks] == [1] * 5


def test_no_job_needs_no_process(tmp_path):
    assert list(work_off([], work, 3)) == []


def test_an_exception_ends_its_job_alone(tmp_path):
    tasks = [Task("a", tmp_path), Task("b", tmp_path, "wrong"), Task("c", tmp_path)]
    first, second, third = work_off(tasks, work, 1)
    assert (first.error, third.error) == (None, None)
    assert second.error.startswith("ValueError: cannot be done\nTraceback")
    assert tasks[1].tries() == 1


def test_a_killed_process_is_replaced_and_its_job_tried_again(tmp_path):
    tasks = [Task("a", tmp_path, "killed once"), Task("b", tmp_path), Task("c", tmp_path)]
    outcomes = {outcome.job.name: outcome.error for outcome in work_off(tasks, work, 2)}
    assert outcomes == {"a": None, "b": None, "c": None}
    assert [task.tries() for task in tasks] == [2, 1, 1]


def test_a_job_that_always_kills_its_process_is_given_up(tmp_path):
    tasks = [Task("a", tmp_path, "killed"), Task("b", tmp_path)]
    outcomes = {outcome.job.name: outcome.error for outcome in work_off(tasks, work, 1)}
    assert "signal 9 (SIGKILL), 3 times" in outcomes["a"]
    assert outcomes["b"] is None
    assert tasks[0].tries() == 3


def test_a_process_that_ends_itself_is_told_with_its_code_alone(monkeypatch):
    monkeypatch.setattr(processes, "_RETRIES", 0)
    (outcome,) = work_off([1], os._exit, 1)
    assert outcome.error == "its process ended with code 1, 1 times"


UNGUARDED = """
from divecast.jobs import processes
processes._RETRIES = 0
for outcome in processes.work_off(["a job"], print, 1):
    print(outcome.error)
"""


def test_a_script_that_starts_processes_as_it_is_imported_is_told_so(tmp_path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run([sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert "ended with code 1, 1 times before its first job" in done.stdout
    assert 'if __name__ == "__main__":' in done.stdout
    assert "memory" not in done.stdout


@pytest.mark.parametrize(
    ("code", "begun", "said"),
    [
        (-9, True, "its process was ended by signal 9 (SIGKILL), 3 times; that often means that memory ran out"),
        (-11, False, "its process was ended by signal 11 (SIGSEGV), 3 times"),
        (-50, True, "its process was ended by signal 50 (unknown), 3 times"),
        (3, True, "its process ended with code 3, 3 times"),
    ],
)
def test_a_hint_is_given_only_where_it_fits(code, begun, said):
    assert processes._cause(code, begun) == said


def test_pipes_of_any_class_are_waited_for(monkeypatch):
    """As on Windows, where they are no ``Connection``."""
    crew = [processes._Worker(object(), object(), None, job) for job in ("a", "b", None)]
    monkeypatch.setattr(processes, "wait", lambda pipes: pipes[1:])
    assert processes._ready(crew) == [(crew[1], "b")]


def test_the_peak_of_memory_needs_neither_proc_nor_resource(tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "none")
    assert memory.peak_mib() > 10
    monkeypatch.setitem(sys.modules, "resource", None)
    assert memory.peak_mib() == 0
    assert importlib.reload(memory).peak_mib() > 10


def test_leaving_ends_the_processes(tmp_path):
    slow = Task("slow", tmp_path, "slow")
    outcomes = work_off([Task("a", tmp_path), slow, Task("b", tmp_path, "slow")], work, 2)
    assert next(outcomes).job.name == "a"
    while not (begun := list(tmp_path.glob("slow.*"))):
        time.sleep(0.01)
    outcomes.close()
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun[0].suffix[1:]), signal.SIG_DFL)


def test_workers_have_one_thread_and_the_parent_keeps_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    list(work_off([Task("a", tmp_path)], environment, 1))
    assert (tmp_path / "a").read_text() == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ

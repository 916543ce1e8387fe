"""Jobs over processes: what dies takes nothing else along."""

import os
import signal
import time

import pytest

from divecast.reproduce.workers import work_off
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

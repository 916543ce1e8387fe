"""Work on a Ray of two workers: what ends, what dies, and that the results are those of this process."""

import os
import re
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from divecast import ConfigError, DeepDIVE
from divecast.cli import forecast_parts, main
from divecast.data import write_store
from divecast.inference import predict as inference
from divecast.jobs import ray_workers, workers
from divecast.jobs.ray_workers import run_jobs_on_ray
from divecast.selection import backtest, run_trials
from job_tasks import Task, work
from research.paper import figures, measured, runs
from research.paper.reproduction import reproduce
from selection.here import small, work_here
from slow.ray_jobs import VALUES_AT_ONCE, make_part_in_small_batches, run_trial_after_a_death
from studies.small import MEASURES, hours_case, make_small, without_cost
from worlds import hours

SMALL = {"num_cpus": 2, "include_dashboard": False, "object_store_memory": 80 * 2**20}
QUIET = {"log_to_driver": False, "logging_level": "ERROR"}


@pytest.fixture(scope="module", autouse=True)
def ray():
    """Two workers that find the modules of the tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_AUTH_MODE", "disabled")  # else it writes a token into the home of who runs the tests
        patch.setenv("PYTHONPATH", os.pathsep.join(map(str, Path(__file__).parents[1:3])), prepend=os.pathsep)
        found = pytest.importorskip("ray", reason="needs the extra ray")
        found.init(**SMALL, **QUIET)
        yield found
        found.shutdown()


def test_what_fails_or_dies_ends_its_job_alone_and_a_worker_has_one_thread(tmp_path, monkeypatch):
    monkeypatch.setattr(ray_workers, "RETRIES", 1)  # each death costs the start of a worker
    kinds = {"a": "environment", "b": "wrong", "c": "good", "d": "killed"}  # a backtest dies once, below
    tasks = [Task(name, tmp_path, kind) for name, kind in kinds.items()]
    outcomes = {outcome.job: outcome.error for outcome in run_jobs_on_ray(tasks, work, "local")}
    assert set(outcomes) == set(tasks)
    a, b, c, d = (outcomes[task] for task in tasks)
    assert (a, c) == (None, None)
    assert b.startswith("ValueError: cannot be done\nTraceback")
    assert d.startswith("The Ray worker died, 2 times: ")
    assert [task.tries() for task in tasks] == [1, 1, 1, 2]
    assert (tmp_path / "a").read_text() == "1"


def test_leaving_ends_what_runs(tmp_path):
    outcomes = run_jobs_on_ray([Task("slow", tmp_path, "slow"), Task("a", tmp_path)], work, "local")
    assert next(outcomes).job.name == "a"
    while not (begun := list(tmp_path.glob("slow.*"))):
        time.sleep(0.05)
    outcomes.close()
    deadline = time.monotonic() + 30
    while (alive := Path(f"/proc/{begun[0].suffix[1:]}").exists()) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive


def test_a_backtest_on_ray_with_a_death_is_the_same(tmp_path, monkeypatch):
    model, panel = small(), hours(6).panel
    with monkeypatch.context() as patch:
        patch.setattr(workers, "run_jobs", work_here)
        here = backtest(model, panel, 2, out=tmp_path / "here")
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / f"{here.folds[1].trial.stop}.kill").touch()
    with monkeypatch.context() as patch:
        patch.setattr(run_trials, "run_trial", run_trial_after_a_death)
        there = backtest(model, panel, 2, out=tmp_path / "there", ray="local")
    assert not list((tmp_path / "there").glob("*.kill"))
    for one, other in zip(here.table().values(), there.table().values(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.long
def test_a_table_made_on_ray_is_the_same(monkeypatch, tmp_path):
    monkeypatch.setattr(runs, "load_case", hours_case)
    monkeypatch.setattr(measured, "CONFIG", MEASURES)
    monkeypatch.setattr(figures, "draw_case", lambda *_: ())
    monkeypatch.chdir(tmp_path)
    runs._load.cache_clear()
    here, there = Path("here"), Path("there")
    for job in runs.Table("motion", None, ("a",), 2, False, here).jobs():
        runs.make_run(job)
    monkeypatch.setattr(runs, "make_run", make_small)
    assert reproduce("motion", None, ("a",), 2, out=there, ray="local").failures == ()
    assert without_cost(there) == without_cost(here)
    runs._load.cache_clear()


@pytest.fixture(scope="module")
def files(hours_model: DeepDIVE, tmp_path_factory):
    """A model and a store."""
    folder, panel = tmp_path_factory.mktemp("ray"), hours().panel
    hours_model.save(folder / "model.safetensors")
    write_store(folder / "store", [panel.values], panel.channels, "2024-01-01", "1h")
    return [str(folder / "model.safetensors"), str(folder / "store")]


def forecast(files, out, *more):
    return main(["forecast", *files, "--out", str(out), *map(str, more)])


@pytest.mark.parametrize("span", [["--start", "2024-02-20", "--every", "5"], []], ids=["rolling", "fewer than parts"])
def test_forecasts_in_parts_are_those_of_one_process(files, tmp_path, span, monkeypatch):
    monkeypatch.setattr(inference, "_VALUES_AT_ONCE", VALUES_AT_ONCE)
    monkeypatch.setattr(forecast_parts, "make_part", make_part_in_small_batches)
    assert forecast(files, tmp_path / "here.csv", *span) == 0
    assert forecast(files, tmp_path / "there.csv", *span, "--ray", "local") == 0
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "there.csv").read_bytes()
    assert sorted(file.name for file in tmp_path.iterdir()) == ["here.csv", "there.csv"]


def test_parts_that_cannot_be_made_leave_nothing(files, tmp_path, capsys, monkeypatch):
    out = tmp_path / "there.csv"
    out.write_text("former")
    monkeypatch.setattr(forecast_parts, "make_part", os.listdir)  # takes no such job
    assert forecast(files, out, "--ray", "local") == 2
    assert "of 4 of the forecasts failed: TypeError" in capsys.readouterr().err
    assert out.read_text() == "former"
    assert [file.name for file in tmp_path.iterdir()] == ["there.csv"]


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://127.0.0.1:1", "[::1]:1", "127.0.0.1:many"])
def test_a_cluster_that_is_not_there_is_told_at_once(ray, monkeypatch, address):
    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    with pytest.raises(ConfigError, match=f"There is no Ray cluster at '{re.escape(address)}'"):
        next(run_jobs_on_ray([1], print, address))


def test_without_ray_the_mend_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ConfigError, match=r'pip install "divecast\[ray\]"'):
        next(run_jobs_on_ray([1], print, "local"))

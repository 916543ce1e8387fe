"""A process that copies data and is killed leaves the copy, which is removed at the next start."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from divecast import DeepDIVE, open_store, store_from_parquet
from divecast.cli import forecast_tables, main
from divecast.data import write_frame
from divecast.data.sources import store_long
from divecast.jobs import workers
from research.reliability.small_fit import prepare
from selection.here import work_here
from worlds import hours

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")


def hidden(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.name.startswith(".divecast-")]


def test_killed_in_a_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit, out = prepare(tmp_path, width=8, epochs=200, days=21), tmp_path / "out"
    words = ["backtest", str(fit.table), "--config", str(fit.settings), "--folds", "2", "--out", str(out)]
    command = [sys.executable, "-m", "divecast.cli", *words]
    process = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)  # noqa: S603
    try:
        deadline = time.monotonic() + 120
        while not (out.is_dir() and any((folder / "values").is_file() for folder in hidden(out))):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    assert len(hidden(out)) == 1
    monkeypatch.setattr(workers, "run_jobs", work_here)
    assert main([*words, "--set", "training.epochs=1"]) == 0
    assert hidden(out) == []


def killed_in(place: object, name: str, work: Callable[[], object], monkeypatch: pytest.MonkeyPatch) -> bool:
    """Do work in a process of its own, which is killed where it calls a function; return whether it was."""
    child = os.fork()
    if child == 0:
        try:
            monkeypatch.setattr(place, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
            work()
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")  # fork beside idle threads of libraries
def test_killed_in_a_conversion_of_a_long_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = np.arange(48) * np.timedelta64(3600, "s")
    stamps = np.tile(np.datetime64("2024-01-01", "s") + rows, 2)
    write_frame({"unique_id": np.repeat(["a", "b"], 48), "ds": stamps, "y": np.arange(96.0)}, tmp_path / "long.parquet")

    def convert() -> object:
        return store_from_parquet(tmp_path / "store", tmp_path / "long.parquet")

    assert killed_in(store_long, "fill", convert, monkeypatch)
    assert len(hidden(tmp_path)) == 1
    convert()
    assert hidden(tmp_path) == []
    assert open_store(tmp_path / "store").channels == ("a", "b")


@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning", "ignore:.*left out:divecast.DataWarning")
def test_killed_in_a_forecast_of_a_large_file(
    hours_model: DeepDIVE, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel = hours().panel
    stamps = panel.clock.stamps()
    write_frame({"time": stamps, **dict(zip(panel.channels, panel.values.T, strict=True))}, tmp_path / "large.parquet")
    hours_model.save(tmp_path / "model")
    words = ["forecast", str(tmp_path / "model"), str(tmp_path / "large.parquet"), "--out", str(tmp_path / "out.csv")]
    monkeypatch.setattr(forecast_tables, "_LARGE", 0)
    assert killed_in(forecast_tables, "data_for", lambda: main(words), monkeypatch)
    (left,) = hidden(tmp_path)
    assert open_store(left / "store").channels == panel.channels
    assert main(words) == 0
    assert hidden(tmp_path) == []

"""A fit on two processes, by gloo on the CPU, is the fit of one."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
import torch

from divecast import (
    ByRecording,
    ByTime,
    DeepDIVE,
    ModelConfig,
    Panel,
    Recordings,
    TrainingConfig,
)
from divecast.config import LossConfig
from divecast.errors import ConfigError, RankError
from divecast.fit import launch
from divecast.fit.launch import Machines
from divecast.train.history import History
from worlds import SMALL, hours, moves

pytestmark = pytest.mark.timeout(120)

NOISY = ModelConfig(replace(SMALL.encoder, dropout=0.2), SMALL.code, replace(SMALL.decoder, dropout=0.2))
RUN = [sys.executable, "-m"]


def holed() -> Panel:
    """Hours of a month of which a tenth of the values is missing, more of them in the last channels."""
    panel = hours(weeks=5, n_channels=5).panel
    draw = np.random.default_rng(1).random(panel.values.shape)
    return replace(panel, values=np.where(draw < np.linspace(0.0, 0.2, 5), np.nan, panel.values).astype(np.float32))


def panel_model(**training: object) -> DeepDIVE:
    config = TrainingConfig(**{"epochs": 3, "batch_size": 63, "learning_rate": 5e-3, "channels": 3} | training)
    return DeepDIVE(6, 24, ["hour", "weekend"], model=NOISY, training=config)


def few_labelled() -> Recordings:
    """Recordings of which few have a label, so that shares of a batch have different numbers of them."""
    found = moves(5)
    side = np.where(np.arange(len(found.names)) % 4 < 2, found.labels["side"], None)
    return replace(found, labels={**found.labels, "side": side})


def recordings_model() -> DeepDIVE:
    training = TrainingConfig(
        epochs=3, batch_size=63, learning_rate=5e-3, interleave="joint", combine="upgrad", window_stride=3
    )
    return DeepDIVE(5, 40, ["move", "side"], model=NOISY, training=training)


def fit_panel(**options: object) -> DeepDIVE:
    return panel_model().fit(holed(), ByTime(3, 1, 1), progress=False, **options)


def fit_recordings(**options: object) -> DeepDIVE:
    return recordings_model().fit(few_labelled(), ByRecording(3, 1, 1, group="person"), progress=False, **options)


def place() -> dict[str, str]:
    """Return what says in the environment which rank a process is; lightning-fabric leaves other traces."""
    said = ("LOCAL_RANK", "NODE_RANK", "MASTER_", "WORLD_SIZE", "OMP_", "GLOO_", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if name.startswith(said)}


@cache
def alone() -> History:
    """The panel's fit on one process."""
    return fit_panel().history


def curve(history: History) -> np.ndarray:
    return np.array([[*record.train.values(), *record.valid.values(), record.monitored] for record in history.records])


def assert_same_curve(one: History, other: History) -> None:
    """1e-5 of each term, in every pass, in training and validation."""
    np.testing.assert_allclose(curve(one), curve(other), rtol=1e-5, atol=1e-5)


class Kill:
    """Ends the other process at a step, as an operator or the kernel might."""

    def __init__(self, at: int, started: list[subprocess.Popen]) -> None:
        self.at, self.started, self.steps = at, started, 0

    def on_start(self, step: int, n_steps: int) -> None:
        pass

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        self.steps += 1
        if step == self.at:
            self.started[-1].send_signal(signal.SIGKILL)

    def on_epoch(self, record: object) -> None:
        pass

    def on_end(self) -> None:
        pass


@pytest.fixture
def started(monkeypatch) -> list[subprocess.Popen]:
    """Collects the processes that are started."""
    found: list[subprocess.Popen] = []

    class Noted(subprocess.Popen):
        def __init__(self, *args: object, **kwargs: object) -> None:
            super().__init__(*args, **kwargs)
            found.append(self)

    monkeypatch.setattr(launch.subprocess, "Popen", Noted)
    return found


@pytest.mark.parametrize("fit", [fit_panel, fit_recordings])
def test_two_ranks_follow_the_loss_curve_of_one_and_leave_no_trace(fit, started):
    environment, threads, state = place(), torch.get_num_threads(), torch.get_rng_state()
    two = fit(devices=2)
    assert_same_curve(alone() if fit is fit_panel else fit().history, two.history)
    assert [worker.poll() is None for worker in started] == [False]
    assert (place(), torch.get_num_threads()) == (environment, threads)
    assert torch.equal(torch.get_rng_state(), state)
    assert not torch.distributed.is_initialized()


def test_when_a_rank_is_killed_all_end_and_one_process_goes_on_from_the_checkpoint(tmp_path, started):
    keep, kill = tmp_path / "fit.checkpoint", Kill(13, started)
    with pytest.raises(RankError, match=r"rank 1 of 2 .* SIGKILL.*resume=True.*fit\.checkpoint"):
        fit_panel(devices=2, checkpoint=keep, callbacks=[kill])
    assert kill.steps == 13
    assert [worker.poll() for worker in started] == [-signal.SIGKILL]
    resumed = fit_panel(checkpoint=keep, resume=True, callbacks=[watch := Kill(-1, started)])
    assert 0 < watch.steps < 24
    assert_same_curve(resumed.history, alone())


def test_when_the_calling_process_is_killed_the_other_ends_and_the_checkpoint_is_whole(tmp_path):
    keep = tmp_path / "fit.checkpoint"
    code = (
        f"import sys; sys.path[:0] = {sys.path!r}\n"
        "import os, signal, test_launch\n"
        "class Own(test_launch.Kill):\n"
        "    def on_step(self, step, terms):\n"
        "        if step == self.at: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"test_launch.fit_panel(devices=2, checkpoint={str(keep)!r}, callbacks=[Own(13, [])])"
    )
    # waits until every process that holds the pipe is gone
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, check=False)  # noqa: S603  our own code
    assert done.returncode == -signal.SIGKILL, done.stderr
    assert_same_curve(fit_panel(checkpoint=keep, resume=True).history, alone())


def test_two_ranks_go_on_from_the_checkpoint_of_one(tmp_path, started):
    keep = tmp_path / "fit.checkpoint"
    with pytest.raises(KeyboardInterrupt):
        fit_panel(checkpoint=keep, callbacks=[Interrupt(11)])
    assert_same_curve(fit_panel(checkpoint=keep, resume=True, devices=2).history, alone())


class Interrupt(Kill):
    """Presses Ctrl-C at a step."""

    def __init__(self, at: int) -> None:
        super().__init__(at, [])

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        if step == self.at:
            signal.raise_signal(signal.SIGINT)


def test_torchrun_starts_one_fit_of_all_its_processes_and_one_of_them_writes(tmp_path):
    from pyarrow import parquet

    panel, table = holed(), tmp_path / "panel.parquet"
    from divecast.data import to_frame

    columns = {"time": panel.clock.at(np.arange(len(panel.values)))} | dict(
        zip(panel.channels, panel.values.T, strict=True)
    )
    parquet.write_table(to_frame(columns, "pyarrow"), table)
    settings = [
        "--horizon",
        "6",
        "--lookback",
        "24",
        "--factor",
        "hour",
        "--epochs",
        "2",
        "--batch-size",
        "63",
        "--json",
    ]
    out = tmp_path / "model.safetensors"
    command = [*RUN, "torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m", "divecast.cli"]
    ran = subprocess.run(  # noqa: S603  ourselves
        [*command, "fit", str(table), "--out", str(out), *settings], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count('"command": "fit"') == 1
    two = DeepDIVE.load(out)
    one = DeepDIVE(6, 24, ["hour"], training=TrainingConfig(epochs=2, batch_size=63)).fit(table, progress=False)
    assert_same_curve(one.history, two.history)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "panel.parquet"]


@pytest.mark.parametrize("options", [{"devices": 2, "strategy": "ddp"}, {"nodes": 2}], ids=["ddp", "nodes"])
def test_a_script_that_each_rank_runs_by_itself_gives_each_the_same_fit(tmp_path, options):
    """Started by lightning-fabric, or once a machine: two machines are two addresses of this one."""
    from lightning_fabric.plugins.environments.lightning import find_free_network_port

    script = tmp_path / "fit.py"
    script.write_text(
        f"import os, sys; sys.path[:0] = {sys.path!r}\n"
        "import numpy, test_launch\n"
        f"found = test_launch.fit_panel(**{options!r})\n"
        "rank = os.environ['LOCAL_RANK'] if 'LOCAL_RANK' in os.environ else os.environ['NODE_RANK']\n"
        f"numpy.save({str(tmp_path)!r} + '/' + rank, test_launch.curve(found.history))\n"
    )
    known = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(find_free_network_port())}
    known["OMP_NUM_THREADS"] = "1"  # two processes of as many threads as cores wait for one another
    places = [{"NODE_RANK": str(node)} for node in range(options["nodes"])] if "nodes" in options else [{}]
    started = [subprocess.Popen([sys.executable, script], env=known | place) for place in places]  # noqa: S603  ours
    assert [process.wait() for process in started] == [0] * len(places)
    for rank in range(2):
        np.testing.assert_allclose(np.load(tmp_path / f"{rank}.npy"), curve(alone()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"devices": 0}, "devices must be a whole number >= 1, got 0"),
        ({"nodes": True}, "nodes must be a whole number"),
        ({"strategy": "fsdp"}, "strategy must be one of"),
    ],
)
def test_settings_out_of_range_are_refused(setting, said):
    with pytest.raises(ConfigError, match=said):
        Machines(**setting)


def test_a_second_machine_must_know_where_the_first_is(monkeypatch):
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(ConfigError, match=r"MASTER_ADDR.*torchrun"):
        fit_panel(devices=2, nodes=2)


def test_what_cannot_be_shared_is_refused():
    from divecast.train.distributed.ranks import Ranks

    with pytest.raises(ConfigError, match="total correlation"):
        Ranks(0, 2).check(64, LossConfig(marginal_tc=1.0))
    with pytest.raises(ConfigError, match="batch_size"):
        Ranks(0, 4).check(3, LossConfig())

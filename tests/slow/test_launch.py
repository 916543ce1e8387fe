"""A fit on two processes, by gloo on the CPU, is the fit of one."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from divecast import (
    ByRecording,
    ByTime,
    DeepDIVE,
    Label,
    ModelConfig,
    Panel,
    Recordings,
    TrainingConfig,
)
from divecast.config import LossConfig
from divecast.data import to_frame
from divecast.errors import ConfigError
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
    config = TrainingConfig(**{"epochs": 2, "batch_size": 63, "learning_rate": 5e-3, "channels": 3} | training)
    return DeepDIVE(6, 24, ["hour", "weekend"], model=NOISY, training=config)


def few_labelled() -> Recordings:
    """Recordings of which few have a label, so that shares of a batch have different numbers of them."""
    found = moves(5)
    side = np.where(np.arange(len(found.names)) % 4 < 2, found.labels["side"], None)
    return replace(found, labels={**found.labels, "side": side})


def recordings_model() -> DeepDIVE:
    training = TrainingConfig(
        epochs=2, batch_size=63, learning_rate=5e-3, interleave="joint", combine="upgrad", window_stride=3
    )
    return DeepDIVE(5, 40, ["move", "side"], model=NOISY, training=training)


def fit_panel(**options: object) -> DeepDIVE:
    return panel_model().fit(holed(), ByTime(3, 1, 1), progress=False, **options)


def fit_recordings(**options: object) -> DeepDIVE:
    return recordings_model().fit(few_labelled(), ByRecording(3, 1, 1, group="person"), progress=False, **options)


@cache
def alone() -> History:
    """The panel's fit on one process."""
    return fit_panel().history


def curve(history: History) -> np.ndarray:
    return np.array([[*record.train.values(), *record.valid.values(), record.monitored] for record in history.records])


def assert_same_curve(one: History, other: History) -> None:
    """1e-5 of each term, in every pass, in training and validation."""
    np.testing.assert_allclose(curve(one), curve(other), rtol=1e-5, atol=1e-5)


class Interrupt:
    """Presses Ctrl-C at a step."""

    def __init__(self, at: int) -> None:
        self.at = at

    def on_start(self, step: int, n_steps: int) -> None:
        pass

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        if step == self.at:
            signal.raise_signal(signal.SIGINT)

    def on_epoch(self, record: object) -> None:
        pass

    def on_end(self) -> None:
        pass


class Kill(Interrupt):
    """Ends this process at a step, as an operator or the kernel might."""

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        if step == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


class Tell(Interrupt):
    """Makes a file at a step."""

    def __init__(self, at: int, path: Path) -> None:
        super().__init__(at)
        self.path = path

    def on_step(self, step: int, terms: dict[str, float]) -> None:
        if step == self.at:
            self.path.touch()


def run_script(folder: Path, lines: str) -> "subprocess.CompletedProcess[str]":
    """Run a script that lightning-fabric runs again for each further device; ``rank`` says which process it is."""
    script = folder / "fit.py"
    script.write_text(
        f"import os, sys; sys.path[:0] = {sys.path!r}\n"
        "from pathlib import Path\n"
        "import numpy\n"
        "from slow import test_launch\n"
        "from divecast import RankError\n"
        f"folder, rank = Path({str(folder)!r}), int(os.environ.get('LOCAL_RANK', 0))\n" + lines
    )
    environment = os.environ | {"OMP_NUM_THREADS": "1"}  # two processes of as many threads as cores wait for each other
    for name in ("LOCAL_RANK", "NODE_RANK", "MASTER_ADDR", "MASTER_PORT", "WORLD_SIZE"):
        environment.pop(name, None)
    return subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)  # noqa: S603  ours


# A panel is also followed by the command, and from its first steps by the ranks that resume.
@pytest.mark.parametrize("kind", [pytest.param("panel", marks=pytest.mark.long), "recordings"])
def test_two_ranks_follow_the_loss_curve_of_one(kind: str, tmp_path: Path) -> None:
    ran = run_script(
        tmp_path,
        f"model = test_launch.fit_{kind}(devices=2)\n"
        "numpy.save(folder / f'{rank}.npy', test_launch.curve(model.history))\n",
    )
    assert ran.returncode == 0, ran.stderr
    one = curve(alone() if kind == "panel" else fit_recordings().history)
    for rank in range(2):
        # Which earlier rows of a recording match best may hang on rounding.
        close = 1e-5 if kind == "panel" else 2e-3
        np.testing.assert_allclose(np.load(tmp_path / f"{rank}.npy"), one, rtol=close, atol=close)


def grown() -> Panel:
    """Days of promotion that multiply, of which half of the rows of the training part have a label."""
    draw, n = np.random.default_rng(0), 1500
    on = np.repeat(draw.random(n // 10) < 0.2, 10)
    log = 0.003 * np.arange(n) + 0.5 * np.sin(np.arange(n) * 2 * np.pi / 24) + on + 0.2 * draw.standard_normal(n)
    labels = np.where(on, "on", "off").astype(object)
    labels[(draw.random(n) < 0.5) & (np.arange(n) < 900)] = None
    panel = Panel.from_array(np.exp(log)[:, None].astype(np.float32), "2024-01-01", "1h")
    return replace(panel, labels={"promo": labels})


def fit_grown(**options: object) -> DeepDIVE:
    training, model = TrainingConfig(epochs=1, outliers="keep"), replace(SMALL, scale="auto")
    made = DeepDIVE(6, 24, ["hour", Label("promo")], model=model, training=training)
    return made.fit(grown(), ByTime(3, 1, 1), progress=False, **options)


def error_of(model: DeepDIVE) -> float:
    return model.evaluate(grown(), baselines=False).scores["DeepDIVE"].overall()["mae"]


def test_two_ranks_choose_what_one_chooses(tmp_path: Path) -> None:
    ran = run_script(
        tmp_path,
        "model = test_launch.fit_grown(devices=2)\nnumpy.save(folder / f'{rank}.npy', test_launch.error_of(model))\n",
    )
    assert ran.returncode == 0, ran.stderr
    one = fit_grown()
    assert one.fitted_model.config.scale == "power"
    for rank in range(2):
        assert np.load(tmp_path / f"{rank}.npy") == pytest.approx(error_of(one), rel=1e-3)


def test_when_a_rank_is_killed_the_first_says_so_and_one_process_resumes_from_the_checkpoint(tmp_path: Path) -> None:
    ran = run_script(
        tmp_path,
        "import signal, threading, time\n"
        "def die():\n"
        "    while not (folder / 'now').exists(): time.sleep(0.01)\n"
        "    os.kill(os.getpid(), signal.SIGKILL)\n"
        "if rank: threading.Thread(target=die, daemon=True).start()\n"
        "try:\n"
        "    test_launch.fit_panel(\n"
        "        devices=2, checkpoint=folder / 'fit.checkpoint', callbacks=[test_launch.Tell(9, folder / 'now')]\n"
        "    )\n"
        "except RankError as error:\n"
        "    (folder / 'error').write_text(str(error))\n",
    )
    assert "lost the connection to another" in (tmp_path / "error").read_text(), ran.stderr
    resumed = fit_panel(checkpoint=tmp_path / "fit.checkpoint", resume=True)
    assert_same_curve(resumed.history, alone())


@pytest.mark.long
def test_when_the_first_rank_is_killed_the_other_ends_and_the_checkpoint_is_whole(tmp_path: Path) -> None:
    # returns once every process that holds its pipes is gone
    ran = run_script(
        tmp_path,
        "test_launch.fit_panel(devices=2, checkpoint=folder / 'fit.checkpoint', callbacks=[test_launch.Kill(9)])\n",
    )
    assert ran.returncode == -signal.SIGKILL, ran.stderr
    assert_same_curve(fit_panel(checkpoint=tmp_path / "fit.checkpoint", resume=True).history, alone())


def test_two_ranks_resume_from_the_checkpoint_of_one(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        fit_panel(checkpoint=tmp_path / "fit.checkpoint", callbacks=[Interrupt(2)])
    ran = run_script(
        tmp_path,
        "model = test_launch.fit_panel(devices=2, checkpoint=folder / 'fit.checkpoint', resume=True)\n"
        "if not rank: numpy.save(folder / 'curve.npy', test_launch.curve(model.history))\n",
    )
    assert ran.returncode == 0, ran.stderr
    np.testing.assert_allclose(np.load(tmp_path / "curve.npy"), curve(alone()), rtol=1e-5, atol=1e-5)


def fit_by_command(table: Path, out: Path, *launcher: str) -> "subprocess.CompletedProcess[str]":
    """Fit by the command line, with whatever starts it before."""
    settings = [
        "--horizon",
        "6",
        "--lookback",
        "24",
        "--factor",
        "hour",
        "--epochs",
        "1",
        "--batch-size",
        "125",
        "--json",
    ]
    command = [*launcher, "-m", "divecast.cli", "fit", str(table), "--out", str(out), *settings]
    devices = [] if len(launcher) > 1 else ["--devices", "2"]
    return subprocess.run([*command, *devices], capture_output=True, text=True, check=False)  # noqa: S603  ours


@pytest.mark.parametrize(
    "launcher",
    [
        (sys.executable,),
        pytest.param((*RUN, "torch.distributed.run", "--standalone", "--nproc-per-node=2"), marks=pytest.mark.long),
    ],
    ids=["devices", "torchrun"],
)
def test_the_command_fits_once_with_two_processes_and_one_of_them_writes(
    launcher: tuple[str, ...], tmp_path: Path
) -> None:
    from pyarrow import parquet

    panel, table, out = holed(), tmp_path / "panel.parquet", tmp_path / "model.safetensors"
    stamps = {"time": panel.clock.at(np.arange(len(panel.values)))}
    columns = stamps | dict(zip(panel.channels, panel.values.T, strict=True))
    parquet.write_table(to_frame(columns, "pyarrow"), table)
    ran = fit_by_command(table, out, *launcher)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count('"command": "fit"') == 1
    one = DeepDIVE(6, 24, ["hour"], training=TrainingConfig(epochs=1, batch_size=125)).fit(table, progress=False)
    assert_same_curve(one.history, DeepDIVE.load(out).history)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.safetensors", "panel.parquet"]


@pytest.mark.long
def test_two_machines_fit_one_model(tmp_path: Path) -> None:
    """Two machines are two processes of this one, each started by hand."""
    from lightning_fabric.plugins.environments.lightning import find_free_network_port

    script = tmp_path / "fit.py"
    script.write_text(
        f"import os, sys; sys.path[:0] = {sys.path!r}\n"
        "import numpy\n"
        "from slow import test_launch\n"
        "model = test_launch.fit_panel(nodes=2)\n"
        f"numpy.save({str(tmp_path)!r} + '/' + os.environ['NODE_RANK'], test_launch.curve(model.history))\n"
    )
    known = os.environ | {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(find_free_network_port())}
    known["OMP_NUM_THREADS"] = "1"
    started = [
        subprocess.Popen([sys.executable, script], env=known | {"NODE_RANK": str(node)})  # noqa: S603  ours
        for node in range(2)
    ]
    assert [process.wait() for process in started] == [0, 0]
    for rank in range(2):
        np.testing.assert_allclose(np.load(tmp_path / f"{rank}.npy"), curve(alone()), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ({"devices": 0}, "devices must be a whole number >= 1: got 0"),
        ({"nodes": True}, "nodes must be a whole number"),
    ],
)
def test_settings_out_of_range_are_refused(setting, said):
    with pytest.raises(ConfigError, match=said):
        Machines(**setting)


def test_a_second_machine_must_know_where_the_first_is(monkeypatch):
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(ConfigError, match=r"MASTER_ADDR[^.]*not set.*torchrun"):
        fit_panel(devices=2, nodes=2)


def test_what_cannot_be_shared_is_refused():
    from divecast.train.distributed.ranks import Ranks

    with pytest.raises(ConfigError, match="total correlation"):
        Ranks(0, 2).check(64, LossConfig(marginal_tc=1.0))
    with pytest.raises(ConfigError, match="batch_size"):
        Ranks(0, 4).check(3, LossConfig())

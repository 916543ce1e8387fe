"""A fit that is broken off, by whatever, ends with the weights of an unbroken one."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from divecast.config import TrainingConfig
from divecast.errors import ArtifactError
from divecast.model.network import Network
from divecast.persistence.artifact import read_artifact, write_artifact
from divecast.train.checkpoint import KIND, SCHEMA
from divecast.train.history import EpochRecord, History
from divecast.train.loop import Checkpointing
from laws import assert_same_bits, frozen
from train.fits import PER_EPOCH, Watch, fitted, task

MIDDLE, LAST_OF_PASS, LAST = PER_EPOCH + 1, PER_EPOCH, 2 * PER_EPOCH


@pytest.fixture(scope="module")
def unbroken() -> tuple[Network, History]:
    return fitted(task())


def without_time(history: History) -> list[EpochRecord]:
    return [replace(record, seconds=0.0) for record in history.records]


def assert_resumes(path: Path, unbroken: tuple[Network, History], first: int) -> None:
    """The fit goes on after batch ``first`` and ends as the unbroken one."""
    watch = Watch()
    net, history = fitted(task(), Checkpointing(path, resume=True), [watch])
    assert watch.steps() == list(range(first + 1, LAST + 1))
    assert_same_bits(frozen(net), frozen(unbroken[0]))
    assert without_time(history) == without_time(unbroken[1])


@pytest.mark.parametrize("at", [1, LAST_OF_PASS, MIDDLE])
def test_ctrl_c_leaves_a_checkpoint_to_go_on_from(at: int, tmp_path: Path, unbroken: tuple[Network, History]) -> None:
    path, before = tmp_path / "fit.ckpt", signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        fitted(task(), Checkpointing(path, seconds=1e9), [Watch(at, "interrupt")])
    assert signal.getsignal(signal.SIGINT) is before
    assert_resumes(path, unbroken, at)


def test_ctrl_c_without_a_checkpoint_just_stops() -> None:
    watch = Watch(MIDDLE, "interrupt")
    with pytest.raises(KeyboardInterrupt):
        fitted(task(), callbacks=[watch])
    assert watch.steps()[-1] == MIDDLE


def test_a_fit_that_breaks_resumes_from_the_last_checkpoint(tmp_path: Path, unbroken: tuple[Network, History]) -> None:
    path = tmp_path / "fit.ckpt"
    with pytest.raises(RuntimeError):
        fitted(task(), Checkpointing(path, seconds=0.0), [Watch(MIDDLE, "raise")])
    assert_resumes(path, unbroken, MIDDLE - 1)


def test_a_fit_that_breaks_before_the_time_is_up_resumes_from_the_last_pass(
    tmp_path: Path, unbroken: tuple[Network, History]
) -> None:
    path = tmp_path / "fit.ckpt"
    with pytest.raises(RuntimeError):
        fitted(task(), Checkpointing(path, seconds=1e9), [Watch(MIDDLE, "raise")])
    assert_resumes(path, unbroken, PER_EPOCH)


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_killed_process_resumes(tmp_path: Path, unbroken: tuple[Network, History]) -> None:
    path = tmp_path / "fit.ckpt"
    script = f"from train.fits import fit_and_die; fit_and_die({str(path)!r}, {MIDDLE})"
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, check=False, timeout=120)  # noqa: S603
    assert done.returncode == -signal.SIGKILL
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]
    assert_resumes(path, unbroken, MIDDLE - 1)


def test_broken_off_twice(tmp_path: Path, unbroken: tuple[Network, History]) -> None:
    path = tmp_path / "fit.ckpt"
    for at in (1, MIDDLE):
        with pytest.raises(KeyboardInterrupt):
            fitted(task(), Checkpointing(path, resume=True), [Watch(at, "interrupt")])
    assert_resumes(path, unbroken, MIDDLE)


def test_resuming_from_nothing_starts(tmp_path: Path, unbroken: tuple[Network, History]) -> None:
    assert_resumes(tmp_path / "fit.ckpt", unbroken, 0)


def test_a_former_checkpoint_is_read_to_resume_only_and_that_of_a_finished_fit_gives_it_back(
    tmp_path: Path, unbroken: tuple[Network, History]
) -> None:
    path = tmp_path / "fit.ckpt"
    path.write_text("not a checkpoint")
    net, _ = fitted(task(), Checkpointing(path))
    assert_same_bits(frozen(net), frozen(unbroken[0]))
    assert_resumes(path, unbroken, LAST)


@pytest.mark.parametrize("interleave", ["epoch", "joint"])
def test_other_schedules_resume_too(interleave: str, tmp_path: Path) -> None:
    what = task(config=TrainingConfig(epochs=2, batch_size=64, interleave=interleave))
    whole, _ = fitted(what)
    with pytest.raises(KeyboardInterrupt):
        fitted(what, Checkpointing(tmp_path / "c"), [Watch(MIDDLE, "interrupt")])
    again, _ = fitted(what, Checkpointing(tmp_path / "c", resume=True))
    assert_same_bits(frozen(again), frozen(whole))


def test_a_checkpoint_of_other_settings_is_refused_and_the_difference_named(tmp_path: Path) -> None:
    path = tmp_path / "fit.ckpt"
    with pytest.raises(KeyboardInterrupt):
        fitted(task(seed=0), Checkpointing(path), [Watch(1, "interrupt")])
    with pytest.raises(ArtifactError, match="seed: checkpoint 0, now 1") as refused:
        fitted(task(seed=1), Checkpointing(path, resume=True))
    assert "learning_rate" not in str(refused.value)
    other = TrainingConfig(epochs=2, batch_size=64, learning_rate=0.5)
    with pytest.raises(ArtifactError, match=r"\(settings\.training\.learning_rate: checkpoint 0\.01, now 0\.5\)"):
        fitted(task(config=other), Checkpointing(path, resume=True))


def test_settings_that_are_tuples_are_the_same_when_read_back(tmp_path: Path) -> None:
    """JSON knows lists alone."""
    what = replace(task(), identity={"factors": [{"order": ("slow", "fast")}]})
    with pytest.raises(KeyboardInterrupt):
        fitted(what, Checkpointing(tmp_path / "c"), [Watch(1, "interrupt")])
    _, history = fitted(what, Checkpointing(tmp_path / "c", resume=True))
    assert len(history.records) == 2


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "fit.ckpt"
    with pytest.raises(KeyboardInterrupt):
        fitted(task(), Checkpointing(path), [Watch(1, "interrupt")])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ArtifactError, match="damaged"):
        fitted(task(), Checkpointing(path, resume=True))


def test_a_checkpoint_of_averaged_weights_without_their_mean_is_refused(tmp_path: Path) -> None:
    path, averaged = tmp_path / "fit.ckpt", task(config=TrainingConfig(epochs=2, batch_size=64, average=True))
    with pytest.raises(KeyboardInterrupt):
        fitted(averaged, Checkpointing(path, seconds=1e9), [Watch(1, "interrupt")])
    whole = read_artifact(path, KIND, SCHEMA)
    without = {name: value for name, value in whole.tensors.items() if not name.startswith("mean.")}
    write_artifact(path, replace(whole, tensors=without))
    with pytest.raises(ArtifactError, match="mean"):
        fitted(averaged, Checkpointing(path, resume=True))

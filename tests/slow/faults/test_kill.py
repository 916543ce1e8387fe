"""A process that is killed leaves the former file or the new one, and what comes after goes on as if it had not been.

Each kill is at a known place of the code, in a process of its own; research/reliability/kill.py kills at random.
"""

import os
import signal
from collections.abc import Callable
from itertools import count
from pathlib import Path

import numpy as np
import pytest
import torch

from divecast import open_store, write_store
from divecast.errors import ArtifactError
from divecast.persistence import atomic
from divecast.persistence.atomic import replacing
from research.paper.runs import RunJob, missing, read_records
from research.reliability import kill, killed_fit
from research.reliability.products import command
from research.reliability.small_fit import SmallFit, prepare
from studies.lines import record

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # fork beside idle threads of libraries
]
FORMER, NEW = b"former" * 100, b"new" * 1000


def killed(work: Callable[[], object]) -> bool:
    """Do work in a process of its own; return whether it was killed."""
    child = os.fork()
    if child == 0:
        try:
            torch.set_num_threads(1)
            work()
        finally:
            os._exit(1)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def deadly(place: object, name: str, nth: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the nth call of a function kill the process at its start."""
    real, calls = getattr(place, name), count(1)

    def counted(*given: object, **named: object) -> object:
        if next(calls) == nth:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **named)

    monkeypatch.setattr(place, name, counted)


def write(path: Path, content: bytes = NEW) -> None:
    with replacing(path) as temporary:
        temporary.write_bytes(content[:7])
        temporary.write_bytes(content)


def names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir())


@pytest.mark.parametrize(
    ("place", "name", "nth", "found"),
    [
        (Path, "rename", 1, FORMER),  # before the lock has its name
        (Path, "write_bytes", 2, FORMER),
        (os, "fsync", 1, FORMER),
        (Path, "replace", 1, FORMER),
        (atomic.shutil, "rmtree", 1, NEW),
    ],
)
def test_a_killed_write_leaves_the_former_file_or_the_new(
    place: object, name: str, nth: int, found: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a file"
    path.write_bytes(FORMER)
    with monkeypatch.context() as patched:
        deadly(place, name, nth, patched)
        assert killed(lambda: write(path))
    assert path.read_bytes() == found
    left = names(tmp_path)
    assert len(left) == 2
    write(tmp_path / "another")
    assert names(tmp_path) == ["a file", "another"] or name == "rename"


def test_what_another_is_writing_is_not_taken_for_a_dead_ones(tmp_path: Path) -> None:
    with replacing(tmp_path / "slow") as temporary:
        temporary.write_bytes(FORMER)
        write(tmp_path / "quick")
        child = os.fork()
        if child == 0:
            write(tmp_path / "of another process")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert temporary.read_bytes() == FORMER
    assert (tmp_path / "slow").read_bytes() == FORMER
    assert names(tmp_path) == ["of another process", "quick", "slow"]


def put(path: Path, fill: float) -> None:
    write_store(path, [np.full((20, 2), fill, dtype=np.float32)] * 3, ["a", "b"], "2024-01-01", "1h")


@pytest.mark.parametrize(
    ("name", "nth", "fill"), [("fsync", 1, 1.0), ("fsync", 2, 1.0), ("replace", 1, 1.0), ("replace", 2, 1.0)]
)
def test_a_killed_store_is_the_former(
    name: str, nth: int, fill: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store"
    put(path, 1.0)
    with monkeypatch.context() as patched:
        deadly(os, name, nth, patched)
        assert killed(lambda: put(path, 2.0))
    assert (np.asarray(open_store(path).values) == fill).all()
    put(path, 3.0)
    assert (np.asarray(open_store(path).values) == 3.0).all()
    assert names(tmp_path) == ["store"]
    assert len(names(path)) == 2


def test_a_store_killed_as_it_clears_up_is_the_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path / "store", 1.0)
    with monkeypatch.context() as patched:
        deadly(Path, "unlink", 1, patched)
        assert killed(lambda: put(tmp_path / "store", 2.0))
    assert (np.asarray(open_store(tmp_path / "store").values) == 2.0).all()


@pytest.fixture(scope="module")
def fit(tmp_path_factory: pytest.TempPathFactory) -> SmallFit:
    """A fit of 8 steps that ran to its end."""
    fit = prepare(tmp_path_factory.mktemp("unbroken"), width=8, epochs=1, days=21)
    assert command(*fit.command)[0] == 0
    return fit


@pytest.mark.parametrize("writes", [(1,), (3, 2), ("last", 1)])
def test_a_fit_killed_in_its_writes_ends_as_the_unbroken(
    writes: tuple[int | str, ...], fit: SmallFit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, steps = prepare(tmp_path, width=8, epochs=1, days=21), [0]
    monkeypatch.setattr(killed_fit, "SECONDS", 0.0)
    for nth in writes:
        with monkeypatch.context() as patched:
            if nth == "last":
                deadly(killed_fit.DeepDIVE, "save", 1, patched)
            else:
                deadly(os, "fsync", int(nth), patched)
            assert killed(lambda: killed_fit._fit(broken.command))
        left = killed_fit.what_is_left(broken)
        assert left["whole"]
        assert left["step"] >= steps[-1]
        steps.append(left["step"])
    if writes == (3, 2):
        assert steps == [0, 2, 3]
    assert command(*broken.command)[0] == 0
    assert killed_fit.without_times(broken.model) == killed_fit.without_times(fit.model)
    assert names(tmp_path) == names(fit.folder)


def test_half_a_checkpoint_in_its_place_would_be_seen(fit: SmallFit, tmp_path: Path) -> None:
    other = SmallFit(tmp_path)
    assert killed_fit.what_is_left(other)["whole"]
    other.checkpoint.write_bytes(fit.model.read_bytes()[:1000])
    assert not killed_fit.what_is_left(other)["whole"]


def test_a_run_that_was_killed_as_it_was_written_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = RunJob("motion", None, True, "a", 0, tmp_path)
    with monkeypatch.context() as patched:
        deadly(os, "fsync", 1, patched)
        assert killed(lambda: record("a", 0, "motion").write(job.file))
    assert names(job.file.parent) != []
    assert missing([job]) == [job]
    assert read_records(tmp_path) == []
    record("a", 0, "motion").write(job.file)
    assert names(job.file.parent) == [job.file.name]
    assert len(read_records(tmp_path)) == 1


def test_the_section_counts_what_did_not_hold() -> None:
    good = {"of": "fit", "event": "kill", "aim": "any", "step": 3, "model": False, "whole": True, "half": "model"}
    ends = [{"of": "fit", "event": "end", "kills": 1, "equal": equal, "strays": []} for equal in (True, False)]
    text = " ".join(kill.section([{**good, "went_back": False}, *ends]).split())
    assert "1 random moments over 2 fits" in text
    assert "1 while the model was" in text
    assert "1 of 2 ended with the model of the uninterrupted fit" in text
    assert "research.paper" not in text


def test_a_file_that_cannot_be_made_is_no_bare_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(FORMER)
    with pytest.raises(ArtifactError, match="Could not write"):
        write(tmp_path / "file" / "below")

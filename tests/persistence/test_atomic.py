"""Folders for a while: theirs alone while a process lives, removed after it dies."""

import errno
import os
import sys
import time
from pathlib import Path

import pytest

from divecast.errors import ArtifactError
from divecast.persistence import atomic
from divecast.persistence.atomic import replacing, reserve, scratch_beside, staging

locks = pytest.mark.skipif(sys.platform == "win32", reason="this system cannot lock folders")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def abandon(out: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Leave a scratch folder behind as a killed process would: with its content, not locked."""
    with monkeypatch.context() as patched:
        patched.setattr(atomic.shutil, "rmtree", lambda *_, **__: None)
        with scratch_beside(out) as folder:
            (folder / "values").write_bytes(b"panel")
    return folder


@locks
def test_what_the_dead_left_is_removed_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for begin in (scratch_beside, replacing, lambda out: staging(out.parent)):
        left = abandon(tmp_path / "values", monkeypatch)
        assert (left / "values").is_file()
        with begin(tmp_path / "other"):
            assert not left.exists()


def test_what_the_living_use_stays(tmp_path: Path) -> None:
    with scratch_beside(tmp_path / "values") as folder:
        (folder / "values").write_bytes(b"panel")
        with scratch_beside(tmp_path / "values") as other, replacing(tmp_path / "result") as file:
            assert other != folder
            file.write_bytes(b"done")
        assert (folder / "values").read_bytes() == b"panel"
        assert folder.stat().st_mode & 0o077 == 0
    assert names(tmp_path) == ["result"]


def test_a_folder_is_removed_after_an_error_of_its_user(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), scratch_beside(tmp_path / "values") as folder:
        (folder / "none").read_bytes()
    assert names(tmp_path) == []


def test_a_folder_that_was_never_locked_is_removed_when_old(tmp_path: Path) -> None:
    prefix = f".divecast-{atomic.platform.node()}-"
    for name, age in (("old", 2 * 3600), ("young", 60)):
        (tmp_path / f"{prefix}{name}.new").mkdir()
        os.utime(tmp_path / f"{prefix}{name}.new", (time.time() - age, time.time() - age))
    with staging(tmp_path):
        pass
    assert names(tmp_path) == [f"{prefix}young.new"]


def test_no_folder_to_write_beside_is_said(tmp_path: Path) -> None:
    with pytest.raises(ArtifactError, match="Could not write beside"), scratch_beside(tmp_path / "none" / "out"):
        pass


def test_no_room_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def fill() -> None:
        with scratch_beside(tmp_path / "values") as folder:
            reserve(folder / "values", 100)

    monkeypatch.setattr(os, "posix_fallocate", full, raising=False)
    with pytest.raises(ArtifactError, match=r"\(No space left on device\)"):
        fill()
    assert names(tmp_path) == []


def test_a_reserved_file_is_all_zeros(tmp_path: Path) -> None:
    for n_bytes in (0, 5000):
        reserve(tmp_path / "file", n_bytes)
        assert (tmp_path / "file").read_bytes() == bytes(n_bytes)

"""Atomic writing: a file is written completely or not at all."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from glob import escape
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import uuid4

from divecast.errors import ArtifactError

if sys.platform != "win32":
    import fcntl


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield an empty temporary file, and move it to ``path`` when the block ends without an error.

    Raises:
        ArtifactError: the disk is full, or the folder is missing or read-only. A former file at ``path`` is unchanged.
    """
    try:
        with staging(path.parent) as folder:
            temporary = folder / path.name
            temporary.touch()
            mode = temporary.stat().st_mode
            yield temporary
            temporary.chmod(mode)  # safetensors creates the file anew, readable by its owner only
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    except OSError as error:
        raise ArtifactError(
            f"Could not write {path} ({error.strerror or error}); a former file is unchanged",
            hint="Choose an existing, writable folder with enough free space",
        ) from error


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """Yield an empty folder in ``parent``, on the same file system; it is removed when the block ends.

    Folders left behind by killed processes of this machine are removed first. A folder in use is locked, and the
    system releases the lock when the process ends. Without such locks (Windows, some network file systems) they stay.

    Raises:
        OSError: the folder cannot be created.
    """
    prefix = f".divecast-{platform.node()}-"  # locks held on another machine may not be visible here
    for leftover in parent.glob(f"{escape(prefix)}*.part"):
        with suppress(OSError), _locked(leftover) as abandoned:
            if abandoned:
                shutil.rmtree(leftover)
    unlocked, folder = (parent / f"{prefix}{uuid4().hex}.{stage}" for stage in ("new", "part"))
    try:
        unlocked.mkdir()
        with _locked(unlocked):
            unlocked.rename(folder)
            yield folder
    finally:
        for path in (unlocked, folder):
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder until the block ends; yield whether the lock was acquired."""
    if sys.platform == "win32":
        yield False
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(descriptor)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def scratch_beside(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path``; it and its content are removed when the block ends.

    Raises:
        ArtifactError: the folder of ``path`` is missing or read-only.
    """
    try:
        folder = TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise ArtifactError(
            f"Could not write beside {path} ({error})", hint="Choose an existing, writable folder"
        ) from error
    with folder as name:
        yield Path(name)


def make_folder(folder: Path) -> None:
    """Create a folder and its parents; an existing folder is left as it is.

    Raises:
        ArtifactError: the folder cannot be created or is not writable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"Could not create the folder {folder} ({error})", hint="Choose another folder") from error
    if not os.access(folder, os.W_OK):  # checked now, before any result is computed and lost
        raise ArtifactError(f"The folder {folder} is read-only", hint="Choose another folder")

"""Files that are written whole or not at all."""

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
    """Give an empty temporary file beside ``path``, and move it there when the block ends well.

    Raises:
        ArtifactError: the disk is full, the folder is missing or read-only; what was at ``path`` is left as it was.
    """
    try:
        with staging(path.parent) as folder:
            temporary = folder / path.name
            temporary.touch()
            mode = temporary.stat().st_mode
            yield temporary
            temporary.chmod(mode)  # safetensors makes a file of its own, which nobody else may read
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    except OSError as error:
        raise ArtifactError(
            f"could not write {path}: {error.strerror or error}. Any former file is as it was; "
            "give a folder that exists, may be written to and has room"
        ) from error


@contextmanager
def staging(parent: Path) -> Iterator[Path]:
    """Give an empty folder in ``parent``, on the disk of what is to be moved there; it is removed when the block ends.

    Those that killed processes of this machine left are removed first: a lock, which ends with its process, tells them
    from those in use. Where there are no such locks (Windows, some network disks) they stay.

    Raises:
        OSError: the folder cannot be made.
    """
    kind = f".divecast-{platform.node()}-"  # the locks of another machine may not be seen here
    for left in parent.glob(f"{escape(kind)}*.part"):
        with suppress(OSError), _locked(left) as abandoned:
            if abandoned:
                shutil.rmtree(left)
    unlocked, folder = (parent / f"{kind}{uuid4().hex}.{stage}" for stage in ("new", "part"))
    try:
        unlocked.mkdir()
        with _locked(unlocked):
            unlocked.rename(folder)
            yield folder
    finally:
        for made in (unlocked, folder):
            shutil.rmtree(made, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[bool]:
    """Lock a folder until the block ends; say whether it could be locked."""
    if sys.platform == "win32":
        yield False
        return
    held = os.open(folder, os.O_RDONLY)
    try:
        yield _lock(held)
    finally:
        os.close(held)


def _lock(held: int) -> bool:
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def scratch_beside(path: Path) -> Iterator[Path]:
    """Give an empty folder beside ``path``, and remove it with all that is in it when the block ends.

    Raises:
        ArtifactError: the folder of ``path`` is missing or read-only.
    """
    try:
        folder = TemporaryDirectory(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise ArtifactError(
            f"could not write beside {path}: {error}. Give a folder that exists and may be written to"
        ) from error
    with folder as name:
        yield Path(name)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; one that is there is left as it is.

    Raises:
        ArtifactError: it cannot be made, or not be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArtifactError(f"expected a folder to write to at {folder}, could not make it: {error}") from error
    if not os.access(folder, os.W_OK):  # else each run would be made and lost
        raise ArtifactError(f"expected a folder to write to at {folder}, it is read-only; give another")

"""Atomic writing: a file is written completely or not at all."""

import errno
import os
import platform
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from glob import escape
from pathlib import Path
from uuid import uuid4

from divecast.errors import ArtifactError

if sys.platform != "win32":
    import fcntl

_NO_ROOM = {errno.ENOSPC, errno.EFBIG, *([errno.EDQUOT] if hasattr(errno, "EDQUOT") else [])}
_NEW_FOR = 3600.0
"""Seconds after which a folder that has not been locked never will be."""


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
    Only this user may read the folder; what is moved out of it has its own mode.

    Raises:
        OSError: the folder cannot be created.
    """
    prefix = f".divecast-{platform.node()}-"  # locks held on another machine may not be visible here
    _sweep(parent, prefix)
    unlocked, folder = (parent / f"{prefix}{uuid4().hex}.{stage}" for stage in ("new", "part"))
    try:
        unlocked.mkdir(mode=0o700)
        with _locked(unlocked):
            unlocked.rename(folder)
            yield folder
    finally:
        for path in (unlocked, folder):
            shutil.rmtree(path, ignore_errors=True)


def _sweep(parent: Path, prefix: str) -> None:
    """Remove folders whose process has ended, and those whose process ended before it could lock them."""
    for leftover in parent.glob(f"{escape(prefix)}*.part"):
        with suppress(OSError), _locked(leftover) as abandoned:
            if abandoned:
                shutil.rmtree(leftover)
    for leftover in parent.glob(f"{escape(prefix)}*.new"):
        with suppress(OSError):
            if time.time() - leftover.stat().st_mtime > _NEW_FOR:
                leftover.rmdir()  # it is empty until it is locked


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

    It is locked, and removed after its process is killed, as that of :func:`staging`.

    Raises:
        ArtifactError: the folder of ``path`` is missing or read-only, or the block found no more room on the disk.
    """
    with ExitStack() as stack:
        try:
            folder = stack.enter_context(staging(path.parent))
        except OSError as error:
            raise ArtifactError(
                f"Could not write beside {path} ({error})", hint="Choose an existing, writable folder"
            ) from error
        try:
            yield folder
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            raise ArtifactError(
                f"Could not write beside {path} ({error.strerror})", hint="Choose a folder with enough free space"
            ) from error


def reserve(file: Path, n_bytes: int) -> None:
    """Make a file of zeros that has its room on the disk: a map of it cannot run out of it, which ends the process.

    Raises:
        OSError: there is no room.
    """
    with file.open("wb") as out:
        if n_bytes and hasattr(os, "posix_fallocate"):
            try:
                os.posix_fallocate(out.fileno(), 0, n_bytes)
            except OSError as error:
                if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):  # file systems that cannot reserve
                    raise
        out.truncate(n_bytes)


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

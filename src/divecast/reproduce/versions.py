"""What a run was made with."""

import hashlib
import platform
from functools import cache
from pathlib import Path

import torch

import divecast

_OTHER = ("cli", "reproduce")  # rooms that change no number of a run
_SCORING = ("reproduce/run.py", "reproduce/measured.py")  # but these do; what the others of the room do is in ``asked``


@cache
def versions() -> dict[str, str]:
    """Return the versions of divecast, torch and Python, and a hash of the code that fits and scores."""
    return {
        "divecast": divecast.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "code": code_hash(Path(divecast.__file__).parent),
    }


def code_hash(package: Path) -> str:
    """Return a hash of the code that fits and scores."""
    digest = hashlib.sha256()
    for file in sorted(package.rglob("*.py")):
        name = file.relative_to(package)
        if name.parts[0] not in _OTHER or name.as_posix() in _SCORING:
            digest.update(f"{name.as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]

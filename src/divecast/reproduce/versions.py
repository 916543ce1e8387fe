"""What a run was made with."""

import hashlib
import platform
from functools import cache
from pathlib import Path

import torch

import divecast

_OTHER = ("cli", "reproduce")  # rooms that change no number of a fit


@cache
def versions() -> dict[str, str]:
    """Return the versions of divecast, torch and Python, and a hash of the code that fits and scores."""
    root = Path(divecast.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(root.rglob("*.py")):
        name = file.relative_to(root)
        if name.parts[0] not in _OTHER:
            digest.update(f"{name}\n".encode() + file.read_bytes())
    return {
        "divecast": divecast.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "code": digest.hexdigest()[:12],
    }

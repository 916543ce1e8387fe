"""The versions of the code that made a run."""

import hashlib
import platform
from functools import cache
from pathlib import Path

import torch

import divecast

_COMMANDS = "cli"  # changes no number of a run
_SCORING = ("run.py", "measured.py")  # of this folder; what its other files decide is recorded in ``asked``


@cache
def versions() -> dict[str, str]:
    """Return the versions of divecast, torch and Python, and a hash of the code that fits and scores."""
    return {
        "divecast": divecast.__version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "code": code_hash(Path(divecast.__file__).parent, Path(__file__).parent),
    }


def code_hash(package: Path, study: Path) -> str:
    """Return a hash of the package without its commands, and of the files of the study that score."""
    digest = hashlib.sha256()
    library = [file for file in sorted(package.rglob("*.py")) if file.relative_to(package).parts[0] != _COMMANDS]
    for folder, files in ((package, library), (study, [study / name for name in _SCORING])):
        for file in files:
            digest.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]

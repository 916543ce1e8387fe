"""Lines of JSON that several processes add to one file."""

import os
from pathlib import Path


def append_line(path: Path, line: str) -> None:
    """Append in one call, so that lines of several processes stay whole."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)

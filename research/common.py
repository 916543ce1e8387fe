"""Lines of JSON that several processes add to one file."""

import json
import os
from pathlib import Path
from typing import Any

from divecast.errors import ConfigError


def append_line(path: Path, line: str) -> None:
    """Append in one call, so that lines of several processes stay whole."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the lines that are there.

    Raises:
        ConfigError: one is no JSON.
    """
    if not path.exists():
        return []
    try:
        return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    except json.JSONDecodeError as error:
        raise ConfigError(f"expected a JSON object on each line of {path}, got {error}; remove the line") from error

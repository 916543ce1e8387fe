"""The line of its file that a row of a table came from, for messages."""

import gzip
import json
import re
from itertools import islice
from pathlib import Path
from typing import Any, TextIO

from divecast.data.tables.columns import Frame

SEPARATOR_LINE = re.compile('"?sep=(.)"?', re.IGNORECASE)
"""A first line such as ``sep=;``."""

_KEY = b"divecast.file"


def marked(table: Any, path: Path, encoding: str | None) -> Any:
    """A pyarrow table that knows which text file it came from."""
    mark = json.dumps({"path": str(path), "encoding": encoding}).encode()
    return table.replace_schema_metadata({**(table.schema.metadata or {}), _KEY: mark})


def row_name(frame: Frame, row: int, *more: str) -> str:
    """What to call a row: the line of its file, if the table came from a text file; else its number.

    Args:
        frame: the table.
        row: number of the row, from 0.
        more: what else is known of it, such as its time.
    """
    metadata = getattr(getattr(frame.to_native(), "schema", None), "metadata", None)
    if isinstance(metadata, dict) and _KEY in metadata:
        mark = json.loads(metadata[_KEY])
        path = Path(mark["path"])
        line = _line_of(path, mark["encoding"], row)
        if line is not None:
            return f"line {line} of {path.name}{f' ({told})' if (told := ', '.join(more)) else ''}"
    return f"row {row} ({', '.join(['counting from 0', *more])})"


def open_text(path: Path, encoding: str | None) -> TextIO:
    """Open a text file, which may be gzipped."""
    opening: Any = gzip.open if path.name.lower().endswith(".gz") else open
    file: TextIO = opening(path, "rt", encoding=encoding or "utf-8-sig", errors="replace")
    return file


def says_separator(path: Path, encoding: str | None) -> bool:
    """Whether the first line of a text file only names the sign between the columns, as Excel has it."""
    with open_text(path, encoding) as file:
        return SEPARATOR_LINE.fullmatch(file.readline().strip()) is not None


def _line_of(path: Path, encoding: str | None, row: int) -> int | None:
    """Number of the line of a row, from 1, since blank lines hold no row; None if the file is no longer there."""
    try:
        with open_text(path, encoding) as file:
            filled = (number for number, line in enumerate(file, start=1) if line.strip("\r\n"))
            return next(islice(filled, row + 1 + says_separator(path, encoding), None), None)
    except OSError:
        return None

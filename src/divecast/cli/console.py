"""Output of the command: results on stdout, everything else on stderr; exit codes."""

import json
import math
import os
import shlex
import shutil
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TextIO

from divecast._text import duration, json_visible, visible
from divecast.errors import DataWarning, as_argument
from divecast.jobs.contract import JobProgress
from divecast.persistence.json_values import plain

OK, USER_ERROR, INTERRUPTED, UNREAD = 0, 2, 130, 141

_LONGEST = 500  # characters of a word in a message, such as a path
_PIPE_WIDTH = 120  # a pipe has no width of its own, and 80 would cut tables off


def say(message: str, style: str = "") -> None:
    """Print one line on stderr."""
    from rich.console import Console
    from rich.text import Text

    words = (
        word if len(word) <= _LONGEST else f"{word[: _LONGEST // 2]}...{word[-_LONGEST // 2 :]}"
        for word in message.split()
    )
    Console(stderr=True, soft_wrap=True).print(Text(visible(" ".join(words)), style=style))


_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)


def tell(message: str) -> None:
    """Print one line on stderr, unless only JSON is to be printed."""
    if not _QUIET.get():
        say(message)


@contextmanager
def quiet(on: bool) -> Iterator[None]:
    """Leave out what :func:`tell` would print, if ``on``."""
    token = _QUIET.set(on)
    try:
        yield
    finally:
        _QUIET.reset(token)


def tell_progress(progress: JobProgress[Any], name: str) -> None:
    """Print on stderr whether the job ``name`` succeeded, and the time left."""
    state = "done" if progress.error is None else "FAILED"
    say(f"{progress.done}/{progress.todo} {name} {state}, {duration(progress.seconds_left)} left")


def print_lines(*lines: str) -> None:
    """Print lines on stdout; characters that would control the terminal are shown as escapes."""
    sys.stdout.write("".join(f"{visible(line)}\n" for line in lines))


def print_json(result: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout; numbers that JSON lacks become null."""
    print_lines(json_visible(json.dumps(plain(result), indent=2, ensure_ascii=not _is_utf8())))


def _is_utf8() -> bool:
    return (getattr(sys.stdout, "encoding", None) or "utf-8").lower().replace("-", "") == "utf8"


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str] | None]) -> None:
    """Print a table on stdout.

    Args:
        title: title above the table.
        header: names of the columns; all but the first two are aligned to the right.
        rows: cells of each row; None draws a line between groups of rows.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    print_lines(title)  # rich would break a title at the width of the table
    table = Table(box=box.SIMPLE_HEAD)
    for column, name in enumerate(header):
        table.add_column(Text(visible(name)), justify="right" if column > 1 else "left", no_wrap=True)
    for row in rows:
        if row is None:
            table.add_section()
        else:
            table.add_row(*(Text(visible(cell)) for cell in row))
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def number(value: float) -> str:
    """Return a number with four digits; an empty text if it is not finite."""
    return f"{value:.4g}" if math.isfinite(value) else ""


@contextmanager
def reported_warnings(spell: Callable[[str], str] = as_argument) -> Iterator[None]:
    """Print each DataWarning as one yellow line on stderr.

    Args:
        spell: how an argument is written, by its name.
    """
    with warnings.catch_warnings():
        show_other = warnings.showwarning

        def show(  # with the parameters of warnings.showwarning
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if isinstance(message, DataWarning):
                say(f"warning: {message.worded(spell)}", "yellow")
            else:
                show_other(message, category, filename, lineno, file, line)

        warnings.simplefilter("always", DataWarning)
        warnings.showwarning = show
        yield


def shown(path: Path) -> str:
    """Return a path as it is typed in a shell."""
    return shlex.quote(os.fspath(path))


def program() -> list[str]:
    """Return the words that start this program from the user's shell and folder."""
    here = shutil.which("divecast", path=str(Path(sys.executable).parent))
    if here is None:
        return [sys.executable, "-m", "divecast.cli"]
    found = shutil.which("divecast")
    if found is not None and Path(found).samefile(here):
        return ["divecast"]
    return [os.path.relpath(here) if Path(here).is_relative_to(Path.cwd()) else here]

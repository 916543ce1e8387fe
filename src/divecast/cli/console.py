"""What the command says: results on stdout, everything else on stderr, and its exit codes."""

import json
import math
import os
import shlex
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from divecast.errors import DataWarning
from divecast.jobs.contract import JobProgress
from divecast.persistence.json_values import plain

OK, USER_ERROR, INTERRUPTED = 0, 2, 130

_PIPE_WIDTH = 120  # a pipe has no width of its own, and 80 would cut tables off


def say(message: str, style: str = "") -> None:
    """Print one line on stderr."""
    from rich.console import Console
    from rich.text import Text

    Console(stderr=True, soft_wrap=True).print(Text(" ".join(message.split()), style=style))


def tell_progress(progress: JobProgress[Any], name: str) -> None:
    """Say on stderr how a job called ``name`` ended and how long the others will take."""
    state = "done" if progress.error is None else "FAILED"
    left = f"{progress.seconds_left / 60:.0f} min" if progress.seconds_left > 90 else f"{progress.seconds_left:.0f} s"
    say(f"{progress.done}/{progress.todo} {name} {state}, {left} left")


def print_lines(*lines: str) -> None:
    """Print lines on stdout as they are."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))


def print_json(result: Mapping[str, Any]) -> None:
    """Print one JSON object on stdout; numbers that JSON lacks become null."""
    print_lines(json.dumps(plain(result), indent=2, ensure_ascii=False))


def print_table(title: str, header: Sequence[str], rows: Sequence[Sequence[str] | None]) -> None:
    """Print a table on stdout.

    Args:
        title: Stands above.
        header: Names of the columns; all but the first two are aligned to the right.
        rows: Cells, or None for a line between groups of rows.
    """
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD)
    for at, name in enumerate(header):
        table.add_column(name, justify="right" if at > 1 else "left", no_wrap=True)
    for row in rows:
        if row is None:
            table.add_section()
        else:
            table.add_row(*row)
    Console(width=None if sys.stdout.isatty() else _PIPE_WIDTH).print(table)


def number(value: float) -> str:
    """A number in four digits; nothing where there is none."""
    return f"{value:.4g}" if math.isfinite(value) else ""


@contextmanager
def reported_warnings() -> Iterator[None]:
    """Show each DataWarning as one yellow line on stderr."""
    with warnings.catch_warnings():
        former = warnings.showwarning

        def show(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            if issubclass(category, DataWarning):
                say(f"warning: {message}", "yellow")
            else:
                former(message, category, filename, lineno, file, line)

        warnings.simplefilter("always", DataWarning)
        warnings.showwarning = show
        yield


def shown(path: Path) -> str:
    """A path as a person would type it."""
    return shlex.quote(os.fspath(path))

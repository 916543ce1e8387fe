"""What several studies share: lines of results, memory and versions of a run, and numbers in tables.

It imports numpy's environment at most, so that entries of the race can use it where neither torch nor divecast is
installed.
"""

import ctypes
import gc
import hashlib
import json
import os
import platform
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
FIGURES = DOCS / "figures"

_CLEAR, _STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")
_COMMANDS = "cli"  # changes no number of a run
_SCORING = ("paper/run.py", "paper/measured.py")  # what else of the study decides a run is recorded with it


def append_line(path: Path, line: str) -> None:
    """Append a line in one call, so that lines of several processes stay whole."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(file, f"{line}\n".encode())
    finally:
        os.close(file)


def add_run(path: Path, key: Mapping[str, Any], measure: Callable[[], dict[str, Any]]) -> None:
    """Append a line of what is measured, with its key and the versions, and print it, unless there is one.

    Args:
        path: file of lines.
        key: what tells the run from others.
        measure: returns the rest of the line.
    """
    if any(all(line.get(name) == value for name, value in key.items()) for line in read_lines(path)):
        print(f"{', '.join(f'{name} {value}' for name, value in key.items())}: there already", flush=True)
        return
    line = {**key, **measure()}
    append_line(path, json.dumps({**line, "versions": versions()}))
    print(json.dumps(line), flush=True)


def read_lines(path: Path) -> list[dict[str, Any]]:
    """Return the JSON objects of a file, one per line; none if there is no file.

    Raises:
        ConfigError: A line is not JSON.
    """
    if not path.exists():
        return []
    try:
        return [json.loads(text) for text in path.read_text(encoding="utf-8").splitlines()]
    except json.JSONDecodeError as error:
        from divecast.errors import ConfigError

        raise ConfigError(f"{path} has a line that is not JSON ({error})", hint="Remove the line") from error


def forget_peak() -> None:
    """Measure the peak of memory from now on; has no effect where the system cannot do so (only Linux can)."""
    gc.collect()
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").malloc_trim(0)  # what earlier runs freed is not counted for the next one
    with suppress(OSError):
        _CLEAR.write_text("5")


def peak_mib() -> float:
    """Return the highest resident memory of this process since ``forget_peak``, MiB, libraries included.

    Without Linux's /proc it is the highest since the process started, and 0 where the system does not report it
    (Windows).
    """
    try:
        line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    except (OSError, StopIteration):
        try:
            import resource
        except ImportError:
            return 0.0
        largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return largest / 2**20 if sys.platform == "darwin" else largest / 2**10


def machine() -> dict[str, Any]:
    """Return the threads of torch and the machine, for a line of results."""
    import torch

    return {
        "threads": torch.get_num_threads(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
    }


@cache
def versions() -> dict[str, str]:
    """Return the versions of divecast, torch and Python, and a hash of the code that fits and scores."""
    import torch

    import divecast
    from research.model_versions import MODEL

    return {
        "divecast": divecast.__version__,
        "model": str(MODEL),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "code": code_hash(Path(divecast.__file__).parent, Path(__file__).parent),
    }


def code_hash(package: Path, research: Path) -> str:
    """Return a hash of the package without its commands, and of the files of research that score."""
    digest = hashlib.sha256()
    library = [file for file in sorted(package.rglob("*.py")) if file.relative_to(package).parts[0] != _COMMANDS]
    for folder, files in ((package, library), (research, [research / name for name in _SCORING])):
        for file in files:
            digest.update(f"{file.relative_to(folder).as_posix()}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Spread:
    """Mean and sample standard deviation over runs.

    Attributes:
        mean: Of the values.
        sd: None for a single value.
        n: Number of values.
    """

    mean: float
    sd: float | None
    n: int


def spread(values: Sequence[float]) -> Spread | None:
    """Return mean and standard deviation; None if there are no values."""
    if not values:
        return None
    return Spread(fmean(values), stdev(values) if len(values) > 1 else None, len(values))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table; all columns but the first are aligned to the right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def number(value: float | None) -> str:
    """Return four decimals, fewer for large numbers; empty for None."""
    if value is None:
        return ""
    return f"{value:.{4 if abs(value) < 10 else 2 if abs(value) < 1000 else 0}f}"


def mean_sd(values: Spread | None) -> str:
    """Return ``mean ± standard deviation``; the mean alone for a single run, empty for none."""
    if values is None:
        return ""
    return number(values.mean) if values.sd is None else f"{number(values.mean)} ± {number(values.sd)}"

"""A table of ``research.paper`` whose processes are killed, and that the same command completes in the end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from research.paper.page import page
from research.paper.record import parse_record

COMMAND = ("motion", "--quick", "--runs", "1", "--workers", "2", "--json")


@dataclass(frozen=True, slots=True)
class Death:
    """Who is killed, and when: the whole "group", the "parent" alone, or a "worker"."""

    who: str
    seconds: float


def draw_deaths(generator: np.random.Generator, n: int, long: float) -> list[Death]:
    """Draw deaths of a table of ``long`` seconds: of the group, the parent and a worker in turn."""
    who = ("group", "group", "parent", "worker")
    return [Death(who[at % 4], float(generator.uniform(2, long))) for at in range(n)]


def run(out: Path, death: Death | None = None) -> str:
    """Make a table and have one killed; return who was: the parent where there is no worker yet, nobody at the end.

    Raises:
        RuntimeError: The command failed.
    """
    given = [sys.executable, "-m", "research.paper", *COMMAND, "--out", str(out)]
    own = subprocess.Popen(given, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
    killed = ""
    if death is not None:
        try:
            own.wait(death.seconds)
        except subprocess.TimeoutExpired:
            killed = _kill(own.pid, death.who)
    said = own.communicate()[1]
    if own.returncode not in (0, -signal.SIGKILL):
        raise RuntimeError(f"the table ended with {own.returncode}: {said}")
    return killed


def broken(out: Path, deaths: Sequence[Death]) -> Iterator[dict[str, Any]]:
    """Kill at each of the deaths, resume after each, then run to the end; yield what each left."""
    for death in deaths:
        killed = run(out, death)
        yield {"who": killed, "seconds": death.seconds, "runs": runs_whole(out)}
    run(out)


def runs_whole(out: Path) -> int:
    """Return how many runs there are.

    Raises:
        ArtifactError: One is not whole.
    """
    files = [*(out / "runs").glob("*/*.json")]
    return len([parse_record(file.read_text("utf-8"), file) for file in files])


def without_times(out: Path) -> dict[str, Any]:
    """Return all that a table says: its lines and page as if all runs had cost the same, its figures, its files."""
    lines = [json.loads(line) for line in (out / "runs.jsonl").read_text("utf-8").splitlines()]
    free = [line | {"cost": dict.fromkeys(line["cost"], 1)} for line in lines]
    figures = sorted((out / "figures").glob("*"))
    return {
        "lines": free,
        "page": page([parse_record(json.dumps(line), out) for line in free]),
        "figures": {figure.name: figure.read_bytes() for figure in figures},
        "files": sorted(str(path.relative_to(out)) for path in out.rglob("*")),
    }


def _kill(leader: int, who: str) -> str:
    workers = [pid for pid in _children(leader) if _is_worker(pid)]
    if who == "group":
        os.killpg(leader, signal.SIGKILL)
    elif who == "worker" and workers:
        os.kill(workers[0], signal.SIGKILL)
    else:
        os.kill(leader, signal.SIGKILL)
        return "parent"
    return who


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_worker(pid: int) -> bool:
    return b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()

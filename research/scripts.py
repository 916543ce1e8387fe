"""What the scripts of several studies share: their options, and runs by several workers that say how far they are."""

import argparse
import sys
import time
from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

from divecast.jobs import run_jobs


class NamedJob(Protocol):
    """A run of a study."""

    @property
    def name(self) -> str:
        """The run in a few words."""


JobT = TypeVar("JobT", bound=NamedJob)


def run_parser(
    description: str | None,
    cases: Collection[str],
    seeds: int,
    out: Path | None,
    out_help: str | None = None,
    *,
    has_quick: bool = True,
) -> argparse.ArgumentParser:
    """Return the options of a script that makes runs of a case: its data, the seeds, and where the lines go.

    Args:
        description: docstring of the script.
        cases: to choose from.
        seeds: default of ``--seeds``.
        out: default of ``--out``.
        out_help: what the help says of ``--out``.
        has_quick: whether there is a small version.
    """
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=cases)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--seeds", type=int, default=seeds)
    if has_quick:
        parser.add_argument("--quick", action="store_true", help="a small version, to test the script")
    parser.add_argument("--out", type=Path, default=out, help=out_help)
    return parser


def add_arms(parser: argparse.ArgumentParser, arms: Collection[str]) -> None:
    """Add the options of a script that makes runs of several arms by several workers."""
    parser.add_argument("--arm", choices=arms, action="append", help="only these")
    parser.add_argument("--workers", type=int, default=1)


def page_options(description: str | None, lines: Path, page: Path) -> argparse.Namespace:
    """Return the options of a script that writes a page: ``lines`` to read and the file ``out``, or these defaults."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=Path, default=lines)
    parser.add_argument("--out", type=Path, default=page)
    return parser.parse_args()


def make_runs(jobs: Sequence[JobT], make_run: Callable[[JobT], None], n_workers: int) -> int:
    """Make runs, say on stderr how each ended and how long the others will take, and return how many failed."""
    failed, began = 0, time.monotonic()
    for done, outcome in enumerate(run_jobs(jobs, make_run, n_workers), 1):
        left = (time.monotonic() - began) / done * (len(jobs) - done) / 60
        state = f"failed: {outcome.error}" if outcome.error else "done"
        print(f"{outcome.job.name}: {state}; {done}/{len(jobs)}, {left:.0f} minutes left", file=sys.stderr)
        failed += bool(outcome.error)
    return failed

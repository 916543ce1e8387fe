r"""Fit every arm of the paper's tables many times, compare them and draw the figures.

    python -m research.paper motion --quick
    python -m research.paper eia --data PATH/eia_us_demand_hourly --runs 10 --workers 2 --out reproduction

Each run is saved when it ends; after an interruption the same command makes only the runs that are missing. It needs
the extra: pip install "divecast[science]".
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from divecast.errors import DivecastError
from divecast.jobs import JobProgress
from research.paper.arms import ABLATIONS, ARMS
from research.paper.cases import CASES
from research.paper.reproduction import Reproduction, arms_of, reproduce
from research.paper.runs import RunJob

_FAILED, _USER_ERROR = 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: Without the name of the program; those of the process if omitted.

    Returns:
        The exit code: 0 done, 1 where runs failed, 2 for an error of the user.
    """
    options = _parser().parse_args(None if arguments is None else [*map(str, arguments)])
    try:
        arms = arms_of(options.arm, options.ablations, options.quick)
        table = reproduce(
            options.case,
            options.data,
            arms,
            options.runs,
            options.workers,
            options.out,
            options.quick,
            _tell,
            options.ray,
        )
    except DivecastError as error:
        _say(f"research.paper: {error}")
        return _USER_ERROR
    _report(options.case, table, options.json)
    return _FAILED if table.failures else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m research.paper", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("case", help=f"one of {', '.join(CASES)}")
    add("--data", type=Path, help="file or folder of the data; motion needs none")
    add("--runs", type=int, help="runs per arm, with seeds 0, 1, ...; default 30, or 2 with --quick")
    add("--workers", type=int, default=1, help="processes at once, with one thread each")
    add("--ray", metavar="ADDRESS", help="run on a Ray cluster at this address, or on 'local'")
    add("--out", "-o", type=Path, default=Path("reproduction"), help="folder of runs, page and figures")
    add("--arm", action="append", help=f"arm or ablation to run; repeat for more. Default: {', '.join(ARMS)}")
    add("--ablations", action="store_true", help=f"also run the ablations: {', '.join(ABLATIONS)}")
    add("--quick", action="store_true", help="small data, few arms and passes: about a minute")
    add("--json", action="store_true", help="print one JSON object and nothing else")
    return parser


def _report(case: str, table: Reproduction, as_json: bool) -> None:
    if table.note:
        _say(table.note)
    for failure in table.failures:
        job = failure.job
        _say(f"failed: {job.case} {job.arm} {job.seed}: {failure.error.splitlines()[0]}")
    if as_json:
        print(json.dumps(_summary(case, table), indent=2, ensure_ascii=False))
    else:
        for name, path in (("Runs", table.lines), ("Page", table.page), *(("Figure", each) for each in table.figures)):
            print(f"{name + ':':<8} {path}")
    if table.failures:
        _say(f"{len(table.failures)} runs failed; the same command tries them again")


def _summary(case: str, table: Reproduction) -> dict[str, object]:
    return {
        "case": case,
        "runs": sum(record.case == case for record in table.records),
        "failed": [{"arm": each.job.arm, "seed": each.job.seed, "error": each.error} for each in table.failures],
        "note": table.note,
        "lines": str(table.lines),
        "page": str(table.page),
        "figures": [str(figure) for figure in table.figures],
    }


def _tell(progress: JobProgress[RunJob]) -> None:
    job, seconds = progress.job, progress.seconds_left
    state = "done" if progress.error is None else "FAILED"
    left = f"{seconds / 60:.0f} min" if seconds > 90 else f"{seconds:.0f} s"
    _say(f"{progress.done}/{progress.todo} {job.case} {job.arm} seed {job.seed} {state}, {left} left")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())

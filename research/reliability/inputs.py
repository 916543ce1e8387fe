"""Hostile input at every public entry: a right result, a refusal in our words, or a failure.

    PYTHONPATH=tests python -m research.reliability.inputs --cases 10000

Each case is drawn by hypothesis (tests/slow/hostile): tables with gaps, infinities, numbers of any size and type,
names in any script, clocks of any kind; settings, arguments, options and requests that may not be. A result is right
when it is finite, of the right shape and on its clock; a refusal is a divecast error that says more than a word. All
else is a failure: another exception, a warning that is not ours, an infinite number or NaN in a forecast, more than a
minute.
"""

import argparse
import json
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from research.common import append_line

OUT = Path(__file__).with_suffix(".jsonl")

_INTRO = """`PYTHONPATH=tests python -m research.reliability.inputs --cases 10000` draws hostile input for every public
entry: missing blocks, infinities, 1e300 and denormals, constant, empty and mixed columns, names in any script or HTML,
clock changes, leap days, months and years, times before 1970 and after 2262, whole numbers beyond 64 bits, cells of any
type, in pandas, polars and Arrow; and settings, arguments, options and requests that may not be. A case is *right* if
the result is finite, of the right shape and on its clock, *refused* if an error of divecast says what to fix, and
*failed* otherwise: an exception or a warning of a library, a forecast that is not a number, or more than a minute."""


def run_entry(entry: Any, n_cases: int, seed: int) -> dict[str, Any]:
    """Judge cases of one entry; the same seed draws the same cases."""
    import hypothesis

    from slow.hostile.judge import judge

    outcomes, failures = Counter[str](), Counter[str]()

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=n_cases,
        database=None,
        deadline=None,
        phases=[hypothesis.Phase.generate],
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @hypothesis.given(entry.attempts)
    def go(attempt: Callable[[], None]) -> None:
        try:
            outcomes[judge(attempt)] += 1
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # Rust's panics are no Exception
            outcomes["failed"] += 1
            failures[_said(error)] += 1

    began = time.monotonic()
    go()
    counts = {name: outcomes[name] for name in ("right", "refused", "failed")}
    return {
        "entry": entry.what,
        "seed": seed,
        "cases": sum(counts.values()),
        **counts,
        "failures": dict(failures),
        "seconds": round(time.monotonic() - began, 1),
    }


def _said(error: BaseException) -> str:
    """What failed, and the line of the package, else of the judge, that it came through last."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "/divecast/" in frame.filename] or frames
    return f"{type(error).__name__} in {Path(own[-1].filename).name}: {' '.join(str(error).split())[:200]}"


def section(lines: Sequence[dict[str, Any]]) -> str:
    """Return the section of docs/reliability.md: the last line of every entry."""
    last = {line["entry"]: line for line in lines}
    total = {name: sum(line[name] for line in last.values()) for name in ("cases", "right", "refused", "failed")}
    rows = [
        f"| {line['entry']} | {line['cases']:,} | {line['right']:,} | {line['refused']:,} | {line['failed']:,} |"
        for line in [*last.values(), {"entry": "all", **total}]
    ]
    said = [f"- {line['entry']}, {n} times: {what}" for line in last.values() for what, n in line["failures"].items()]
    return "\n".join(
        [
            "## Input",
            "",
            _INTRO,
            "",
            "| entry | cases | right | refused | failed |",
            "|---|---:|---:|---:|---:|",
            *rows,
            *(["", "What failed:", "", *said] if said else []),
        ]
    )


def main() -> None:
    """Run all entries, or those whose name has a text in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cases", type=int, default=10_000, help="of all entries together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="entries with this text in their name")
    parser.add_argument("--out", type=Path, default=OUT)
    asked = parser.parse_args()

    import torch

    from slow.hostile.entries import ENTRIES

    torch.set_num_threads(1)
    for entry in ENTRIES:
        if asked.only in entry.what:
            line = run_entry(entry, round(asked.cases * entry.share), asked.seed)
            append_line(asked.out, json.dumps(line, ensure_ascii=False))
            print(line, flush=True)


if __name__ == "__main__":
    main()

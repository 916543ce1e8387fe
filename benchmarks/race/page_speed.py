"""The section on how well a fit uses the machine, from benchmarks/speed.jsonl."""

from typing import Any

INTRO = """## How well a fit uses the machine

`python benchmarks/speed.py`, values made up, look-back 168, horizon 24, factors hour and weekday. Work is what torch
counts in the matrix products of both players on a batch, forward and backward; its share is of the rate of a float32
product of 1024 x 1024 matrices in the same process. *Start* is all before the first step: the closed-form linear paths.
*One window* is a loaded model's forecast with intervals; *rolling* all origins of the last year, by the process that
has fitted before.
"""
_TITLES = (
    "series",
    "threads",
    "GFLOP a step",
    "s a step",
    "GFLOP/s of products",
    "share",
    "start, s",
    "one window, ms",
    "rolling, s",
    "peak, MiB",
)


def speed(lines: list[dict[str, Any]]) -> str:
    """Return the section of the last line of each number of series and threads; nothing where there is none."""
    kept = {(line["series"], line["threads"]): line for line in lines}.values()
    rows = ["| " + " | ".join(_TITLES) + " |", "|" + "---:|" * len(_TITLES), *(_row(line) for line in kept)]
    return "\n".join([INTRO, *rows]) if kept else ""


def _row(line: dict[str, Any]) -> str:
    products = line["product_gflop_a_second"]
    cells = (
        str(line["series"]),
        str(line["threads"]),
        f"{line['gflop_a_step']:.1f}",
        f"{line['step_seconds']:.3f}",
        f"{min(products):.0f} to {max(products):.0f}",
        f"{100 * line['share_of_product_rate']:.0f} %",
        f"{line['start_seconds']:.0f}",
        f"{line['one_window_ms']:.1f}",
        f"{line['rolling_seconds']:.1f}",
        f"{line['rolling_peak_mib']:,}",
    )
    return "| " + " | ".join(cells) + " |"

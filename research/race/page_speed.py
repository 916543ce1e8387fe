"""The section on how well a fit uses the machine, from research/speed/results.jsonl."""

import statistics
from typing import Any

INTRO = """## How well a fit uses the machine

`python -m research.speed.run`: synthetic values, lookback 168, horizon 24, factors hour and weekday. Work is what torch
counts in the matrix products of both players for one batch, forward and backward; its share is relative to the rate of
a float32 product of 1024 x 1024 matrices, measured between the steps (quartiles; the share uses medians). *Start* is
everything before the first step: the closed-form linear paths. *One window* is the forecast of a loaded model with
intervals; *in ONNX* that of the exported graph in onnxruntime, which also infers the labels. *Rolling* is all origins
of the last year, in the process that fitted the model; *again* a second time, with memory already allocated;
*bfloat16* a third time within `torch.autocast("cpu", torch.bfloat16)`, for processors that have such products: the
products of the network are rounded, the linear path is not. Medians of several runs.
"""
_TITLES = (
    "series",
    "threads",
    "GFLOP per step",
    "s per step",
    "GFLOP/s of products",
    "share",
    "start, s",
    "one window, ms",
    "in ONNX, ms",
    "rolling, s",
    "again, s",
    "bfloat16, s",
    "peak, MiB",
)
_MEASURED = (
    "gflop_a_step",
    "step_seconds",
    "share_of_product_rate",
    "start_seconds",
    "one_window_ms",
    "one_window_onnx_ms",
    "rolling_seconds",
    "rolling_again_seconds",
    "rolling_bfloat16_seconds",
    "rolling_peak_mib",
)


def speed(lines: list[dict[str, Any]]) -> str:
    """Return the section, one row per number of series and threads; empty if there are no lines."""
    kept: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for line in lines:
        kept.setdefault((line["series"], line["threads"]), []).append(line)
    rows = ["| " + " | ".join(_TITLES) + " |", "|" + "---:|" * len(_TITLES), *(_row(runs) for runs in kept.values())]
    return "\n".join([INTRO, *rows]) if kept else ""


def _row(runs: list[dict[str, Any]]) -> str:
    """Return the medians of the runs whose steps do the work of the last one's, of those that measured it."""
    same = [run for run in runs if run["gflop_a_step"] == runs[-1]["gflop_a_step"]]
    line = {key: statistics.median(run[key] for run in same if key in run) for key in _MEASURED}
    products = [rate for run in same for rate in run["product_gflop_a_second"]]
    cells = (
        str(same[-1]["series"]),
        str(same[-1]["threads"]),
        f"{line['gflop_a_step']:.1f}",
        f"{line['step_seconds']:.3f}",
        f"{min(products):.0f} to {max(products):.0f}",
        f"{100 * line['share_of_product_rate']:.0f} %",
        f"{line['start_seconds']:.0f}",
        *(f"{line[key]:.1f}" for key in ("one_window_ms", "one_window_onnx_ms")),
        *(f"{line[key]:.1f}" for key in ("rolling_seconds", "rolling_again_seconds", "rolling_bfloat16_seconds")),
        f"{line['rolling_peak_mib']:,.0f}",
    )
    return "| " + " | ".join(cells) + " |"

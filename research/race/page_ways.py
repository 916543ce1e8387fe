"""The section on what the forecaster gains from a, from research/race/code_ways.jsonl."""

from statistics import fmean
from typing import Any

from research.race.code_ways import WAYS

INTRO = """## What the forecaster gains from a

`python -m research.race.code_ways --data PATH/eia_us_demand_hourly`: full fits on EIA with one change each; RRSE at
every third origin of the validation part. Best first.
"""
_STEPS = (3, 6, 12, 24)


def ways(lines: list[dict[str, Any]]) -> str:
    """Return the section, one row per way with the means over its seeds; empty if there are no lines."""
    if not lines:
        return ""
    kept: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        kept.setdefault(line["way"], []).append(line)
    head = ["change", "seeds", *(f"RRSE {step}" for step in _STEPS), "mean"]
    best_first = sorted(kept.items(), key=lambda item: fmean(line["mean"] for line in item[1]))
    rows = [[WAYS[name].words, str(len(runs)), *_means(runs)] for name, runs in best_first]
    table = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join([INTRO, *("| " + " | ".join(row) + " |" for row in table)])


def _means(runs: list[dict[str, Any]]) -> list[str]:
    steps = [fmean(run["rrse"][at] for run in runs) for at in range(len(_STEPS))]
    return [f"{value:.4f}" for value in (*steps, fmean(steps))]

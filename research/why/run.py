"""Does attention show what forecasts depend on? Its ranks compared with those of ablation, step by step.

    python -m research.why.run loads
    python -m research.why.run motion
    python -m research.why.run eia --data PATH/eia_us_demand_hourly

The models are those of ``research/what_if/run.py``. Fits that are in research/why/results.jsonl are skipped.
``python -m research.why.page`` turns the lines into docs/why.md.
"""

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast.data import Windows, split
from divecast.explain import Agreement, Attribution, attribute
from divecast.inference import FittedModel
from research.common import append_line, read_lines, versions
from research.paper.cases import Case
from research.scripts import run_parser
from research.what_if.run import CASES, fit, read_case

OUT = Path(__file__).with_name("results.jsonl")
SEEDS = 3
EVERY = 5  # mixes hours and weekdays


def tested_windows(fitted: FittedModel, case: Case) -> Windows:
    """Return every fifth window of the test part."""
    source = fitted.source(case.data)
    part = split(case.data, case.split).test
    windows = Windows.of(source, part, fitted.label_indices(source), fitted.scale, fitted.shape, "fit", EVERY)
    return replace(windows, effects=fitted.row_effects(source))


def by_step(found: Attribution) -> dict[str, list[float]]:
    """Return the rank correlation of attention and ablation at each step ahead, of all factors and of each one."""
    n, weights = len(found.factors), found.agreement.attention[:, None]
    agreed = [Agreement.of(found.factors, weights, change) for change in np.moveaxis(found.change[:, :n], 2, 0)]
    columns = {name: [each.by_factor[at] for each in agreed] for at, name in enumerate(found.factors)}
    every = {"all": [each.overall for each in agreed], **columns}
    return {name: [round(value, 3) for value in values] for name, values in every.items()}


def line_of(found: Attribution) -> dict[str, Any]:
    """Return what is said of a fit."""
    agreement = found.agreement
    attention = agreement.attention.mean(axis=0).tolist()
    return {
        "windows": len(found.change),
        "factors": list(found.factors),
        "fused_share": round(found.fused_share, 3),
        "overall": round(agreement.overall, 3),
        "by_factor": {n: round(r, 3) for n, r in zip(found.factors, agreement.by_factor, strict=True)},
        "agrees": agreement.agrees,
        "attention": {n: round(w, 3) for n, w in zip(found.factors, attention, strict=True)},
        "share": dict(zip(found.components, found.share.astype(float).round(3).tolist(), strict=True)),
        "window_share": [round(float(share), 3) for share in found.window_share],
        "by_step": by_step(found),
    }


def main() -> None:
    """Make the missing fits."""
    args = run_parser(__doc__, CASES, SEEDS, OUT).parse_args()
    torch.set_num_threads(1)
    made = {(line["case"], line["seed"], line["quick"]) for line in read_lines(args.out)}
    for seed in range(args.seeds):
        if (args.case, seed, args.quick) in made:
            continue
        began = time.process_time()
        case = read_case(args.case, args.data, seed, args.quick)
        fitted = fit(case, seed)
        line = {"case": args.case, "seed": seed, "quick": args.quick, "about": case.about}
        line |= line_of(attribute(fitted, tested_windows(fitted, case)))
        line |= {"core_seconds": round(time.process_time() - began, 1), "versions": versions()}
        append_line(args.out, json.dumps(line))
        print(f"{args.case}, seed {seed}: {line['core_seconds']:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()

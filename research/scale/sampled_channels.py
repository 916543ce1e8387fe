"""Does learning from half of the channels a step cost accuracy? EIA, 112 series; lines in sampled_channels.jsonl.

    python -m research.scale.sampled_channels --data PATH/eia_us_demand_hourly
    python -m research.scale.sampled_channels --data PATH --epochs 2 --stride 11 --every 23     # a short form

Arms: all 112 channels a step; 56 of them; 56 of them and more passes, as a pass of half the channels takes some 60 % of
the time. Each line has the errors on the test part and the accuracy of labels read from the window alone; printed are
by how much an arm is worse than all channels, %, mean over the seeds that have both, and the accuracies. Arms that have
a line with the same settings are not run again.
"""

import argparse
import json
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import fmean
from typing import Any

import torch

import divecast as dc
from research.common import append_line, machine, read_lines, versions
from research.eia import eia_panel

OUT = Path(__file__).with_name("sampled_channels.jsonl")
ARMS = {"all": (0, 1.0), "half": (56, 1.0), "longer": (56, 1.6)}  # channels a step, times the passes
STEPS = (3, 6, 12, 24)
FACTORS = tuple(dc.Calendar(name, tz="America/New_York") for name in ("hour", "weekday", "month"))
LIMIT = 2.0  # per cent


def run(panel: dc.Panel, asked: dict[str, Any]) -> dict[str, Any]:
    """Fit one arm and score it on the test part."""
    channels, times = ARMS[asked["arm"]]
    passes = round(times * asked["epochs"])
    training = dc.TrainingConfig(epochs=passes, window_stride=asked["stride"], channels=channels, patience=passes)
    model = dc.DeepDIVE(24, 168, FACTORS, training=training, seed=asked["seed"])
    began = time.perf_counter()
    model.fit(panel, progress=False)
    seconds = time.perf_counter() - began
    found = model.evaluate(panel, every=asked["every"], baselines=False)
    scores = found.scores["DeepDIVE"]
    wanted = [*(str(step) for step in STEPS), "all"]
    rows = [scores.horizon.index(step) for step in wanted]
    errors = {name: [float(getattr(scores, name)[row]) for row in rows] for name in ("rrse", "mase", "crps")}
    labels = model.infer_labels(panel, "test", every=asked["every"]).accuracy()
    valid = [{name: round(value, 4) for name, value in record.valid.items()} for record in model.history.records]
    return {
        **asked,
        "passes": passes,
        "steps": wanted,
        **errors,
        "labels": labels,
        "fit_seconds": round(seconds, 1),
        "valid": valid,
        "versions": versions(),
    } | machine()


def worse(lines: Sequence[dict[str, Any]], score: str, arm: str) -> dict[str, float]:
    """Return by how much an arm is worse than all channels, %, by step, mean over the seeds that have both."""
    found, everything = ({line["seed"]: line for line in lines if line["arm"] == name} for name in (arm, "all"))
    seeds = sorted(found.keys() & everything.keys())
    if not seeds:
        return {}
    return {
        step: fmean(100 * (found[s][score][at] / everything[s][score][at] - 1) for s in seeds)
        for at, step in enumerate(lines[0]["steps"])
    }


def _same(line: dict[str, Any], asked: dict[str, Any]) -> bool:
    return all(line[name] == value for name, value in asked.items())


def main() -> None:
    """Run the arms that are missing and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=dc.TrainingConfig().n_epochs)
    parser.add_argument("--stride", type=int, default=1, help="rows from window to window")
    parser.add_argument("--every", type=int, default=1, help="score every so many origins")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    panel = eia_panel(args.data)
    common = {"epochs": args.epochs, "stride": args.stride, "every": args.every}
    for seed in args.seeds:
        for arm in ARMS:
            asked = {"arm": arm, "seed": seed, **common}
            if not any(_same(line, asked) for line in read_lines(args.out)):
                append_line(args.out, json.dumps(run(panel, asked)))
    lines = [line for line in read_lines(args.out) if _same(line, common)]
    for arm, score in product(("half", "longer"), ("rrse", "mase", "crps")):
        found = worse(lines, score, arm)
        word = "within" if max(found.values()) <= LIMIT else "beyond"
        print(arm, score, {step: f"{value:+.2f} %" for step, value in found.items()}, f"{word} {LIMIT:g} %")
    for line in lines:
        print(line["arm"], line["seed"], {name: f"{value:.3f}" for name, value in line["labels"].items()})


if __name__ == "__main__":
    main()

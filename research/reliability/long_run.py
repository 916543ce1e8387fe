"""Does a process that fits and forecasts for a long time keep its memory?

    python -m research.reliability.long_run

In one process, again and again: a fit on the shipped loads, then rolling forecasts, each a call of its own with a later
end of the data. Each round adds a JSON line with the resident memory after it to long_run.jsonl. Memory is flat where
the last rounds have hardly more than the first ones; the first fit is not counted, for much is loaded by it. Linux
only, for it looks into /proc.
"""

import argparse
import gc
import json
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from divecast import DeepDIVE, Panel, TrainingConfig, datasets
from research.common import append_line

OUT = Path(__file__).with_suffix(".jsonl")
MOST_RISE = 0.05
_HORIZON, _LOOKBACK = 24, 168


def resident_mib() -> float:
    """Return the memory this process holds now, MiB, libraries included."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20


def one_round(panel: Panel, seed: int, n_forecasts: int) -> None:
    """Fit, and forecast after each of many ends of the data."""
    training = TrainingConfig(epochs=1, window_stride=11, batch_size=64)
    model = DeepDIVE(_HORIZON, _LOOKBACK, ["hour", "weekday"], training=training, seed=seed)
    model.fit(panel, progress=False)
    last = len(panel.values) - n_forecasts
    for at in range(n_forecasts):
        model.forecast(panel.rows(last + at - _LOOKBACK, last + at))


def rise(lines: Sequence[dict[str, Any]]) -> float:
    """Return by how much the last quarter of the rounds has more than the first, but for the first round; a share."""
    after = [line["resident_mib"] for line in lines[1:]]
    some = max(1, len(after) // 4)
    return statistics.median(after[-some:]) / statistics.median(after[:some]) - 1.0


def newest(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rounds of the last run."""
    return list(lines[max(at for at, line in enumerate(lines) if line["round"] == 0) :])


def section(lines: Sequence[dict[str, Any]]) -> str:
    """Return the section of docs/reliability.md."""
    rounds = newest(lines)
    held = "flat" if rise(rounds) <= MOST_RISE else "NOT flat"
    shown = sorted({*range(0, len(rounds), max(1, len(rounds) // 5)), len(rounds) - 1})
    rows = [["after fits", "after forecasts", "resident, MiB"], ["---:"] * 3]
    rows += [
        [str(line["fits"]), f"{line['forecasts']:,}", f"{line['resident_mib']:.0f}"]
        for line in map(rounds.__getitem__, shown)
    ]
    return f"""## Long run

`python -m research.reliability.long_run`: one process makes {rounds[-1]["fits"]} fits of the shipped loads and
{rounds[-1]["forecasts"]:,} rolling forecasts, one call each, with the data advanced by one row. Its resident memory is
{held}: the last rounds differ by {rise(rounds):+.1%} from the first ones (allowed: {MOST_RISE:+.0%}; the very first is
left out).

{chr(10).join(f"| {' | '.join(row)} |" for row in rows)}
"""


def main() -> None:
    """Run all rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--fits", type=int, default=20)
    parser.add_argument("--forecasts", type=int, default=24_000)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    panel, each, lines = datasets.load("loads"), args.forecasts // args.fits, []
    for number in range(args.fits):
        one_round(panel, number, each)
        gc.collect()
        done = {"round": number, "fits": number + 1, "forecasts": each * (number + 1)}
        lines.append(done | {"resident_mib": round(resident_mib(), 1), "cpu_seconds": round(time.process_time())})
        append_line(args.out, json.dumps(lines[-1]))
        print(lines[-1], flush=True)
    if rise(lines) > MOST_RISE:
        raise SystemExit(f"memory rose by {rise(lines):.1%}")


if __name__ == "__main__":
    main()

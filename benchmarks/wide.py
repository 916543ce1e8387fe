"""What the case `electricity` takes with all 321 clients, from a short piece that has them all.

    python benchmarks/wide.py --data PATH/lstnet_electricity_pieces/last840h_321clients.csv.gz

Fits the case's model on the piece with few and with many passes: the difference is the price of a pass, the rest that
of the start. Both grow with the number of windows. Writes benchmarks/wide.json, of which ``reproduce_page.py`` makes a
paragraph.
"""

import argparse
import json
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast import Calendar, DeepDIVE, Panel
from divecast.reproduce.cases import HOURLY
from divecast.reproduce.electricity import SHAPE
from divecast.reproduce.memory import forget_peak, peak_mib

OUT = Path(__file__).with_name("wide.json")
PASSES = (1, 4)
LOOKBACK, HORIZON = 168, 24


@dataclass(frozen=True)
class Timed:
    """A fit on the piece: processor seconds of one thread, and windows learned from."""

    seconds: float
    windows: int
    peak_mib: float


def fit(panel: Panel, passes: int) -> Timed:
    """Fit with one thread; a short piece has no month to learn, and every window is used."""
    training = replace(HOURLY.training, epochs=passes, patience=passes, window_stride=1)
    factors = [Calendar("hour"), Calendar("weekday")]
    forget_peak()
    began = time.process_time()
    DeepDIVE(HORIZON, LOOKBACK, factors, model=HOURLY.model, training=training).fit(panel, progress=False)
    seconds = time.process_time() - began
    return Timed(seconds, int(0.6 * len(panel.values)) - LOOKBACK - HORIZON + 1, peak_mib())


def extrapolated(few: Timed, many: Timed, n_clients: int) -> dict[str, Any]:
    """Return what a run on the whole file takes: the same price for each window and pass."""
    training = HOURLY.training
    a_pass = (many.seconds - few.seconds) / (PASSES[1] - PASSES[0])
    start = max(0.0, few.seconds - PASSES[0] * a_pass)
    windows = (int(0.6 * SHAPE[0]) - LOOKBACK - HORIZON) // training.window_stride + 1
    share = windows / many.windows
    return {
        "clients": n_clients,
        "piece_windows": many.windows,
        "piece_seconds": round(many.seconds, 1),
        "piece_passes": PASSES[1],
        "piece_peak_mib": round(many.peak_mib),
        "windows": windows,
        "passes": training.epochs,
        "minutes": round((share * (start + training.epochs * a_pass)) / 60, 1),
        "values_mib": round(SHAPE[0] * SHAPE[1] * 4 / 2**20),
    }


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    panel = Panel.read(parser.parse_args().data)
    vary = np.ptp(panel.values[: int(0.6 * len(panel.values))], axis=0) > 0  # one client is at rest in these weeks
    panel = panel.select([name for name, moves in zip(panel.channels, vary, strict=True) if moves])
    torch.set_num_threads(1)
    few, many = (fit(panel, passes) for passes in PASSES)
    found = extrapolated(few, many, len(panel.channels))
    OUT.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))


if __name__ == "__main__":
    main()

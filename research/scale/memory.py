"""Memory and time of a fit on 10 to 10,000 series on disk; one JSON line per size in research/scale/memory.jsonl.

    python -m research.scale.memory

Five years of hours, synthetic: a profile of the hour for every series, shared weather, and noise. Each size is written
to a store and fitted in a process of its own, so that peaks do not mix. Resident memory is all that the system counts,
pages of the mapped file included. ``python -m research.scale.memory_page`` draws the curve and writes docs/memory.md.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

import divecast as dc
from divecast.data import open_store, write_store
from research.common import append_line, forget_peak, machine, peak_mib, versions

OUT = Path(__file__).with_name("memory.jsonl")
ROWS, SIZES = 5 * 8766, (10, 100, 1000, 10_000)
LOOKBACK, HORIZON = 168, 24
FACTORS = ("hour", "weekday", "month")
_MIB = 2**20


def synthetic(n_series: int, n_rows: int, seed: int = 0) -> Iterator[np.ndarray]:
    """Yield rows of the panel, (row, series) float32, a thousand at a time."""
    draw = np.random.default_rng(seed)
    profile = draw.normal(size=(24, n_series)).astype(np.float32)
    loadings = draw.normal(size=(4, n_series)).astype(np.float32)
    weather = np.zeros((n_rows, 4))
    shocks = 0.2 * draw.normal(size=weather.shape)
    for row in range(1, n_rows):
        weather[row] = 0.98 * weather[row - 1] + shocks[row]
    for first in range(0, n_rows, 1000):
        rows = np.arange(first, min(first + 1000, n_rows))
        noise = draw.standard_normal((len(rows), n_series), dtype=np.float32)
        yield profile[rows % 24] + weather[rows].astype(np.float32) @ loadings + np.float32(0.5) * noise


@dataclass
class Watch:
    """Notes when the steps begin and end, and the highest memory before them."""

    began: float = field(default_factory=time.perf_counter)
    start_seconds: float = 0.0
    start_mib: float = 0.0
    ends: list[tuple[float, float]] = field(default_factory=list)

    def on_start(self, _step: int, _n_steps: int) -> None:
        """Close what comes before the first step."""
        self.start_seconds, self.start_mib = time.perf_counter() - self.began, peak_mib()
        forget_peak()
        self.ends.append((time.perf_counter(), time.process_time()))

    def on_step(self, _step: int, _terms: dict[str, float]) -> None:
        """Note the end of a step."""
        self.ends.append((time.perf_counter(), time.process_time()))

    def on_epoch(self, _record: Any) -> None:
        """Nothing."""

    def on_end(self) -> None:
        """Nothing."""

    def step_seconds(self) -> list[float]:
        """Return wall and processor time of a step, medians; of several, the first, which allocates, is left out."""
        steps = [[b - a for a, b in zip(*pair, strict=True)] for pair in pairwise(self.ends)]
        return [statistics.median(column) for column in zip(*(steps[1:] or steps), strict=True)]


def measure(store: Path, channels: int, stride: int) -> dict[str, Any]:
    """Fit one pass over the store and return what it took."""
    panel = open_store(store)
    training = dc.TrainingConfig(epochs=1, window_stride=stride, channels=channels)
    model = dc.DeepDIVE(HORIZON, LOOKBACK, FACTORS, training=training)
    forget_peak()
    before, watch = peak_mib(), Watch()
    model.fit(panel, callbacks=[watch], progress=False)
    seconds = time.perf_counter() - watch.began
    n, (wall, cpu) = len(panel.channels), watch.step_seconds()
    state = model.fitted_model.network.state_dict().values()
    return {
        "series": n,
        "rows": len(panel.values),
        "file_mib": round(panel.values.nbytes / _MIB, 1),
        "channels": -(-n // -(-n // channels)) if 0 < channels < n else n,
        "batch": training.n_batch,
        "stride": stride,
        "steps": len(watch.ends) - 1,
        "step_seconds": round(wall, 4),
        "step_cpu_seconds": round(cpu, 4),
        "start_seconds": round(watch.start_seconds, 1),
        "fit_seconds": round(seconds, 1),
        "peak_mib": round(max(watch.start_mib, peak_mib())),
        "start_peak_mib": round(watch.start_mib),
        "rest_peak_mib": round(peak_mib()),
        "before_mib": round(before),
        "model_mib": round(sum(each.numel() * each.element_size() for each in state) / _MIB, 1),
    }


def main() -> None:
    """Measure every size in a process of its own, or, told a store, that one here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, nargs="+", default=SIZES)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--channels", type=int, default=dc.TrainingConfig().channels, help="maximum channels per step")
    parser.add_argument("--stride", type=int, default=11, help="rows from window to window")
    parser.add_argument("--folder", type=Path, help="folder for the stores; a temporary folder by default")
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--store", type=Path, help=argparse.SUPPRESS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    if args.store:
        line = measure(args.store, args.channels, args.stride) | machine() | {"versions": versions()}
        append_line(args.out, json.dumps(line))
        print(json.dumps(line), flush=True)
        return
    for n in args.series:
        with TemporaryDirectory(dir=args.folder) as folder:
            names = [f"s{i}" for i in range(n)]
            store = write_store(Path(folder) / "store", synthetic(n, args.rows), names, "2020-01-01", "1h")
            told = ["--store", store, "--out", args.out, "--channels", args.channels, "--stride", args.stride]
            subprocess.run([sys.executable, "-m", "research.scale.memory", *map(str, told)], check=True)


if __name__ == "__main__":
    main()

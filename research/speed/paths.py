"""How long do sample paths of many series take?

    python -m research.speed.paths

A model of 112 synthetic hourly series is fitted for one pass; then the day after the data is forecast again and again,
without paths and with a thousand. Adds a JSON line to paths.jsonl, with the median times and the peak of the memory.
"""

import argparse
import json
import statistics
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from divecast import DeepDIVE, Panel, TrainingConfig
from research.common import append_line

OUT = Path(__file__).with_suffix(".jsonl")


def panel(n_series: int, weeks: int = 20) -> Panel:
    """Return hourly series with a day and a week, whose noise has a part that all share."""
    draw, row = np.random.default_rng(0), np.arange(weeks * 168)[:, None]
    day = np.cos(2 * np.pi * row / 24 + draw.uniform(0, 6, n_series)) * (1 + (row // 24 % 7 >= 5))
    noise = draw.normal(size=(len(row), 1)) + draw.normal(size=(len(row), n_series))
    values = 5 + day + 0.3 * noise
    names = [f"s{number}" for number in range(n_series)]
    return Panel.from_array(values.astype(np.float32), "2024-01-01", "1h", names)


def seconds(run: Callable[[], Any], n: int) -> tuple[float, float]:
    """Return the median time of a call, and the median of the processor's, after one that does not count."""
    run()
    times = []
    for _ in range(n):
        began = time.perf_counter(), time.process_time()
        run()
        times.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    wall, processor = zip(*times, strict=True)
    return round(statistics.median(wall), 3), round(statistics.median(processor), 3)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=112)
    parser.add_argument("--paths", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=9)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    data = panel(asked.series)
    training = TrainingConfig(epochs=1, window_stride=11)
    model = DeepDIVE(24, 168, ["hour", "weekday"], training=training).fit(data, progress=False)
    recent = data.rows(len(data.values) - 168, len(data.values))
    without = seconds(lambda: model.forecast(recent), asked.repeats)
    drawn = seconds(lambda: model.forecast(recent, n_paths=asked.paths), asked.repeats)
    line: dict[str, Any] = {"series": asked.series, "paths": asked.paths, "threads": 1, "repeats": asked.repeats}
    line |= {"without_s": without[0], "with_s": drawn[0], "without_cpu_s": without[1], "with_cpu_s": drawn[1]}
    tracemalloc.start()
    size = model.forecast(recent, n_paths=asked.paths).paths.nbytes
    line |= {"peak_mib": round(tracemalloc.get_traced_memory()[1] / 2**20), "paths_mib": round(size / 2**20)}
    append_line(OUT, json.dumps(line))
    print(line)


if __name__ == "__main__":
    main()

"""How a fit does beside other programs, by how long threads spin; prints seconds.

    python -m research.speed.busy

A small model is fitted on all processors, alone and beside one busy process for each processor, with torch's own
setting (threads of GNU OpenMP spin for milliseconds) and with divecast's (``divecast/__init__.py``). Each fit is a
process of its own; ways take turns.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

ROUNDS = 3
WAYS = {"torch's": "300000", "divecast's": "1000"}
"""Turns of spinning; the first is what libgomp takes where nothing is set."""
FIT = """
import time
import divecast as dc
panel = dc.datasets.load("loads").rows(0, 2000)
model = dc.DeepDIVE(24, 168, ("hour", "weekday"), training=dc.TrainingConfig(epochs=1))
began = time.perf_counter()
model.fit(panel, progress=False)
print(time.perf_counter() - began)
"""


@contextmanager
def busy_processes(n: int) -> Iterator[None]:
    """Keep ``n`` processors busy within the block."""
    spinning = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(n)]
    try:
        yield
    finally:
        for each in spinning:
            each.kill()
            each.wait()


def seconds(turns: str) -> float:
    """Return the seconds of a fit whose threads spin for so many turns."""
    environment = {**os.environ, "GOMP_SPINCOUNT": turns}
    command = [sys.executable, "-W", "ignore", "-c", FIT]
    return float(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print the median seconds of each way."""
    n = os.cpu_count() or 1
    for others in (0, n):
        found: dict[str, list[float]] = {name: [] for name in WAYS}
        with busy_processes(others):
            time.sleep(1.0)
            for _ in range(ROUNDS):
                for name, turns in WAYS.items():
                    found[name].append(seconds(turns))
        said = ", ".join(f"{name} {median(each):.1f} s" for name, each in found.items())
        print(f"beside {others} busy processes on {n} processors: {said}", flush=True)


if __name__ == "__main__":
    main()

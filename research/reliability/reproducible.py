"""Are two runs of one seed equal to the bit, and how far apart are those of other numbers of threads?

    python -m research.reliability.reproducible

Each run is a process of its own: it fits a model of the shipped loads, and forecasts, draws paths, encodes and samples
with it; then it forecasts and encodes with the model of the first run, too. Each run adds a JSON line, with a digest
of the bits and how far from the first run it is, goes into reproducible.jsonl. Distances are shares of the standard
deviation of what is compared, the largest of all values.
"""

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from divecast import DeepDIVE, Panel, TrainingConfig, datasets
from research.common import append_line

OUT = Path(__file__).with_suffix(".jsonl")
RUNS = ((1, "0"), (1, "1"), (2, "2"), (2, "3"))
"""Threads, and the seed of Python's hashes, which order sets: results must not depend on either but by rounding."""
RUN_TOLERANCE, FIT_TOLERANCE = 1e-4, 1e-2
"""What other threads may change at most, in standard deviations: with one and the same model, and with one fitted by
them, for a fit amplifies rounding."""

Arrays = dict[str, np.ndarray]


def outcome(panel: Panel, model: DeepDIVE) -> Iterator[tuple[str, np.ndarray]]:
    """Yield what a model gives, by name."""
    start, stop = (panel.clock.at(np.array([len(panel.values) + back]))[0] for back in (-240, 0))
    forecast = model.forecast(panel, start=start, stop=stop, every=24, n_paths=4)
    yield from {"mean": forecast.mean, "quantiles": forecast.quantiles, "paths": forecast.paths}.items()
    codes = model.encode(panel, "test", every=24)
    yield from {"a": codes.a_mean, **{f"b_{k}": mean for k, mean in enumerate(codes.b_mean)}}.items()
    drawn = model.sample(8, seed=3)
    yield from {"drawn_window": drawn.x, "drawn_future": drawn.y}.items()


def run(folder: Path, number: int, epochs: int) -> None:
    """Fit and ask; the first run leaves its model for the others."""
    panel = datasets.load("loads")
    training = TrainingConfig(epochs=epochs, window_stride=5, batch_size=64)
    model = DeepDIVE(24, 168, ["hour", "weekday"], training=training, seed=1).fit(panel, progress=False)
    weights = model.fitted_model.network.state_dict()
    found = {f"weights_{name}": value.numpy() for name, value in weights.items()}
    found |= {f"own_{name}": value for name, value in outcome(panel, model)}
    if number == 0:
        model.save(folder / "model")
    again = DeepDIVE.load(folder / "model")
    found |= {f"same_{name}": value for name, value in outcome(panel, again)}
    np.savez(folder / f"{number}.npz", **found)


def distance(found: Arrays, first: Arrays, prefix: str) -> float:
    """Return the largest difference of arrays of that prefix, in standard deviations of each."""
    names = [name for name in first if name.startswith(prefix)]
    return max(float(np.abs(found[name] - first[name]).max() / max(first[name].std(), 1e-12)) for name in names)


def digest(found: Arrays) -> str:
    """Return a digest of all bits."""
    sums = hashlib.sha256()
    for name in sorted(found):
        sums.update(name.encode() + found[name].tobytes())
    return sums.hexdigest()[:16]


def line_of(found: Arrays, first: Arrays, threads: int) -> dict[str, Any]:
    """Return the line of a run."""
    return {
        "threads": threads,
        "digest": digest(found),
        "values": sum(value.size for value in found.values()),
        "same_model": distance(found, first, "same_"),
        "own_forecast": distance(found, first, "own_mean"),
        "own_code": max(distance(found, first, "own_a"), distance(found, first, "own_b")),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}",
    }


def section(lines: Sequence[dict[str, Any]]) -> str:
    """Return the section of docs/reliability.md."""
    by_threads: dict[int, list[Mapping[str, Any]]] = {}
    for line in lines[-len(RUNS) :]:
        by_threads.setdefault(line["threads"], []).append(line)
    said = []
    for threads, runs in by_threads.items():
        equal = "equal to the last bit" if len({each["digest"] for each in runs}) == 1 else "NOT equal"
        said.append(f"{len(runs)} processes with {threads} thread{'s' if threads > 1 else ''}: {equal}")
    last = lines[-1]
    return f"""## Reproducible

`python -m research.reliability.reproducible`: the shipped loads, one seed; each process fits, forecasts, draws paths,
encodes and samples ({last["values"]:,} numbers, weights included), with another hash seed of Python.
{". ".join(said)}.

Another number of threads adds in another order. With the same model, {last["threads"]} threads give the numbers of
one within {last["same_model"]:.0e} standard deviations (allowed: {RUN_TOLERANCE:.0e}). A fit amplifies rounding:
forecasts of a model fitted with {last["threads"]} threads are within {last["own_forecast"]:.0e} and codes within
{last["own_code"]:.0e} of those with one (allowed: {FIT_TOLERANCE:.0e}). Measured on {last["machine"]}; another machine
has the same effect as another number of threads.

No public method changes the global random state of torch, numpy or Python: a test calls them all. The first import of
rich, which progress bars need, does draw from Python's.
"""


def main() -> None:
    """Run all, or, told a number, that one here."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.child:
        run(Path(args.child[0]), int(args.child[1]), args.epochs)
        return
    with TemporaryDirectory() as folder:
        found = []
        for number, (threads, hashes) in enumerate(RUNS):
            command = [
                sys.executable,
                "-m",
                "research.reliability.reproducible",
                "--epochs",
                str(args.epochs),
                "--child",
                folder,
                str(number),
            ]
            named = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads), "PYTHONHASHSEED": hashes}
            subprocess.run(command, check=True, env=os.environ | named)
            with np.load(Path(folder) / f"{number}.npz") as arrays:
                found.append(dict(arrays))
            line = line_of(found[-1], found[0], threads)
            append_line(args.out, json.dumps(line))
            print(line, flush=True)
        digests = [digest(each) for each in found]
        if digests[0] != digests[1] or digests[2] != digests[3]:
            raise SystemExit("two runs of one seed and number of threads differ")
        if line["same_model"] > RUN_TOLERANCE or max(line["own_forecast"], line["own_code"]) > FIT_TOLERANCE:
            raise SystemExit("other threads change more than is allowed")


if __name__ == "__main__":
    main()

"""Forecasts of more than fits in memory: time, memory and size; one JSON line per run in research/scale/stream.jsonl.

    python -m research.scale.stream           10,000 series, a year of hours, a day-ahead forecast for every day
    python -m research.scale.stream --days 30 --input parquet --ray local
    python -m research.scale.stream --days 30 --years 10 --limit 2   # with 2 GiB of memory at most (Linux, root)

The panel is that of memory.py, in a store, or in a wide Parquet file that ``divecast forecast`` converts to a
store. The model is fitted on it in few steps, in a process of its own; its forecasts are poor, but take as
long as good ones. Measured is the whole command ``divecast forecast`` in a fresh process: reading the model and the
data, forecasting, and writing every step of every series with five quantiles to one Parquet file. Resident memory is
all that the system counts, pages of mapped files included. With --ray it is that of the command without its workers.
With --limit the fit and the command run in a memory control group (cgroup v1): the system gives them no more, its cache
of the files they read included, and ends them where they need more.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import torch
from pyarrow import parquet

import divecast as dc
from divecast.cli import main as divecast_main
from divecast.data import open_store, write_store
from research.common import append_line, machine, peak_mib
from research.scale.memory import FACTORS, HORIZON, LOOKBACK, synthetic

OUT = Path(__file__).with_name("stream.jsonl")
START, YEAR = "2024-01-01", 366 * 24
_MIB = 2**20
_GROUPS = Path("/sys/fs/cgroup/memory")


def fit(store: Path, model: Path) -> None:
    """Fit a model in few steps."""
    training = dc.TrainingConfig(epochs=1, window_stride=97)
    dc.DeepDIVE(HORIZON, LOOKBACK, FACTORS[:2], training=training).fit(open_store(store), progress=False).save(model)


def write_parquet(store: Path, file: Path) -> None:
    """Write the panel of a store as a wide Parquet file, a row group for every thousand rows."""
    panel = open_store(store)
    stamps = panel.clock.stamps().astype("datetime64[us]")
    schema = pa.schema([("time", pa.timestamp("us")), *((name, pa.float32()) for name in panel.channels)])
    with parquet.ParquetWriter(file, schema) as writer:
        for first in range(0, len(stamps), 1000):
            rows = np.ascontiguousarray(panel.values[first : first + 1000].T)
            writer.write_table(pa.table([stamps[first : first + 1000], *rows], schema=schema))


def start_of(days: int, hours: int) -> str:
    """Return the start of daily forecasts over the last ``days`` days of a panel of ``hours`` hours."""
    return str(np.datetime64(START, "h") + np.timedelta64(hours - 24 * days, "h"))


@contextmanager
def limited(gib: float | None) -> Iterator[tuple[str, ...]]:
    """Give words to put before a command, so that its process has no more memory than this."""
    if gib is None:
        yield ()
        return
    group = _GROUPS / f"divecast-{os.getpid()}"
    group.mkdir()
    try:
        (group / "memory.limit_in_bytes").write_text(str(int(gib * 2**30)))
        yield ("sh", "-c", f'echo $$ > {group / "cgroup.procs"}; exec "$@"', "sh")
    finally:
        group.rmdir()


def measure(command: list[str]) -> dict[str, Any]:
    """Run the command here, in a process that did nothing else, and say what it took."""
    began, cpu, before = time.perf_counter(), time.process_time(), peak_mib()
    if divecast_main(command):
        raise SystemExit(f"failed: divecast {' '.join(command)}")
    return {
        "seconds": round(time.perf_counter() - began, 1),
        "cpu_seconds": round(time.process_time() - cpu, 1),
        "before_mib": round(before),
        "peak_mib": round(peak_mib()),
    }


def run(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """Make panel and model, run the command, and return the line."""
    store, model, out = folder / "panel", folder / "model.safetensors", folder / "forecasts.parquet"
    hours = args.years * YEAR
    if not store.exists():
        write_store(store, synthetic(args.series, hours), [f"s{i}" for i in range(args.series)], START, "1h")
    data = store
    if args.input == "parquet":
        data = folder / "panel.parquet"
        write_parquet(store, data)
    days = min(args.days, (hours - LOOKBACK) // 24)
    command = ["forecast", model, data, "--out", out, "--start", start_of(days, hours), "--every", 24]
    with limited(args.limit) as before:
        if not model.exists():
            _in_a_process(before, "--fit", store, model)
        found = json.loads(_in_a_process(before, "--command", *command, *(["--ray", args.ray] if args.ray else [])))
    written = parquet.read_metadata(out)
    asked = {
        "series": args.series,
        "hours": hours,
        "limit_gib": args.limit,
        "origins": days + 1,
        "input": args.input,
        "ray": args.ray,
    }
    workers = {"workers": os.cpu_count()} if args.ray == "local" else {}
    sizes = {
        "rows": written.num_rows,
        "row_groups": written.num_row_groups,
        "out_mib": round(out.stat().st_size / _MIB),
        "panel_mib": round(4 * args.series * hours / _MIB),
        "model_mib": round(model.stat().st_size / _MIB),
    }
    return asked | workers | sizes | found


def _in_a_process(before: tuple[str, ...], *told: object) -> str:
    command = [*before, sys.executable, "-m", "research.scale.stream", *map(str, told)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.splitlines()[-1] if done.stdout else ""


def main() -> None:
    """Measure, or do what the process of a measurement does."""
    torch.set_num_threads(1)
    if sys.argv[1:2] == ["--fit"]:
        fit(*map(Path, sys.argv[2:]))
        return
    if sys.argv[1:2] == ["--command"]:
        print(json.dumps(measure(sys.argv[2:])))
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument(
        "--days", type=int, default=366, help="number of days at the end of the panel, with one forecast each"
    )
    parser.add_argument("--input", choices=("store", "parquet"), default="store")
    parser.add_argument("--years", type=int, default=1, help="of the panel")
    parser.add_argument("--limit", type=float, help="GiB of memory that fit and command may have")
    parser.add_argument("--ray", help="as of divecast forecast")
    parser.add_argument("--folder", type=Path, help="where panel and model lie and are kept; a temporary one else")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    with TemporaryDirectory(dir=args.folder) as temporary:
        line = run(args.folder or Path(temporary), args) | machine()
    append_line(args.out, json.dumps(line))
    print(json.dumps(line))


if __name__ == "__main__":
    main()

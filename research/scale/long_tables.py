"""What a row of a long table costs while it is read, beyond the panel; research/scale/long_tables.jsonl.

    python -m research.scale.long_tables

Ten million rows of 10,000 hourly series, their ids text, by series and in order of time, with and without a label and a
covariate. Each is read in a process of its own, after a small table of the same kind, so that imports do not count. The
cost of a file contains the table that is read from it; tables in memory are there before. ``python -m
research.scale.page`` writes the section of docs/scale.md.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from divecast.data import Covariate, Label, Panel, as_panel, open_store, store_from_parquet
from research.common import append_line, forget_peak, peak_mib

OUT = Path(__file__).with_name("long_tables.jsonl")
SERIES, HOURS, SMALL = 10_000, 1000, 20
NAMES: dict[str, Any] = {"id": "meter", "time": "time", "value": "kwh"}
TOLD: dict[str, Any] = {"labels": [Label("shift")], "covariates": [Covariate("price", per_series=True)]}
KINDS = ("Parquet file", "Parquet file by time", "Parquet file, told", "CSV file", "polars table", "pandas table")
STORE = "Parquet file to a store"
_MIB = 2**20


def write(path: Path, n_series: int, by_time: bool) -> None:
    """Write a long table as Parquet, a few series or hours at a time."""
    import pyarrow as pa
    from pyarrow import parquet

    draw = np.random.default_rng(0)
    names = np.array([f"meter_{number:05d}" for number in range(n_series)])
    times = np.datetime64("2024-01-01T00", "us") + np.arange(HOURS) * np.timedelta64(1, "h")
    shift = np.where(np.arange(HOURS) % 24 < 12, "early", "late")
    outer, inner = (HOURS, n_series) if by_time else (n_series, HOURS)
    writer = None
    for first in range(0, outer, 100):
        one, two = np.divmod(np.arange(first * inner, min(first + 100, outer) * inner), inner)
        row, series = (one, two) if by_time else (two, one)
        table = pa.table(
            {
                "meter": pa.array(names[series]),
                "time": times[row],
                "kwh": draw.random(len(row)).round(3),
                "shift": pa.array(shift[row]),
                "price": draw.random(len(row)).round(2),
            }
        )
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def reader(kind: str, file: Path) -> Callable[[], Panel]:
    """Return a function that reads a file as a kind says; what is in memory before is read here."""
    columns = [*NAMES.values()] + (["shift", "price"] if kind.endswith("told") else [])
    told = TOLD if kind.endswith("told") else {}
    if kind == STORE:
        store = file.with_suffix(".store")
        return lambda: open_store(store_from_parquet(store, file, **NAMES), check=False)
    table: Any = file
    if kind.endswith("table"):
        import pandas as pd
        import polars as pl

        table = (pl if kind.startswith("polars") else pd).read_parquet(file, columns=columns)
    return lambda: as_panel(table, **NAMES, **told)


def prepared(kind: str, folder: Path, n_series: int) -> Path:
    """Write the file that a kind of reading needs, with the columns that it has."""
    import pyarrow.csv
    from pyarrow import parquet

    file = folder / f"{n_series}.parquet"
    write(file, n_series, by_time=kind.endswith("by time"))
    table = parquet.read_table(file) if kind.endswith("told") else parquet.read_table(file, columns=[*NAMES.values()])
    if kind != "CSV file":
        parquet.write_table(table, file)
        return file
    pyarrow.csv.write_csv(table, folder / f"{n_series}.csv")
    return folder / f"{n_series}.csv"


def measure(kind: str, large: Path, small: Path) -> dict[str, Any]:
    """Read a file, and return what it took."""
    reader(kind, small)()
    read = reader(kind, large)
    forget_peak()
    before, began, cpu = peak_mib(), time.perf_counter(), _cpu()
    panel = read()
    seconds, spent, peak = time.perf_counter() - began, _cpu() - cpu, peak_mib()
    held = 0 if kind == STORE else panel.values.nbytes + sum(one.nbytes for one in panel.covariates.values())
    n_rows = panel.values.size
    return {
        "kind": kind,
        "rows": n_rows,
        "series": len(panel.channels),
        "panel_mib": round(held / _MIB),
        "bytes_per_row": round(((peak - before) * _MIB - held) / n_rows, 1),
        "seconds": round(seconds, 1),
        "cpu_seconds": round(spent, 1),
        "rows_per_cpu_second": round(n_rows / spent),
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def section(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return what a row costs, as a section of docs/scale.md."""
    latest = {line["kind"]: line for line in lines}
    rows = []
    for kind, line in latest.items():
        own, speed = f"{max(0, line['bytes_per_row']):.0f}", f"{line['rows_per_cpu_second'] / 1e6:.1f}"
        rows.append(f"| {kind} | {own} | {line['panel_mib']:,} | {speed} |")
    size = next(iter(latest.values()))
    return f"""## What a long table costs

Measured with `python -m research.scale.long_tables`: {size["rows"]:,} rows of {size["series"]:,} series are read, whose
ids are text of eleven characters. Ids, time stamps and labels are read as places among their different cells, values
piece by piece. Memory is the peak beyond the panel (of a store: beyond what was there before, pages of its mapped file
included); that of a file contains the table that is read from it: 20 bytes of a row, of CSV more than twice as much for
the text that the reader holds. Tables in memory are there before. "told" adds a label of text and a covariate per
series, 12 bytes in the table.

| read from | bytes per row | panel, MiB | million rows per CPU second |
|---|---:|---:|---:|
{chr(10).join(rows)}
"""


def main() -> None:
    """Measure every kind in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=SERIES)
    parser.add_argument("--kinds", nargs="+", default=[*KINDS, STORE])
    parser.add_argument("--measure", nargs=3, metavar=("KIND", "LARGE", "SMALL"), help=argparse.SUPPRESS)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    if given.measure:
        print(json.dumps(measure(given.measure[0], *map(Path, given.measure[1:]))))
        return
    for kind in given.kinds:
        with TemporaryDirectory() as folder:
            large, small = (prepared(kind, Path(folder), n) for n in (given.series, SMALL))
            command = [sys.executable, "-m", "research.scale.long_tables", "--measure", kind, str(large), str(small)]
            said = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1]
        append_line(given.out, said)
        print(said)


if __name__ == "__main__":
    main()

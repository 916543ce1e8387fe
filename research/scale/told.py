"""Memory and time of a fit and a forecast of 10,000 series in a store with two shared covariates and one of their own.

    python -m research.scale.told

Synthetic hours as in ``research.scale.memory``, plus a temperature and a wind for all series and a price for each, told
also of the rows to forecast. Adds a JSON line to research/scale/told.jsonl.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

import divecast as dc
from divecast.data import Covariate, open_store, write_store
from research.common import append_line, forget_peak, machine, peak_mib
from research.scale.memory import HORIZON, LOOKBACK, synthetic

OUT = Path(__file__).with_name("told.jsonl")
COVARIATES = ("temperature", "wind", Covariate("price", per_series=True))


def prices(n_series: int, n_rows: int) -> Iterator[np.ndarray]:
    """Yield a price of each series that changes every four days, (row, series) float32, a thousand rows at a time."""
    for first in range(0, n_rows, 1000):
        rows = np.arange(first, min(first + 1000, n_rows))
        blocks = np.unique(rows // 96)
        levels = np.stack([np.random.default_rng([1, int(b)]).random(n_series, dtype=np.float32) for b in blocks])
        yield levels[rows // 96 - blocks[0]]


def store_of(folder: Path, n_series: int, n_rows: int) -> Path:
    """Write the store; the last ``HORIZON`` rows have covariates and no values."""
    draw = np.random.default_rng(2)
    temperature = 10.0 - 8.0 * np.cos(2 * np.pi * np.arange(n_rows) / 24) + draw.normal(size=n_rows)
    columns = {"temperature": temperature, "wind": draw.random(n_rows), "price": prices(n_series, n_rows)}

    def values() -> Iterator[np.ndarray]:
        first = 0
        for chunk, price in zip(synthetic(n_series, n_rows), prices(n_series, n_rows), strict=True):
            rows = np.arange(first, first + len(chunk))
            first += len(chunk)
            moved = chunk + 0.1 * temperature[rows, None].astype(np.float32) - 2.0 * price
            moved[rows >= n_rows - HORIZON] = np.nan
            yield moved

    names = [f"s{number}" for number in range(n_series)]
    return write_store(folder / "store", values(), names, "2020-01-01", "1h", covariates=columns)


def timed(run: Callable[[], Any]) -> tuple[Any, float, int]:
    """Return the result of a call, its seconds, and the highest resident memory in it, MiB."""
    forget_peak()
    began = time.perf_counter()
    found = run()
    return found, round(time.perf_counter() - began, 1), round(peak_mib())


def section(lines: Sequence[Mapping[str, Any]]) -> str:
    """Return memory and time, as a section of docs/scale.md."""
    latest = {(line["series"], line["rows"], line["stride"]): line for line in lines}
    rows = [
        f"| {n_series:,} | {n_rows:,} | {stride} | {line['fit_peak_mib']:,} | {line['forecast_peak_mib']:,} | "
        f"{line['fit_seconds']:.0f} | {line['forecast_seconds']:.1f} |"
        for (n_series, n_rows, stride), line in sorted(latest.items())
    ]
    return f"""## Series told covariates, from a store

Measured with `python -m research.scale.told --series N --rows N --stride N`: hours of series in a store, with two
covariates that all share and one of each, a look-back of {LOOKBACK} and a horizon of {HORIZON}; one pass of training.
Memory is the highest resident memory of the process, pages of mapped files included, which a step of training of up to
384 series and the linear maps of all series take most of. Seconds are those on the clock of a machine that others used,
too.

| series | rows | stride | fit, MiB | forecast, MiB | fit, s | forecast, s |
|---:|---:|---:|---:|---:|---:|---:|
{chr(10).join(rows)}
"""


def main() -> None:
    """Measure and add a line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--series", type=int, default=10_000)
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--stride", type=int, default=11, help="rows from window to window")
    parser.add_argument("--folder", type=Path, help="folder for the store; a temporary folder by default")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    with TemporaryDirectory(dir=args.folder) as folder:
        panel = open_store(store_of(Path(folder), args.series, args.rows))
        training = dc.TrainingConfig(epochs=1, window_stride=args.stride)
        model = dc.DeepDIVE(HORIZON, LOOKBACK, ["hour", "weekday"], covariates=COVARIATES, training=training)
        _, fit_seconds, fit_mib = timed(lambda: model.fit(panel, progress=False))
        forecast, forecast_seconds, forecast_mib = timed(lambda: model.forecast(panel))
    line = {
        "series": args.series,
        "rows": args.rows,
        "stride": args.stride,
        "fit_seconds": fit_seconds,
        "fit_peak_mib": fit_mib,
        "forecast_seconds": forecast_seconds,
        "forecast_peak_mib": forecast_mib,
        "forecast": list(forecast.mean.shape),
    }
    append_line(args.out, json.dumps(line | machine()))
    print(json.dumps(line))


if __name__ == "__main__":
    main()

"""How large the page of ``divecast report`` is; adds one JSON line to research/speed/page_size.jsonl.

    python -m research.speed.page_size loads
    python -m research.speed.page_size eia --data PATH/eia_us_demand_hourly

The fit is a short one: what a page holds depends on the data and on the sizes of the model, not on how good it is.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Literal

import torch

from divecast import Calendar, DeepDIVE, Panel, TrainingConfig, datasets
from divecast.page import write_report
from research.common import append_line, versions

OUT = Path(__file__).with_name("page_size.jsonl")
LIMIT_MB = 8.0
_EIA = "demand_2020_2024.parquet"
_FACTORS: tuple[Literal["hour", "weekday", "month"], ...] = ("hour", "weekday", "month")
_TRAINING = TrainingConfig(epochs=1, window_stride=97)


def panel_of(case: str, data: Path | None) -> tuple[Panel, tuple[Calendar, ...]]:
    """Return all series of a case, and the factors of its code."""
    if case == "loads":
        return datasets.load("loads"), tuple(Calendar(name) for name in _FACTORS[:2])
    if data is None:
        raise SystemExit("eia needs --data, the folder of its table")
    return Panel.read(data / _EIA), tuple(Calendar(name, tz="America/New_York") for name in _FACTORS)


def measure(panel: Panel, factors: tuple[Calendar, ...]) -> dict[str, Any]:
    """Return the size of the page, MB, and the seconds of one core to write it."""
    model = DeepDIVE(horizon=24, lookback=168, factors=factors, training=_TRAINING).fit(panel, progress=False)
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        page = write_report(model, panel, Path(folder) / "report.html")
        n_bytes = page.stat().st_size
    return {"mb": round(n_bytes / 1e6, 3), "core_seconds": round(time.process_time() - began, 1)}


def main() -> int:
    """Measure, add the line; 1 where the page is larger than wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case", choices=("eia", "loads"))
    parser.add_argument("--data", type=Path)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    panel, factors = panel_of(args.case, args.data)
    rows, n_channels = panel.values.shape
    found = measure(panel, factors)
    about = {"case": args.case, "series": n_channels, "rows": rows, "factors": [factor.name for factor in factors]}
    append_line(args.out, json.dumps({**about, **found, "limit_mb": LIMIT_MB, "versions": versions()}))
    print(f"{args.case}, {n_channels} series of {rows} rows: {found['mb']:.2f} MB (at most {LIMIT_MB:g} MB wanted)")
    return int(found["mb"] > LIMIT_MB)


if __name__ == "__main__":
    sys.exit(main())

"""Short series: divecast next to statsforecast, on drawn and real ones; one JSON line per run in results.jsonl.

    python -m research.short_series.run --rivals .venv-rivals/bin/python

Every series is forecast once, from before its last 12 months or 8 quarters, which no entry sees. Scores are means over
series: MASE and CRPS (twice the mean pinball loss over nine deciles), both divided by the mean absolute seasonal
difference of the series' past, and the coverage of the 80 and the 90 % intervals. Series
``drawn 0``, ``2`` and ``3`` served to choose settings; those reported have another seed. Seconds are those of the
processor, on one thread.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

import divecast as dc
from research.common import ROOT, append_line, machine, read_lines, versions
from research.short_series.rivals import ENTRIES
from research.short_series.series import KINDS, LEVELS, QUANTILES, Floats, Kind, series_of

OUT = Path(__file__).with_name("results.jsonl")
OWN: dict[str, Callable[[Kind], dict[str, Any]]] = {
    "divecast": lambda kind: {"factors": ["month"] if kind.season == 12 else ["season"]},
    "divecast, four years": lambda kind: {"lookback": 4 * kind.season},
}
"""Our entries: the settings beside the horizon and independent series, by name."""


def table(series: list[Floats], kind: Kind) -> pd.DataFrame:
    """Return the past of the series as a long table; all end at the same time."""
    months = 12 // kind.season
    pasts = [values[: -kind.horizon] for values in series]
    ends = np.datetime64("2024-01", "M")
    frames = [
        pd.DataFrame(
            {
                "unique_id": f"s{number:05d}",
                "ds": (ends - months * np.arange(len(past))[::-1]).astype("datetime64[s]"),
                "y": past,
            }
        )
        for number, past in enumerate(pasts)
    ]
    return pd.concat(frames, ignore_index=True)


def scores(series: list[Floats], kind: Kind, mean: Floats, quantiles: Floats) -> dict[str, float]:
    """Return the mean scores of forecasts, (series, step), with quantiles, (series, level, step)."""
    future = np.stack([values[-kind.horizon :] for values in series])
    pasts = [values[: -kind.horizon] for values in series]
    errors = np.array([np.abs(past[kind.season :] - past[: -kind.season]).mean() for past in pasts])
    levels = np.array(LEVELS)[:, None]
    missed = future[:, None] - quantiles[:, 1:-1]
    pinball = np.maximum(levels * missed, (levels - 1) * missed).mean((1, 2))
    mase = np.abs(future - mean).mean(axis=1) / errors

    def covered(out: int) -> float:
        return float(((quantiles[:, out] <= future) & (future <= quantiles[:, -1 - out])).mean())

    return {
        "mase": float(mase.mean()),
        "median_mase": float(np.median(mase)),
        "crps": float((2 * pinball / errors).mean()),
        "coverage": covered(1),
        "coverage_90": covered(0),
    }


def own(entry: str, series: list[Floats], kind: Kind, seed: int) -> tuple[Floats, Floats, dict[str, Any]]:
    """Return mean, quantiles and facts of one of our entries."""
    model = dc.DeepDIVE(kind.horizon, seed=seed, series="independent", **OWN[entry](kind))
    past = table(series, kind)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dc.DataWarning)  # what is said of short data is on the page
        model.fit(past, progress=False, refit=True)
        found = model.forecast(past, levels=QUANTILES).frame().sort_values(["unique_id", "step"])
    shape = (len(series), kind.horizon)
    quantiles = np.stack([found[f"q{level:g}"].to_numpy().reshape(shape) for level in QUANTILES], axis=1)
    plan, provenance = model.fitted_model.provenance.plan, model.fitted_model.provenance
    models = model.fitted_model.own
    facts = {
        "lookback": plan.lookback,
        "split": str(provenance.split),
        "correction": provenance.correction,
        "own_share": [] if models is None else [round(share, 3) for share in models.share.tolist()],
    }
    return found["mean"].to_numpy().reshape(shape), quantiles, facts


def main() -> None:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rivals", type=Path, default=ROOT / ".venv-rivals/bin/python")
    parser.add_argument("--series", type=int, default=200, help="drawn series of each frequency")
    parser.add_argument("--data", action="append", help='data sets, such as "drawn 1" or real')
    parser.add_argument("--kind", action="append", choices=[*KINDS], help="only these")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = {(line["data"], line["kind"], line["entry"], line["seed"], line["series"]) for line in read_lines(OUT)}

    def write(facts: dict[str, Any]) -> None:
        append_line(OUT, json.dumps(facts | {"machine": machine(), "versions": versions()}))

    for data in arguments.data or ["drawn 1", "real"]:
        for name in arguments.kind or KINDS:
            kind = KINDS[name]
            series = _series(arguments.rivals, data, name, arguments.series)
            place = {"data": data, "kind": name, "series": len(series)}
            if any((data, name, entry, 0, len(series)) not in made for entry in ENTRIES):
                for entry, line in _rivals(arguments.rivals, data, name, len(series)).items():
                    found = scores(series, kind, line["mean"], line["quantiles"])
                    write({**place, "entry": entry, "seed": 0, **found, "seconds": float(line["seconds"])})
            for entry in OWN:
                for seed in range(arguments.seeds):
                    if (data, name, entry, seed, len(series)) not in made:
                        began = time.process_time()
                        mean, quantiles, facts = own(entry, series, kind, seed)
                        found = scores(series, kind, mean, quantiles)
                        seconds = round(time.process_time() - began, 1)
                        write({**place, "entry": entry, "seed": seed, **found, "seconds": seconds, **facts})


def _series(python: Path, data: str, kind: str, n: int) -> list[Floats]:
    """Return the series of a data set; the rivals' python reads the real ones."""
    if data != "real":
        return series_of(data, KINDS[kind], n)
    return [np.array(values) for values in json.loads(_asked(python, "series", kind))]


def _asked(python: Path, module: str, *arguments: str) -> str:
    """Run a module of this study with the rivals' python, and return what it prints."""
    environment = os.environ | {"PYTHONPATH": str(ROOT), "NIXTLA_ID_AS_COL": "1"}
    command = [str(python), "-W", "ignore", "-m", f"research.short_series.{module}", *arguments]
    return subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout


def _rivals(python: Path, data: str, kind: str, n: int) -> dict[str, dict[str, Any]]:
    """Return mean, quantiles and seconds of the entries of statsforecast."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rivals.npz"
        _asked(python, "rivals", data, kind, str(n), str(out))
        with np.load(out) as found:
            return {
                entry: {part: found[f"{entry} {part}"] for part in ("mean", "quantiles", "seconds")}
                for entry in ENTRIES
            }


if __name__ == "__main__":
    main()

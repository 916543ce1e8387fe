"""Monthly series that grow in proportion, by the scale that a model reads; one JSON line per run in grown.jsonl.

python -m research.counts.grown
"""

import argparse
import json
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

import divecast as dc
from research.common import append_line, machine, read_lines, versions
from research.counts.task import Floats

OUT = Path(__file__).with_name("grown.jsonl")
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)

_N_SERIES, _N_MONTHS, _HORIZON = 60, 144, 12


def drawn(seed: int) -> Floats:
    """Draw monthly series, (month, series)."""
    draw, month = np.random.default_rng(seed), np.arange(_N_MONTHS)[:, None]
    level = draw.normal(5, 1, _N_SERIES) + draw.normal(0.12, 0.08, _N_SERIES) * month / 12
    season = 0.25 * draw.normal(0, 1, _N_SERIES) * np.sin(2 * np.pi * month / 12 + draw.uniform(0, 6, _N_SERIES))
    season += 0.1 * draw.normal(0, 1, _N_SERIES) * np.cos(4 * np.pi * month / 12)
    wander = np.cumsum(draw.normal(0, 0.012, (_N_MONTHS, _N_SERIES)), axis=0)
    found: Floats = np.exp(level + season + wander + draw.normal(0, 0.04, (_N_MONTHS, _N_SERIES)))
    return found


def forecast(values: Floats, series: Any, scale: Any, seed: int) -> dict[str, Any]:
    """Return the scores of the forecast of the last year."""
    past, targets = dc.Panel.from_array(values[:-_HORIZON], "2010-01-01", "1MS"), values[-_HORIZON:]
    model = dc.DeepDIVE(_HORIZON, 24, ["month"], series=series, model=dc.ModelConfig(scale=scale), seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dc.DataWarning)
        found = model.fit(past, progress=False).forecast(past, levels=LEVELS)
    quantiles, levels = found.quantiles[:, 0], np.array(LEVELS)[:, None, None]
    missed = (targets - quantiles) / values[:-_HORIZON].mean(0)
    inside = (quantiles[0] <= targets) & (targets <= quantiles[-1])
    return {
        "pinball": float(2 * np.maximum(levels * missed, (levels - 1) * missed).mean()),
        "bias": float((found.mean[0] / targets - 1).mean()),
        "within": float(inside.mean()),
        "chosen": model.fitted_model.config.scale,
    }


def main() -> None:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", action="append", type=int)
    parser.add_argument("--scale", action="append", choices=["standard", "log", "power", "auto"])
    parser.add_argument("--series", action="append", choices=["joint", "independent"])
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = {(line["series"], line["scale"], line["seed"]) for line in read_lines(OUT)}
    for seed in arguments.seed or [1, 2, 3]:
        for series in arguments.series or ["joint", "independent"]:
            for scale in arguments.scale or ["standard", "log", "auto"]:
                if (series, scale, seed) not in made:
                    began = time.process_time()
                    found = forecast(drawn(seed), series, scale, seed)
                    line = {"series": series, "scale": scale, "seed": seed, **found}
                    line["seconds"] = round(time.process_time() - began, 1)
                    append_line(OUT, json.dumps(line | {"machine": machine(), "versions": versions()}))


if __name__ == "__main__":
    main()

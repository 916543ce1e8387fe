"""Weighted quantile loss of counts: divecast next to models for counts; one JSON line per run in results.jsonl.

    python -m research.counts.run --data ../shared/data --rivals .venv-rivals/bin/python

A task has four windows of 28 days in the test part, or 48 of 24 hours of the bike data. Each seed is also that of the
draws; draws of seed 0 served to choose settings. Models are fitted once, before the test part; those of statsforecast
are fitted before each window. Seconds are those of the processor, on one thread.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

import divecast as dc
from research.common import ROOT, append_line, machine, read_lines, versions
from research.counts.rivals import NEURAL, STATISTICAL, long_table
from research.counts.task import LEVELS, Floats, Task, weighted_quantile_loss
from research.counts.worlds import TASKS, task_of

OUT = Path(__file__).with_name("results.jsonl")
OWN: dict[str, dict[str, Any]] = {"divecast": {}, "divecast, without counts": {"counts": "never"}}
"""Our entries: settings of the model, by name."""

_HOURS_A_DAY = 24


def scores(task: Task, means: Floats, quantiles: Floats) -> dict[str, float]:
    """Return scores of forecasts, (window, step, series), with quantiles, (level, window, step, series)."""
    targets = task.targets
    inside = (quantiles[0] <= targets) & (targets <= quantiles[LEVELS.index(0.9)])
    return {
        "wql": weighted_quantile_loss(targets, quantiles),
        "error": float(np.abs(targets - means).sum() / targets.sum()),
        "bias": float((means - targets).sum() / targets.sum()),
        "within": float(inside.mean()),
    }


def own(task: Task, entry: str, seed: int) -> tuple[Floats, Floats, dict[str, Any]]:
    """Return means, quantiles and facts of one of our entries."""
    daily = task.hours == _HOURS_A_DAY
    told = [dc.Covariate(f"told{number}", per_series=daily) for number in range(task.told.shape[2])]
    factors = ["weekday"] if daily else ["hour", "weekday", "month"]
    model = dc.DeepDIVE(
        task.horizon, task.lookback, factors, covariates=told, model=dc.ModelConfig(**OWN[entry]), seed=seed
    )
    table, n_past = long_table(task, told=True), len(task.counts) - task.n_test - task.n_valid
    table = table[[name for name in table if not name.startswith("phase")]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", dc.DataWarning)
        model.fit(table, split=dc.ByTime(n_past, task.n_valid, task.n_test), progress=False)
        first, last = (np.datetime64(task.start, "h") + task.hours * task.origins[place] for place in (0, -1))
        found = model.forecast(table, start=str(first), stop=str(last), every=task.step, levels=LEVELS)
    fitted = model.fitted_model
    facts = {"counts": int(fitted.counts.known.sum()), "correction": fitted.provenance.correction}
    return found.mean, found.quantiles, facts


def rival(task: Task, entry: str, seed: int, python: Path) -> tuple[Floats, Floats, dict[str, Any]]:
    """Return means, quantiles and facts of an entry that the rivals' python makes."""
    with tempfile.TemporaryDirectory() as folder:
        task.write(Path(folder) / "task.npz")
        environment = os.environ | {"PYTHONPATH": str(ROOT), "NIXTLA_ID_AS_COL": "1", "OMP_NUM_THREADS": "1"}
        arguments = [f"{folder}/task.npz", entry, str(seed), f"{folder}/found.npz"]
        command = [str(python), "-W", "ignore", "-m", "research.counts.rivals", *arguments]
        subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        with np.load(f"{folder}/found.npz") as found:
            return found["means"], found["quantiles"], {"seconds": round(float(found["seconds"]), 1)}


def main() -> None:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="folder with covariates/bike_sharing_hourly.parquet")
    parser.add_argument("--rivals", type=Path, default=ROOT / ".venv-rivals/bin/python")
    parser.add_argument("--task", action="append", choices=TASKS)
    parser.add_argument("--entry", action="append", choices=[*OWN, *STATISTICAL, *NEURAL])
    parser.add_argument("--seed", action="append", type=int)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = {(line["task"], line["entry"], line["seed"]) for line in read_lines(OUT)}
    for seed in arguments.seed or [1, 2, 3]:
        for name in arguments.task or TASKS:
            for entry in arguments.entry or [*OWN, *NEURAL, *STATISTICAL]:
                again = name == "bike" and entry in STATISTICAL and seed > 1  # nothing of it is drawn
                if (name, entry, seed) in made or again:
                    continue
                task, began = task_of(name, seed, arguments.data), time.process_time()
                means, quantiles, facts = (
                    own(task, entry, seed) if entry in OWN else rival(task, entry, seed, arguments.rivals)
                )
                facts = {"seconds": round(time.process_time() - began, 1)} | facts
                line = {"task": name, "entry": entry, "seed": seed, **scores(task, means, quantiles), **facts}
                append_line(OUT, json.dumps(line | {"machine": machine(), "versions": versions()}))


if __name__ == "__main__":
    main()

"""A fit on all rows and an update, next to a fit; one JSON line per run in research/update/results.jsonl.

    python -m research.update.run                    the shipped loads, three seeds
    python -m research.update.run --data PATH        also ETTh1 and exchange_rate of a folder of CSV.gz files

All models of a case forecast the same rows, the last fifth or so, which none of them has seen. ``former`` is fitted on
all rows until some weeks before these. Those weeks are the newer rows: ``update`` takes them into the former model,
``fit`` is a new one that keeps back a validation and a test part, and ``refit`` a new one with a last fit on all rows.
Seconds are those of the processor on one thread, so that other work on the machine does not count.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

import divecast as dc
from divecast import datasets
from research.common import append_line, machine, read_lines, versions

OUT = Path(__file__).with_name("results.jsonl")
MEASURES = ("mae", "mse", "mase", "crps", "coverage")


@dataclass(frozen=True, slots=True)
class Case:
    """A panel, and a model of it.

    Attributes:
        panel: the values.
        lookback: steps of a window.
        horizon: steps ahead.
        factors: factors of the model.
        n_newer: rows that are newer than those of the former model.
    """

    panel: dc.Panel
    lookback: int
    horizon: int
    factors: tuple[str, ...]
    n_newer: int

    @property
    def stop(self) -> int:
        """The row after the last one that a model may see."""
        return int(0.8 * len(self.panel.values))

    def model(self, seed: int) -> dc.DeepDIVE:
        """Return a model that is not fitted."""
        return dc.DeepDIVE(self.horizon, self.lookback, self.factors, seed=seed)

    def scores(self, model: dc.DeepDIVE) -> dict[str, float]:
        """Return the scores on the rows that no model has seen."""
        rows = self.panel.rows(self.stop - self.lookback, len(self.panel.values))
        found = model.evaluate(rows, "all", baselines=False).scores["DeepDIVE"].overall()
        return {name: found[name] for name in MEASURES}


def cases(folder: Path | None) -> dict[str, Case]:
    """Return the cases by name: the shipped loads, and those of a folder of CSV.gz files."""
    found = {"loads": Case(datasets.load("loads"), 168, 24, ("hour", "weekday"), 4 * 168)}
    if folder is not None:
        etth1 = dc.Panel.read(folder / "ETTh1.csv.gz")
        rates = np.loadtxt(folder / "exchange_rate.csv.gz", delimiter=",", skiprows=1)
        found["ETTh1"] = Case(etth1, 168, 24, ("hour", "weekday"), 4 * 168)
        found["exchange"] = Case(dc.Panel.from_array(rates, "1990-01-01", "1D"), 96, 24, (), 90)
    return found


def run(name: str, case: Case, seed: int, models: Path) -> None:
    """Append the lines of one case and seed; former models of an earlier run are read from ``models``."""

    def line(way: str, make: Callable[[], dc.DeepDIVE]) -> dc.DeepDIVE:
        began = time.process_time()
        model = make()
        seconds = time.process_time() - began
        facts: dict[str, Any] = {"case": name, "seed": seed, "way": way, "seconds": round(seconds, 2)}
        append_line(OUT, json.dumps(facts | case.scores(model) | {"machine": machine(), "versions": versions()}))
        return model

    seen, former = case.panel.rows(0, case.stop), models / f"{name}_{seed}.safetensors"
    if not former.exists():
        case.model(seed).fit(seen.rows(0, 10 * (case.lookback + case.horizon)), progress=False)  # loads packages
        before = seen.rows(0, case.stop - case.n_newer)
        line("former", lambda: case.model(seed).fit(before, progress=False, refit=True)).save(former)
    line("update", lambda: dc.DeepDIVE.load(former).update(seen, progress=False))
    line("fit", lambda: case.model(seed).fit(seen, progress=False))
    line("refit", lambda: case.model(seed).fit(seen, progress=False, refit=True))


def main() -> None:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--case", action="append", help="only these")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--models", type=Path, default=Path(tempfile.gettempdir()), help="folder of former models")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = {(line["case"], line["seed"]) for line in read_lines(OUT) if line["way"] == "refit"}
    known = cases(arguments.data)
    if unknown := {*(arguments.case or ())} - {*known}:
        parser.error(f"--case {', '.join(sorted(unknown))}: expected {', '.join(known)}; all but loads need --data")
    for name, case in known.items():
        for seed in range(arguments.seeds):
            if (name, seed) not in made and name in (arguments.case or [name]):
                run(name, case, seed, arguments.models)


if __name__ == "__main__":
    main()

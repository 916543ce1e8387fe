"""Small panels: the passes that follow the number of windows, next to the usual five; one JSON line per run.

    python -m research.short_series.small_panels                  panels of 40 daily series, three seeds
    python -m research.short_series.small_panels --data PATH      also ETTh1 and exchange_rate, and the shipped loads

``usual`` makes five passes in batches of 128, ``following`` those of ``TrainingConfig.for_windows``. On panels with
many windows both are the same. ``correction`` is the mean share of the correction that is kept, ``linear`` the error of
the linear path alone. Scores are of the test part. The
rule was chosen with a look at that of ``daily 0``; the other panels were not looked at.
"""

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

import divecast as dc
from divecast import datasets
from divecast.data import Windows, split
from divecast.inference import FittedModel
from research.common import append_line, machine, read_lines, versions

OUT = Path(__file__).with_name("small_panels.jsonl")
WAYS = {"usual": dc.TrainingConfig(epochs=5, batch_size=128), "following": dc.TrainingConfig()}
_SERIES, _DAYS = 40, 942


@dataclass(frozen=True, slots=True)
class Case:
    """A panel, and the model of it.

    Attributes:
        panel: the values.
        lookback: steps of a window.
        horizon: steps ahead.
        factors: factors of the model.
        split: None for the default.
    """

    panel: dc.Panel
    lookback: int
    horizon: int
    factors: tuple[str, ...]
    split: dc.ByTime | None = None


def daily(seed: int) -> NDArray[np.float64]:
    """Draw daily series, (row, series): own weeks that are stronger in summer, years, common and own shocks, steps."""
    draw, day = np.random.default_rng(seed), np.arange(_DAYS)
    week = draw.normal(0, 0.35, (_SERIES, 7))
    week -= week.mean(axis=1, keepdims=True)
    phase = draw.normal(0, 0.08, _SERIES)[:, None] + 0.1
    year = draw.gamma(2, 0.08, _SERIES)[:, None] * np.sin(2 * np.pi * (day / 365.25 + phase))
    common, own = np.zeros(_DAYS), np.zeros((_SERIES, _DAYS))
    for now in range(1, _DAYS):
        common[now] = 0.95 * common[now - 1] + draw.normal(0, 0.02)
        own[:, now] = 0.9 * own[:, now - 1] + draw.normal(0, 0.025, _SERIES)
    steps = np.cumsum((draw.random((_SERIES, _DAYS)) < 1 / 600) * draw.normal(0, 0.15, (_SERIES, _DAYS)), axis=1)
    summer = 1 + 0.8 * np.sin(2 * np.pi * (day / 365.25 + 0.1))
    shared = common * draw.uniform(0.3, 1.2, _SERIES)[:, None]
    log = week[:, day % 7] * summer + year + shared + own + steps + draw.normal(0, 0.15, (_SERIES, _DAYS))
    values: NDArray[np.float64] = (np.exp(log) * np.exp(draw.normal(3, 1, _SERIES))[:, None]).T
    return values


def cases(folder: Path | None) -> dict[str, Case]:
    """Return the cases by name."""
    panels = {f"daily {seed}": dc.Panel.from_array(daily(seed), "2014-01-01", "1D") for seed in range(3)}
    found = {name: Case(panel, 28, 28, ("weekday",)) for name, panel in panels.items()}
    if folder is not None:
        etth1 = dc.Panel.read(folder / "ETTh1.csv.gz").rows(0, 14_400)
        rates = np.loadtxt(folder / "exchange_rate.csv.gz", delimiter=",", skiprows=1)
        found["ETTh1"] = Case(etth1, 336, 96, ("hour", "weekday"), dc.ByTime(3, 1, 1))
        found["exchange"] = Case(dc.Panel.from_array(rates, "1990-01-01", "1D"), 96, 96, (), dc.ByTime(7, 1, 2))
        found["loads"] = Case(datasets.load("loads"), 168, 24, ("hour", "weekday"))
    return found


def training_windows(fitted: FittedModel, panel: dc.Panel) -> int:
    """Return how many windows a fit learned from."""
    train, labels = split(panel, fitted.provenance.split).train, fitted.label_indices(panel)
    return len(Windows.of(panel, train, labels, fitted.scale, fitted.shape, "fit"))


def run(name: str, case: Case, way: str, seed: int) -> None:
    """Append the line of one fit."""
    model = dc.DeepDIVE(case.horizon, case.lookback, case.factors, training=WAYS[way], seed=seed)
    began = time.process_time()
    model.fit(case.panel, case.split, progress=False)
    seconds, training = time.process_time() - began, model.fitted_model.provenance.plan.training
    scores = model.evaluate(case.panel, every=4).scores
    mase = {key: scores[key].overall()["mase"] for key in ("DeepDIVE", "stacked ridge") if key in scores}
    line = {
        "case": name,
        "way": way,
        "seed": seed,
        "windows": training_windows(model.fitted_model, case.panel),
        "passes": training.n_epochs,
        "batch": training.n_batch,
        "correction": model.fitted_model.provenance.correction,
        "mase": mase["DeepDIVE"],
        "linear": mase.get("stacked ridge"),
        "crps": scores["DeepDIVE"].overall()["crps"],
        "seconds": round(seconds, 1),
        "machine": machine(),
        "versions": versions(),
    }
    append_line(OUT, json.dumps(line))


def main() -> None:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--case", action="append", help="only these")
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    made = {(line["case"], line["way"], line["seed"]) for line in read_lines(OUT)}
    for name, case in cases(arguments.data).items():
        for seed in range(arguments.seeds):
            for way in WAYS:
                if (name, way, seed) not in made and name in (arguments.case or [name]):
                    run(name, case, way, seed)


if __name__ == "__main__":
    main()

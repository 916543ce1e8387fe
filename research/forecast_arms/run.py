"""Would other readings of a, or averaged weights, forecast better? Each fit adds a line to results.jsonl.

    python -m research.forecast_arms.run loads
    python -m research.forecast_arms.run ETTh1 --data PATH/forecasting_benchmarks
    python -m research.forecast_arms.run eia --data PATH/eia_us_demand_hourly

All arms of a seed have the same batches, and the same weights and draws where they share them. ``python -m
research.forecast_arms.page`` writes docs/forecast_arms.md. Runs that are in results.jsonl are skipped.
"""

import sys
import time
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import torch

from divecast import CodeConfig, DeepDIVE, ModelConfig, Panel, TrainingConfig, datasets
from divecast.data import Factor
from research.common import add_run
from research.paper.cases import load_case
from research.scripts import add_arms, run_parser

OUT = Path(__file__).with_name("results.jsonl")
CASES, SEEDS = ("loads", "ETTh1", "eia"), 5
ARMS = {
    "default": (CodeConfig(), TrainingConfig()),
    "a": (CodeConfig(forecaster="code"), TrainingConfig()),
    "own-fusion": (CodeConfig(forecaster="own"), TrainingConfig()),
    "averaged": (CodeConfig(), TrainingConfig(average=True)),
}
SCORES = ("mse", "mase", "crps", "coverage")


def data_of(case: str, folder: Path | None) -> tuple[Panel, int, int, tuple[str | Factor, ...]]:
    """Return a panel, the horizon, the lookback and the factors; of eia those of the reproduction, 24 series."""
    if case == "loads":
        return datasets.load("loads"), 24, 168, ("hour", "weekday")
    if folder is not None and case == "ETTh1":
        return Panel.read(folder / "ETTh1.csv.gz"), 96, 336, ("hour", "weekday")
    if folder is None:
        raise SystemExit(f"{case} needs --data")
    found = load_case("eia", folder, 0, quick=False)
    return cast("Panel", found.data), found.horizon, found.lookback, found.factors


def measure(case: str, folder: Path | None, arm: str, seed: int, quick: bool) -> dict[str, Any]:
    """Fit an arm, and return its scores on the test part, and seconds of the processor."""
    panel, horizon, lookback, factors = data_of(case, folder)
    if quick:
        panel = panel.rows(0, 12 * (horizon + lookback))
    code, training = ARMS[arm]
    training = replace(training, epochs=1) if quick else training
    model = DeepDIVE(horizon, lookback, factors, model=ModelConfig(code=code), training=training, seed=seed)
    began = time.process_time()
    model.fit(panel, progress=False)
    found = model.evaluate(panel, baselines=False).scores["DeepDIVE"].overall()
    return {**{name: found[name] for name in SCORES}, "core_seconds": round(time.process_time() - began, 1)}


def main() -> int:
    """Make the missing runs."""
    parser = run_parser(__doc__, CASES, SEEDS, OUT)
    add_arms(parser, ARMS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(args.seeds):
        for arm in args.arm or ARMS:
            key = {"case": args.case, "arm": arm, "seed": seed, "quick": args.quick}
            add_run(args.out, key, partial(measure, args.case, args.data, arm, seed, args.quick))
    return 0


if __name__ == "__main__":
    sys.exit(main())

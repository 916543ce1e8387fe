"""What is gained by telling a model what is known of future rows; each fit adds a line to results.jsonl.

    python -m research.known.run synthetic
    python -m research.known.run eia --data PATH/eia_us_demand_hourly

``synthetic``: a shop with planted effects. ``eia``: 112 series with effects, with those of ``holiday:US`` as well,
without any, and with a forecaster that reads a as well: accuracy, also on the six big holidays and the days after them,
and what the labels tell of a; and the mean of the forecasts of five fits. Panels with measured weather are tracks of
the race (``python -m research.race.run --track bike --track tetouan``). With ``--models``, fitted models of EIA are
kept and read again, those of the study of intervals too. Runs that are in research/known/results.jsonl are skipped;
``python -m research.known.page`` writes docs/known.md.
"""

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast import Calendar, CodeConfig, DeepDIVE, Label, ModelConfig, Panel, TrainingConfig
from divecast.data import ByTime
from research.common import add_run
from research.eia import eia_panel
from research.known.codes import labels_in_a
from research.known.holidays import ZONE, holiday_rows
from research.known.synthetic import Shop
from research.scripts import run_parser

OUT = Path(__file__).with_name("results.jsonl")
STEPS, SEEDS = (3, 6, 12, 24), 3
_MEMBERS = 5
_LEVELS = (0.05, 0.5, 0.95)
Line = dict[str, Any]


@dataclass(frozen=True, eq=False, slots=True)
class Rolled:
    """Forecasts of a panel from every row of its last fifth.

    Attributes:
        rows: (origin, horizon) target rows.
        mean: (origin, horizon, series).
        low: (origin, horizon, series) the quantile at .05.
        high: (origin, horizon, series) that at .95.
        truth: (origin, horizon, series), NaN where there is none.
    """

    rows: NDArray[np.int64]
    mean: NDArray[np.float32]
    low: NDArray[np.float32]
    high: NDArray[np.float32]
    truth: NDArray[np.float32]

    @classmethod
    def of(cls, model: DeepDIVE, panel: Panel, every: int) -> "Rolled":
        """Forecast from every so many rows; the last horizon lies within the panel."""
        n_rows, horizon = len(panel.values), model.horizon
        first, last = n_rows - n_rows // 5 - horizon + 1, n_rows - horizon
        start, stop = panel.clock.at(np.array([first, last]))
        found = model.forecast(panel, start=start, stop=stop, every=every, levels=_LEVELS)
        rows = np.arange(first, last + 1, every)[:, None] + np.arange(horizon)
        return cls(rows, found.mean, found.quantiles[0], found.quantiles[2], panel.values[rows])

    @classmethod
    def mean_of(cls, members: "Iterable[Rolled]") -> "Rolled":
        """Return the mean of the forecasts and of the quantiles of several models of the same rows."""
        first, *others = members
        mean, low, high = (
            np.mean([getattr(member, name) for member in (first, *others)], axis=0) for name in ("mean", "low", "high")
        )
        return cls(first.rows, mean, low, high, first.truth)

    def rrse(self, among: NDArray[np.bool_], step: int) -> float:
        """Return the RRSE at a step over the target rows ``among`` the rows of the panel, with their own mean."""
        chosen = among[self.rows[:, step - 1]]
        truth = self.truth[chosen, step - 1].astype(np.float64)
        error = np.nansum((self.mean[chosen, step - 1] - truth) ** 2)
        return float(np.sqrt(error / np.nansum((truth - np.nanmean(truth)) ** 2)))

    def bias(self, among: NDArray[np.bool_]) -> float:
        """Return the mean error over the target rows ``among``."""
        chosen = among[self.rows]
        return float(np.nanmean(self.mean[chosen] - self.truth[chosen]))

    def holds(self, among: NDArray[np.bool_]) -> float:
        """Return the share of the target rows ``among`` that the 90 % interval holds."""
        chosen = among[self.rows]
        truth = self.truth[chosen]
        inside = (truth >= self.low[chosen]) & (truth <= self.high[chosen])
        return float(inside[~np.isnan(truth)].mean())


def synthetic(args: argparse.Namespace, seed: int, _arm: str) -> Line:
    """Fit the shop, look at the effects it found, and at its forecasts of the rows that have them."""
    shop = Shop.of(seed, 200 if args.quick else 730)
    training = TrainingConfig(epochs=1 if args.quick else 5)
    factors: list[str | Label] = ["hour", "weekday", Label("promo"), Label("holiday")]
    model = DeepDIVE(24, 168, factors, covariates=["temp"], training=training, seed=seed)
    model.fit(shop.panel, ByTime(3, 1, 1), progress=False)
    rolled = Rolled.of(model, shop.panel, every=7)
    hot = shop.temp > 22
    plain = ~shop.promo & ~shop.holiday & ~hot
    rows = {"promotion": shop.promo, "holiday": shop.holiday, "hot": hot, "plain": plain}
    scenarios = {"promotion": {"promo": "on"}, "holiday": {"holiday": "yes"}}
    quiet = _until_a_plain_day(shop.panel, plain)
    moved = {name: model.what_if(quiet, future=change).difference for name, change in scenarios.items()}
    return {
        "bias": {name: rolled.bias(among) for name, among in rows.items()},
        "holds": {name: rolled.holds(among) for name, among in rows.items()},
        "effect": {name: float(difference.mean()) for name, difference in moved.items()},
    }


def _until_a_plain_day(panel: Panel, plain: NDArray[np.bool_]) -> Panel:
    """Return the rows up to the last whole day that is plain, whose values are unknown."""
    starts = np.flatnonzero(np.lib.stride_tricks.sliding_window_view(plain, 24).all(axis=1))
    until = panel.rows(0, int(starts[-1]) + 24)
    values = until.values.copy()
    values[-24:] = np.nan
    return replace(until, values=values)


def eia(args: argparse.Namespace, seed: int, arm: str) -> Line:
    """Fit EIA with effects, also of the holidays, or without; score the forecasts, and read the labels from a and b."""
    panel = _eia(args)
    rows = holiday_rows(panel)
    if arm == "five members":
        seeds = range(_MEMBERS * seed, _MEMBERS * (seed + 1))
        members = (Rolled.of(_eia_model(args, panel, each, "told"), panel, every=1) for each in seeds)
        return _scored(Rolled.mean_of(members), rows)
    model = _eia_model(args, panel, seed, arm)
    return {**_scored(Rolled.of(model, panel, every=1), rows), **labels_in_a(model, panel, seed)}


def _eia_model(args: argparse.Namespace, panel: Panel, seed: int, arm: str) -> DeepDIVE:
    """Return the model of an arm, read from the folder of models if it is there, else fitted."""
    path = args.models and args.models / f"{'eia' if arm == 'told' else 'eia ' + arm}-{seed}.safetensors"
    if path and path.is_file():
        return DeepDIVE.load(path)
    factors = [Calendar(name, tz=ZONE) for name in ("hour", "weekday", "month")]
    factors += [Calendar("holiday", tz=ZONE, country="US")] if arm == "holidays told" else []
    training = TrainingConfig(epochs=1, window_stride=5) if args.quick else TrainingConfig()
    code = CodeConfig(forecaster="code" if arm == "a read" else "b")
    config = ModelConfig(code=code, effects=arm != "without effects")
    model = DeepDIVE(24, 168, factors, model=config, training=training, seed=seed)
    model.fit(panel, ByTime(3, 1, 1), progress=False)
    if path:
        model.save(path)
    return model


def _scored(rolled: Rolled, rows: dict[str, NDArray[np.bool_]]) -> Line:
    return {
        "rrse": {name: {step: rolled.rrse(among, step) for step in STEPS} for name, among in rows.items()},
        "holds": {name: rolled.holds(among) for name, among in rows.items()},
    }


def _eia(args: argparse.Namespace) -> Panel:
    panel = eia_panel(args.data)
    return panel.select(panel.channels[:4]).rows(0, 18000) if args.quick else panel


CASES: dict[str, tuple[tuple[str, ...], Callable[[argparse.Namespace, int, str], Line]]] = {
    "synthetic": (("told",), synthetic),
    "eia": (("told", "holidays told", "without effects", "a read", "five members"), eia),
}
"""The arms of each case, and what fits and scores one."""


def _timed(
    measure: Callable[[argparse.Namespace, int, str], Line], args: argparse.Namespace, seed: int, arm: str
) -> Line:
    began = time.process_time()
    return {**measure(args, seed, arm), "cpu_seconds": time.process_time() - began}


def main() -> int:
    """Make the runs that are missing."""
    parser = run_parser(__doc__, CASES, SEEDS, OUT)
    parser.add_argument("--arm", action="append", help="only these")
    parser.add_argument("--models", type=Path, help="folder of fitted models")
    args = parser.parse_args()
    arms, measure = CASES[args.case]
    for seed, arm in product(range(args.seeds), args.arm or arms):
        key = {"case": args.case, "seed": seed, "arm": arm, "quick": args.quick}
        add_run(args.out, key, partial(_timed, measure, args, seed, arm))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Do labels that training rows lack help a forecast of rows that have them? Each fit adds a line to results.jsonl.

    python -m research.gaps.run

The 27 shipped load profiles, a day ahead from a week. *Clock*: hour and weekday are label columns, which a window of a
week tells as well. *Promotion*: one standard deviation of each series is added on days drawn at random, which nothing
else tells. Of the training and validation part some rows have labels; all rows of the test part do. ``python -m
research.gaps.page`` writes docs/gaps.md. Runs that are in results.jsonl are skipped.
"""

import argparse
import sys
import time
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from divecast import ByTime, Calendar, DataWarning, DeepDIVE, Label, ModelConfig, Panel, TrainingConfig, datasets
from divecast.data import Factor
from research.common import add_run

OUT = Path(__file__).with_name("results.jsonl")
TABLES = {"clock": 0.0, "promotion on 10 % of days": 0.1, "promotion on 3 % of days": 0.03}
PATTERNS = (
    "all rows",
    "90 % of rows",
    "half of the rows",
    "10 % of rows",
    "half of the days",
    "10 % of days",
    "later half",
)
ARMS = {"default": ModelConfig(), "without effects": ModelConfig(effects=False)}
_DAY, _SPLIT = 24, ByTime(3, 1, 1)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True, eq=False)
class Table:
    """A panel whose labels are known at all rows, and the factors of a model of it."""

    panel: Panel
    factors: tuple[Factor, ...]

    @classmethod
    def of(cls, name: str, seed: int) -> "Table":
        """Return the table of a name."""
        panel, share = datasets.load("loads"), TABLES[name]
        stamps = panel.clock.local(np.arange(len(panel.values)))
        days = stamps.astype("datetime64[D]")
        if not share:
            hour = (stamps - days).astype("timedelta64[h]").astype(int)
            weekday = np.array(_DAYS, dtype=object)[(days.astype(int) + 3) % 7]
            hours = tuple(f"{each:02d}" for each in range(_DAY))
            labels = {"h": np.array(hours, dtype=object)[hour], "w": weekday}
            of_clock = (Label("h", "cyclic", order=hours), Label("w", "cyclic", order=_DAYS))
            return cls(replace(panel, labels=labels), of_clock)
        day = (days - days[0]).astype(int)
        on = (np.random.default_rng(seed).random(day[-1] + 1) < share)[day]
        values = (panel.values + on[:, None] * panel.values.std(axis=0)).astype(np.float32)
        told = replace(panel, values=values, labels={"promo": np.where(on, "on", "off").astype(object)})
        return cls(told, (Calendar("hour"), Calendar("weekday"), Label("promo")))

    def known_at(self, known: NDArray[np.bool_]) -> Panel:
        """Return the panel with its labels at these rows alone."""
        labels = {name: column.copy() for name, column in self.panel.labels.items()}
        for column in labels.values():
            column[~known] = None
        return replace(self.panel, labels=labels)


def known_rows(pattern: str, n: int, seed: int) -> NDArray[np.bool_]:
    """Return whether each row has labels; those of the test part do."""
    draw, fitted = np.random.default_rng([seed, 1]), int(0.8 * n)
    share = {"90 %": 0.9, "half": 0.5, "10 %": 0.1}.get(pattern.partition(" of ")[0], 1.0)
    if pattern == "later half":
        return np.arange(n) >= fitted // 2
    each = _DAY if pattern.endswith("days") else 1
    known = np.repeat(draw.random(n // each + 1) < share, each)[:n]
    return known | (np.arange(n) >= fitted)


def measure(table: str, pattern: str, arm: str, seed: int) -> dict[str, Any]:
    """Fit, and return the scores on the test part, the labels that were given no effect, and seconds."""
    whole, began = Table.of(table, seed), time.process_time()
    panel = whole.known_at(known_rows(pattern, len(whole.panel.values), seed))
    training = TrainingConfig(epochs=2)
    model = DeepDIVE(_DAY, 7 * _DAY, whole.factors, model=ARMS[arm], training=training, seed=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # the line has it
        model.fit(panel, _SPLIT, progress=False)
    left_out = [] if arm != "default" else list(model.info()["without_effect"])
    found = model.evaluate(panel, baselines=False).scores["DeepDIVE"].overall()
    scores = {name: found[name] for name in ("rrse", "mase", "crps")}
    return {**scores, "without": left_out, "core_seconds": round(time.process_time() - began, 1)}


def main() -> int:
    """Make the missing runs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    torch.set_num_threads(1)
    for seed in range(args.seeds):
        for table in TABLES:
            for pattern in PATTERNS:
                for arm in ARMS:
                    key = {"table": table, "pattern": pattern, "arm": arm, "seed": seed}
                    add_run(args.out, key, partial(measure, table, pattern, arm, seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())

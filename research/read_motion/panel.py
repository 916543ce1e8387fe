"""Does the closed form that reads recordings read a panel's calendar better than the trained encoder? EIA, 112 series.

    python -m research.read_motion.panel --data PATH/eia_us_demand_hourly

Random convolutions and a ridge regression (``divecast.model.random_convolutions``, ``divecast.fit.ClassRidge``) read
hour, weekday and month from windows of a week: solved on windows drawn from the training years, the penalty by weeks
left out, read on every fifth window of the validation and the test year. What the fitted model reads of the same test
windows is in research/known/results.jsonl.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from divecast import ByTime, Calendar
from divecast.data import Windows, WindowShape, encode_labels, fit_scale, fit_vocabularies, split
from divecast.data.factors import CalendarName
from divecast.fit import ClassRidge
from divecast.model.random_convolutions import RandomConvolutions
from research.common import add_run
from research.known.holidays import ZONE
from research.results.run import eia_panel

OUT = Path(__file__).with_name("panel.jsonl")
FACTORS: tuple[CalendarName, ...] = ("hour", "weekday", "month")
SIZES = (1500, 4000)
"""Training windows of a solution."""
_EVERY, _BATCH, _DRAWN, _WEEK = 5, 64, 256, 168
Line = dict[str, Any]


def read(folder: Path, n_train: int, seed: int) -> Line:
    """Return the accuracy of each factor on the validation and test years."""
    panel, factors = eia_panel(folder), [Calendar(name, tz=ZONE) for name in FACTORS]
    parts = split(panel, ByTime(3, 1, 1))
    labels = encode_labels(panel, factors, fit_vocabularies(panel, factors, parts.train))
    scale, shape = fit_scale(panel, parts.train), WindowShape(_WEEK, 24)
    train = Windows.of(panel, parts.train, labels, scale, shape, "fit", 1)
    others = {
        part: Windows.of(panel, getattr(parts, part), labels, scale, shape, "score", _EVERY)
        for part in ("valid", "test")
    }
    chosen = np.sort(np.random.default_rng(seed).choice(len(train), n_train, replace=False))
    torch.manual_seed(seed)
    train, began = train.subset(chosen), time.process_time()
    convolutions = RandomConvolutions(_WEEK, len(panel.channels))
    convolutions.draw(train.batch(torch.randperm(n_train)[:_DRAWN]).x)
    features = _features(convolutions, train)
    centre, spread = features.mean(0), features.std(0).clamp(min=1e-6)
    standard = (features - centre) / spread
    gram = standard @ standard.T / standard.shape[1]
    solved = []
    for column, name in enumerate(FACTORS):
        classes = torch.from_numpy(_labels(train)[:, column])
        one_hot = nn.functional.one_hot(classes, int(classes.max()) + 1).float()
        solved.append((name, ClassRidge.chosen(gram, one_hot, chosen // _WEEK)))
    seconds = time.process_time() - began
    found: Line = {"seconds": seconds, "penalty": {name: ridge.penalty for name, ridge in solved}}
    for part, windows in others.items():
        products = (_features(convolutions, windows) - centre) / spread @ standard.T / standard.shape[1]
        found[part] = {
            name: float((ridge.scores(products).argmax(1).numpy() == _labels(windows)[:, column]).mean())
            for column, (name, ridge) in enumerate(solved)
        }
    return found


def _features(convolutions: RandomConvolutions, windows: Windows) -> Tensor:
    return torch.cat([convolutions(windows.batch(index).x) for index in torch.arange(len(windows)).split(_BATCH)])


def _labels(windows: Windows) -> np.ndarray[Any, np.dtype[np.int64]]:
    return windows.labels[windows.origins - 1].astype(np.int64)


def main() -> int:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for n_train in SIZES:
        for seed in range(arguments.seeds):
            add_run(OUT, {"windows": n_train, "seed": seed}, partial(read, arguments.data, n_train, seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Does the closed form that reads recordings read a panel's calendar better than the trained encoder? EIA, 112 series.

    python -m research.read_motion.panel --data PATH/eia_us_demand_hourly

Random convolutions and a ridge regression (``divecast.model.random_convolutions``, ``divecast.fit.ClassRidge``) read
hour, weekday and month from windows of a week: solved on windows drawn from the training years, the penalty by weeks
left out, read on every fifth window of the validation and the test year. What the fitted model reads of the same
windows is beside it with ``--models FOLDER``, the folder of the study of what is known, and so is the product of both,
to powers that the validation year chooses.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from divecast import ByTime, Calendar, DeepDIVE, Panel
from divecast.data import Windows, WindowShape, encode_labels, fit_scale, fit_vocabularies, split
from divecast.fit import ClassRidge
from divecast.model import RandomConvolutions
from research.common import add_run
from research.eia import eia_panel
from research.known.holidays import ZONE

OUT = Path(__file__).with_name("panel.jsonl")
FACTORS: tuple[Literal["hour", "weekday", "month"], ...] = ("hour", "weekday", "month")
Part = Literal["valid", "test"]
_PARTS: tuple[Part, ...] = ("valid", "test")
SIZES = (1500, 4000)
"""Training windows of a solution."""
_EVERY, _BATCH, _DRAWN, _WEEK = 5, 64, 256, 168
_POWERS = (0.0, 0.5, 1.0, 2.0, 4.0, 6.0, 8.0, 10.0, 15.0)  # of the ridge regression's scores; tenths, of probabilities
Line = dict[str, Any]


def read(folder: Path, models: Path, n_train: int, seed: int) -> Line:
    """Return the accuracy of each factor on the validation and test years."""
    panel, factors = eia_panel(folder), [Calendar(name, tz=ZONE) for name in FACTORS]
    parts = split(panel, ByTime(3, 1, 1))
    labels = encode_labels(panel, factors, fit_vocabularies(panel, factors, parts.train))
    scale, shape = fit_scale(panel, parts.train), WindowShape(_WEEK, 24)
    train = Windows.of(panel, parts.train, labels, scale, shape, "fit", 1)
    model = DeepDIVE.load(models / f"eia-{seed}.safetensors")
    others = {part: model.fitted_model.windows(panel, part, "encode", _EVERY) for part in _PARTS}
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
    scores: dict[str, list[Tensor]] = {}
    for part, windows in others.items():
        products = (_features(convolutions, windows) - centre) / spread @ standard.T / standard.shape[1]
        scores[part] = [ridge.scores(products) for _, ridge in solved]
        found[part] = _right(scores[part], windows)
    learned = {part: _learned(model, panel, part) for part in _PARTS}
    together = []
    for column, truth in enumerate(torch.from_numpy(_labels(others["valid"])).T):
        valid, test = (torch.stack([scores[part][column], learned[part][column]]) for part in _PARTS)
        together.append(_product(valid, test, truth))
    found["fitted"] = _right(learned["test"], others["test"])
    found["together"] = _right(together, others["test"])
    return found


def _right(scores: Sequence[Tensor], windows: Windows) -> dict[str, float]:
    truth = torch.from_numpy(_labels(windows)).T
    return {name: float((s.argmax(1) == of).float().mean()) for name, s, of in zip(FACTORS, scores, truth, strict=True)}


def _learned(model: DeepDIVE, panel: Panel, part: Part) -> list[Tensor]:
    """Return the log probabilities of a fitted model's labels, (window, class) each."""
    inferred = model.infer_labels(panel, part=part, every=_EVERY)
    return [torch.from_numpy(each).float().clamp(min=1e-12).log() for each in inferred.probabilities]


def _product(valid: Tensor, test: Tensor, truth: Tensor) -> Tensor:
    """Return the weighed sum of two scores, (2, window, class), with the weights of the largest likelihood."""
    weights = torch.cartesian_prod(torch.tensor(_POWERS), torch.tensor(_POWERS) / 10.0)

    def summed(pair: Tensor, scores: Tensor) -> Tensor:
        return (pair[:, None, None] * scores).sum(0)

    return summed(min(weights, key=lambda pair: float(nn.functional.cross_entropy(summed(pair, valid), truth))), test)


def _features(convolutions: RandomConvolutions, windows: Windows) -> Tensor:
    return torch.cat([convolutions(windows.batch(index).x) for index in torch.arange(len(windows)).split(_BATCH)])


def _labels(windows: Windows) -> np.ndarray[Any, np.dtype[np.int64]]:
    return windows.labels[windows.origins - 1].astype(np.int64)


def main() -> int:
    """Make the runs that are missing."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--seeds", type=int, default=3)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    for n_train in SIZES:
        for seed in range(arguments.seeds):
            add_run(
                OUT, {"windows": n_train, "seed": seed}, partial(read, arguments.data, arguments.models, n_train, seed)
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())

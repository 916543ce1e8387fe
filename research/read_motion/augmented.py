"""Do training windows that are turned, amplified or stretched help the closed form? Five folds; augmented.jsonl.

    python -m research.read_motion.augmented

The ridge regression on random convolutions alone, of at most 1,000 windows of the labelled recordings of a fold's eight
people, without and with a changed copy of each window: turned (the watch sits otherwise on the wrist: one rotation of
accelerometer and gyroscope), amplified (both by one factor), stretched in time, or one copy of each.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.spatial.transform import Rotation
from torch import Tensor, nn

from divecast.fit import ClassRidge
from divecast.model import RandomConvolutions
from research.common import add_run
from research.read_motion.folds import FACTORS, FOLDS, LOOKBACK, Fold
from research.read_motion.run import right

OUT = Path(__file__).with_name("augmented.jsonl")
SHARES = (1.0, 0.25)
_ANGLE, _GAIN, _STRETCH = 20.0, 0.2, 0.15  # degrees; log of the factor; log of the tempo
_MOST, _DRAWN, _BATCH = 1000, 256, 64
Windows = np.ndarray[Any, np.dtype[np.float32]]
Change = Callable[[Windows, np.random.Generator], Windows]


def turned(x: Windows, rng: np.random.Generator) -> Windows:
    """Turn the axes of both sensors, which are three channels each, by one random rotation per window."""
    turns = Rotation.from_rotvec(np.radians(_ANGLE) * rng.normal(size=(len(x), 3)) / np.sqrt(3.0)).as_matrix()
    sensors = x.reshape(*x.shape[:2], -1, 3)
    return np.einsum("nij,ntsj->ntsi", turns, sensors).reshape(x.shape).astype(np.float32)


def amplified(x: Windows, rng: np.random.Generator) -> Windows:
    """Multiply each window by a random factor."""
    return (x * np.exp(_GAIN * rng.normal(size=(len(x), 1, 1)))).astype(np.float32)


def stretched(x: Windows, rng: np.random.Generator) -> Windows:
    """Read each window at another tempo, around its middle; beyond its ends it is reflected."""
    tempo = np.exp(_STRETCH * rng.normal(size=len(x)))
    places = (np.arange(x.shape[1]) - x.shape[1] / 2) * tempo[:, None] + x.shape[1] / 2
    last = x.shape[1] - 1
    places = last - np.abs(last - np.abs(places))
    low = np.clip(np.floor(places).astype(int), 0, last - 1)
    share = np.clip(places - low, 0.0, 1.0)[..., None]
    row = np.arange(len(x))[:, None]
    return ((1.0 - share) * x[row, low] + share * x[row, low + 1]).astype(np.float32)


WAYS: dict[str, tuple[Change, ...]] = {
    "none": (),
    "turned": (turned,),
    "amplified": (amplified,),
    "stretched": (stretched,),
    "all": (turned, amplified, stretched),
}


def read(number: int, way: str, share: float) -> dict[str, Any]:
    """Return the shares of windows and recordings of the people held out that are read right."""
    fold, rng = Fold.of(number), np.random.default_rng(number)
    labelled = fold.labelled(share, 0)
    (train, of_train), (test, of_test) = (fold.origins(held_out=out) for out in (False, True))
    known = np.flatnonzero(labelled[of_train])
    known = np.sort(rng.choice(known, min(len(known), _MOST), replace=False))
    x, of_window = fold.windows(train[known]), of_train[known]
    torch.manual_seed(number)
    convolutions = RandomConvolutions(LOOKBACK, x.shape[2])
    scale = x.std((0, 1))  # origins of accelerations stay: gravity tells how the watch sits
    drawn = rng.choice(len(x), min(len(x), _DRAWN), replace=False)
    convolutions.draw(torch.from_numpy(x[drawn] / scale))
    copies = [x, *(change(x, rng) for change in WAYS[way])]
    features = torch.cat([_features(convolutions, each / scale) for each in copies])
    centre, spread = features.mean(0), features.std(0).clamp(min=1e-6)
    standard = (features - centre) / spread
    gram = standard @ standard.T / standard.shape[1]
    products = (_features(convolutions, fold.windows(test) / scale) - centre) / spread @ standard.T / standard.shape[1]
    found = {}
    for factor in FACTORS:
        names, classes = fold.classes(factor)
        one_hot = nn.functional.one_hot(torch.from_numpy(classes[of_window]), len(names)).float()
        ridge = ClassRidge.chosen(gram, one_hot.repeat(len(copies), 1), np.tile(of_window, len(copies)))
        found[factor] = right(ridge.scores(products).double().numpy(), classes[of_test], of_test)
    return found


def _features(convolutions: RandomConvolutions, x: Windows) -> Tensor:
    return torch.cat([convolutions(part) for part in torch.from_numpy(x).split(_BATCH)])


def main() -> int:
    """Make the runs that are missing."""
    torch.set_num_threads(1)
    for share in SHARES:
        for number in range(FOLDS):
            for way in WAYS:
                add_run(OUT, {"fold": number, "share": share, "way": way}, partial(read, number, way, share))
    return 0


if __name__ == "__main__":
    sys.exit(main())

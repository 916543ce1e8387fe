"""Which fixed features should the closed form read? By people of validation; lines in features.jsonl.

    python -m research.read_motion.features

The closed form alone, of the six people of a fold who are neither held out nor for validation, read on the two of
validation: nobody who is held out is looked at. Beside the proportions of random convolutions: competing kernels, or
the mean of each channel in units of its spread over the windows, with a share in the products of all features.
"""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.fit import solve_classes
from divecast.model import CompetingKernels, RandomConvolutions
from research.common import add_run
from research.read_motion.folds import FACTORS, FOLDS, LOOKBACK, SHARES, Fold
from research.read_motion.run import right

OUT = Path(__file__).with_name("features.jsonl")
BESIDE = {
    "proportions alone": ("competing kernels", 0.0),
    **{f"{kind}, {share:g}": (kind, share) for kind in ("competing kernels", "levels") for share in (0.1, 0.3, 0.5)},
    "competing kernels alone": ("competing kernels", 1.0),
}
"""What is beside the proportions, and its share."""
_MOST, _DRAWN, _BATCH = 1500, 256, 64


def read(number: int) -> dict[str, Any]:
    """Return the shares of windows and recordings read right, by features, share of labels and factor."""
    fold, rng = Fold.of(number), np.random.default_rng(number)
    person = np.unique(fold.data.labels["subject"].astype(str), return_inverse=True)[1]
    origins, recording = fold.origins(held_out=False)
    valid = np.isin(fold.data.labels["subject"].astype(str)[recording], fold.valid)
    train = rng.permutation(np.flatnonzero(~valid))[:_MOST]
    train = np.sort(train)
    x, judged = fold.windows(origins[train]), fold.windows(origins[valid])
    scale = x.std((0, 1))
    torch.manual_seed(number)
    convolutions, competing = RandomConvolutions(LOOKBACK, x.shape[2]), CompetingKernels(LOOKBACK, x.shape[2])
    convolutions.draw(torch.from_numpy(x[rng.choice(len(x), _DRAWN, replace=False)] / scale))
    competing.draw()
    kinds: dict[str, Callable[[Tensor], Tensor]]
    kinds = {"proportions": convolutions, "competing kernels": competing, "levels": partial(torch.mean, dim=1)}
    products = {kind: _products(*(_features(of, each / scale) for each in (x, judged))) for kind, of in kinds.items()}
    found: dict[str, Any] = {}
    for share, draws in SHARES.items():
        for draw in range(draws):
            known = fold.labelled(share, draw)[recording[train]]
            for factor in FACTORS:
                names, classes = fold.classes(factor)
                labels = torch.from_numpy(np.where(known, classes[recording[train]], -1))
                for name, (kind, part) in BESIDE.items():
                    pairs = zip(products["proportions"], products[kind], strict=True)
                    gram, product = ((1.0 - part) * a + part * b for a, b in pairs)
                    of_window = recording[train]
                    dual, bias = solve_classes(gram, labels, len(names), of_window, person[of_window])
                    scores = (product @ dual + bias).double().numpy()
                    told = right(scores, classes[recording[valid]], recording[valid])
                    found.setdefault(f"{share} {factor} {name}", []).append(told)
    return {"read": found}


def _features(of: Callable[[Tensor], Tensor], windows: NDArray[np.float32]) -> Tensor:
    return torch.cat([of(part) for part in torch.from_numpy(windows).split(_BATCH)])


def _products(train: Tensor, judged: Tensor) -> tuple[Tensor, Tensor]:
    """Return mean products of standardised features, of training windows and of others with these."""
    centre, spread = train.mean(0), train.std(0).clamp(min=1e-6)
    one, two = ((each - centre) / spread for each in (train, judged))
    return one @ one.T / one.shape[1], two @ one.T / one.shape[1]


def main() -> int:
    """Make the runs that are missing."""
    torch.set_num_threads(1)
    for number in range(FOLDS):
        add_run(OUT, {"fold": number}, partial(read, number))
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Judges of what-if: classifiers trained on real windows and their labels, and on nothing of the model's.

What a decoder gives is smoother than what was measured, and a classifier that lives on the roughness reads nothing in
it. So of several classifiers the one is kept that reads the validation part best, half of the score from its real
windows and half from the same windows reconstructed under their own labels; no counterfactual is seen.
"""

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from divecast.fit import ClassRidge
from divecast.model import RandomConvolutions

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Features = Callable[[Floats], Floats]
Reading = Callable[[Floats], Ints]
"""From windows, (window, time, channel) in scaled units, to class indices, (window,)."""
CONVOLUTIONS = "ridge, random convolutions"

_COMPONENTS = 50
_PENALTIES = (0.01, 0.1, 1.0)
_TREES = 300
_LEAST_SPREAD = 0.1  # scaled units; a nearly flat window is not blown up to noise
_BANDS = 8
_TO_DRAW, _BATCH, _SMALLEST, _PENALTY = 256, 64, 1e-6, 1.0
_QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)


@dataclass(frozen=True)
class Reader:
    """A classifier of one factor.

    Attributes:
        name: of the classifier.
        score: mean of its accuracies on the real windows of the validation part and on their reconstructions.
        read: (window, time, channel) in scaled units to (window,) class indices.
    """

    name: str
    score: float
    read: Reading


def train_reader(train: tuple[Floats, Ints], valid: tuple[Floats, Floats, Ints], recordings: bool, seed: int) -> Reader:
    """Train the candidates on real windows and keep the one that reads the validation part best.

    Args:
        train: windows (window, time, channel) in scaled units, and (window,) labels, -1 where missing.
        valid: real windows, their reconstructions, and labels.
        recordings: whether to try summaries of the movement and random convolutions besides the standardised window.
        seed: of components and trees.
    """
    trained = train_candidates(train, recordings, seed)
    if recordings:
        trained[CONVOLUTIONS] = train_convolutions(*train, seed)
    return choose(trained, valid)


def train_candidates(train: tuple[Floats, Ints], recordings: bool, seed: int) -> dict[str, Reading]:
    """Train all candidates but the one on random convolutions, by name; see ``train_reader``."""
    found, known = {}, train[1] >= 0
    for features_name, features in _features(recordings).items():
        rows = features(train[0])
        for name, model in _candidates(features_name, min(rows.shape), seed):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "The number of unique classes")
                model.fit(rows[known], train[1][known])
            found[name] = _reading(features, model)
    return found


def choose(trained: Mapping[str, Reading], valid: tuple[Floats, Floats, Ints]) -> Reader:
    """Return the classifier that reads the validation part best; see ``train_reader``."""
    known = valid[2] >= 0
    scores = {
        name: float(np.mean([(read(x) == valid[2])[known].mean() for x in valid[:2]])) for name, read in trained.items()
    }
    best = max(scores, key=lambda name: scores[name])
    return Reader(best, scores[best], trained[best])


def train_convolutions(x: Floats, labels: Ints, seed: int) -> Reading:
    """Train a ridge regression on random convolutions, which reads real windows best; arguments as ``train``."""
    known = labels >= 0
    convolutions = RandomConvolutions(*x.shape[1:])
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        some = np.random.default_rng(seed).permutation(len(x))[:_TO_DRAW]
        convolutions.draw(torch.from_numpy(x[some]))
    features = _convolved(convolutions, x[known])
    centre, scale = features.mean(0), features.std(0).clamp(min=_SMALLEST)
    standard = (features - centre) / scale
    wanted = torch.nn.functional.one_hot(torch.from_numpy(labels[known])).float()
    gram = standard @ standard.T / standard.shape[1]
    ridge = ClassRidge.of(gram, wanted, torch.ones(len(gram)), _PENALTY)
    weight = standard.T @ ridge.dual / standard.shape[1]

    def read(windows: Floats) -> Ints:
        scores = (_convolved(convolutions, windows) - centre) / scale @ weight + ridge.bias
        return scores.argmax(1).numpy()

    return read


@torch.inference_mode()
def _convolved(convolutions: RandomConvolutions, x: Floats) -> torch.Tensor:
    return torch.cat([convolutions(part) for part in torch.from_numpy(np.ascontiguousarray(x)).split(_BATCH)])


def _reading(features: Features, model: Any) -> Reading:
    return lambda x: model.predict(features(x)).astype(np.int64)


def _features(recordings: bool) -> dict[str, Features]:
    return {"window": standardised, "summaries": summaries} if recordings else {"window": standardised}


def _candidates(features: str, most: int, seed: int) -> Sequence[tuple[str, Any]]:
    first = (
        [PCA(min(_COMPONENTS, most), svd_solver="randomized", random_state=seed), StandardScaler()]
        if features == "window"
        else [StandardScaler()]
    )
    linear = [
        (
            f"logistic regression, {features}, C={penalty:g}",
            make_pipeline(*first, LogisticRegression(C=penalty, max_iter=1000)),
        )
        for penalty in _PENALTIES
    ]
    trees = ExtraTreesClassifier(_TREES, min_samples_leaf=2, random_state=seed)
    return [*linear, (f"extra trees, {features}", make_pipeline(*first, trees))]


def standardised(x: Floats) -> Floats:
    """Return (window, time x channel), each channel of a window by its own mean and spread; missing at the mean."""
    centred, spread = _centred(x)
    return (centred / (spread + _LEAST_SPREAD)).reshape(len(x), -1)


def summaries(x: Floats) -> Floats:
    """Return mean, spread, quantiles, power by band and correlations of the channels, (window, summary)."""
    mean = np.nanmean(x, axis=1)
    centred, spread = _centred(x)
    unit = centred / (spread + _LEAST_SPREAD)
    quantiles = np.quantile(unit, _QUANTILES, axis=1).transpose(1, 0, 2).reshape(len(x), -1)
    power = np.abs(np.fft.rfft(unit, axis=1)[:, 1:]) ** 2 / x.shape[1]
    edges = np.unique(np.geomspace(1, power.shape[1] + 1, _BANDS + 1).astype(int)) - 1
    bands = np.log(np.add.reduceat(power, edges[:-1], axis=1) + 1e-3).reshape(len(x), -1)
    both = np.einsum("wti,wtj->wij", unit, unit) / x.shape[1]
    pairs = both[:, *np.triu_indices(x.shape[2], 1)]
    return np.concatenate([mean, np.log(spread[:, 0] + 1e-3), quantiles, bands, pairs], axis=1).astype(np.float32)


def _centred(x: Floats) -> tuple[Floats, Floats]:
    centred = np.nan_to_num(x - np.nanmean(x, axis=1, keepdims=True))
    return centred, np.sqrt(np.square(centred).mean(axis=1, keepdims=True))

"""Judges of what-if: classifiers trained on real windows and their labels, and on nothing of the model's.

What a decoder gives is smoother than what was measured, and a classifier that lives on the roughness reads nothing in
it. So of several classifiers the one is kept that reads the validation part best, half of the score from its real
windows and half from the same windows reconstructed under their own labels; no counterfactual is seen.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.ensemble import ExtraTreesClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Features = Callable[[Floats], Floats]

_COMPONENTS = 50
_PENALTIES = (0.01, 0.1, 1.0)
_TREES = 300
_LEAST_SPREAD = 0.1  # scaled units; a nearly flat window is not blown up to noise
_BANDS = 8
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
    read: Callable[[Floats], Ints]


def train_reader(train: tuple[Floats, Ints], valid: tuple[Floats, Floats, Ints], recordings: bool, seed: int) -> Reader:
    """Train the candidates on real windows and keep the one that reads the validation part best.

    Args:
        train: windows (window, time, channel) in scaled units, and (window,) labels, -1 where missing.
        valid: real windows, their reconstructions, and labels.
        recordings: whether to try summaries of the movement besides the standardised window.
        seed: of components and trees.
    """
    found = []
    for features_name, features in _features(recordings).items():
        rows = features(train[0])
        known, chosen = train[1] >= 0, valid[2] >= 0
        for name, model in _candidates(features_name, min(rows.shape), seed):
            with warnings.catch_warnings():
                warnings.filterwarnings("ignore", "The number of unique classes")
                model.fit(rows[known], train[1][known])
            read = _reading(features, model)
            score = np.mean([(read(x) == valid[2])[chosen].mean() for x in valid[:2]])
            found.append(Reader(name, float(score), read))
    return max(found, key=lambda reader: reader.score)


def _reading(features: Features, model: Any) -> Callable[[Floats], Ints]:
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

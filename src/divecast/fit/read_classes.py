"""Closed form of q(b|x) of recordings: a ridge regression of classes, weighed with the trained encoder on validation.

The penalty is that with the least error on recordings left out, which needs no second fit: if (K + p I)^-1 = G, the
error on the windows of a recording is G_rr^-1 (G y)_r. It looks past what the windows of one recording share, which
the usual formula for single windows cannot.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from divecast._device import own_random_state
from divecast.data import Windows
from divecast.model.class_reader import ClassReader
from divecast.model.marginal import LabelPath, RBFBlocks
from divecast.model.prior import RBFMixture

_MOST_WINDOWS, _TO_DRAW, _BATCH = 4000, 256, 32
_PENALTIES = (0.01, 0.05, 0.2, 1.0, 5.0)  # per feature, which have unit variance
_GAINS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0)
_SMALLEST = 1e-6


@dataclass(frozen=True, slots=True)
class _Known:
    """Windows with a label of some factor at least.

    Attributes:
        windows: these windows.
        labels: (window, factor), -1 where missing.
    """

    windows: Windows
    labels: Tensor

    @classmethod
    def of(cls, windows: Windows, most: int, rng: np.random.Generator) -> "_Known":
        labels = windows.labels[windows.origins - 1]
        known = np.flatnonzero((labels >= 0).any(axis=1))
        if len(known) > most:
            known = np.sort(rng.choice(known, most, replace=False))
        return cls(windows.subset(known), torch.from_numpy(labels[known].astype(np.int64)))


def fit_reader(path: LabelPath, windows: tuple[Windows, Windows], groups: NDArray[np.int64], seed: int) -> None:
    """Solve the reader of classes on training windows, and weigh it on validation windows; see the two functions."""
    solve_reader(path, windows[0], groups, seed)
    weigh_reader(path, windows[1])


def solve_reader(path: LabelPath, train: Windows, groups: NDArray[np.int64], seed: int) -> None:
    """Solve the reader of classes on labelled training windows, in place; nothing is done without a reader.

    Args:
        path: the label path.
        train: training windows.
        groups: (segment,) group of each recording; a group is left out whole.
        seed: of the choice of kernels, and of windows if there are very many.
    """
    if not isinstance(path, RBFBlocks) or path.reader is None:
        return
    reader, rng = path.reader, np.random.default_rng(seed)
    known = _Known.of(train, _MOST_WINDOWS, rng)
    if not len(known.windows):
        return
    with own_random_state(seed):
        some = torch.from_numpy(rng.choice(len(train), min(len(train), _TO_DRAW), replace=False))
        reader.convolutions.draw(train.batch(some).x.to(reader.weight.device))
    segments = np.searchsorted(train.source.offsets, known.windows.origins - 1, side="right") - 1
    with torch.inference_mode():
        features = torch.cat([reader.convolutions(x).cpu() for x in _batches(reader, known.windows)])
    _solve(reader, features, known.labels, groups[segments])


def weigh_reader(path: LabelPath, valid: Windows) -> None:
    """Choose the gains of closed form and trained encoder by the likelihood of the labels of validation windows.

    Without labels there the trained encoder stays alone.

    Args:
        path: the label path, trained, with its reader solved.
        valid: validation windows.
    """
    if not isinstance(path, RBFBlocks) or path.reader is None:
        return
    known = _Known.of(valid, _MOST_WINDOWS, np.random.default_rng(0))
    if not len(known.windows):
        return
    with torch.inference_mode():
        read = [(path.reader(x), path.blocks(path.encoder(x).loc)) for x in _batches(path.reader, known.windows)]
        labels = known.labels.to(path.reader.weight.device)
        for number, mixture in enumerate(path.mixtures):
            scores, learned = (torch.cat([each[part][number] for each in read]) for part in (0, 1))
            of_factor = labels[:, number] >= 0
            if bool(of_factor.any()):
                chosen = _gains(mixture, scores[of_factor], learned[of_factor], labels[of_factor, number])
                path.reader.gain[number] = torch.tensor(chosen)


def _batches(reader: ClassReader, windows: Windows) -> Iterator[Tensor]:
    """Yield the values of windows, (batch, time, channel)."""
    for index in torch.arange(len(windows)).split(_BATCH):
        yield windows.batch(index).x.to(reader.weight.device)


def _solve(reader: ClassReader, features: Tensor, labels: Tensor, groups: NDArray[np.int64]) -> None:
    centre, scale = features.mean(0), features.std(0, correction=0).clamp(min=_SMALLEST)
    standard = (features - centre).div_(scale)
    weights, biases = [], []
    for column, n_classes in zip(labels.T, reader.n_classes, strict=True):
        known = column >= 0
        wanted = nn.functional.one_hot(column[known], n_classes).to(standard.dtype)
        mean = wanted.mean(0) if len(wanted) else torch.full((n_classes,), 1.0 / n_classes)
        weights.append(ridge(standard[known], wanted - mean, groups[known.numpy()]) / scale[:, None])
        biases.append(mean)
    reader.centre.copy_(centre)
    reader.weight.copy_(torch.cat(weights, dim=1))
    reader.bias.copy_(torch.cat(biases))


def ridge(x: Tensor, y: Tensor, groups: NDArray[np.int64]) -> Tensor:
    """Return the weights, (feature, class), of the penalty with the least error on groups left out.

    Args:
        x: (window, feature), each of mean 0 and unit variance.
        y: (window, class), each of mean 0.
        groups: (window,) the group of each window.
    """
    gram = x @ x.T
    members = [torch.from_numpy(np.flatnonzero(groups == group)) for group in np.unique(groups)]
    best, found = float("inf"), x.new_zeros(x.shape[1], y.shape[1])
    for penalty in _PENALTIES if len(members) > 1 else (_PENALTIES[-2],):
        raised = gram.clone()
        raised.diagonal().add_(penalty * x.shape[1])
        inverse = torch.cholesky_inverse(torch.linalg.cholesky(raised))
        dual = inverse @ y
        error = sum(float(torch.linalg.solve(inverse[own][:, own], dual[own]).square().sum()) for own in members)
        if error < best:
            best, found = error, x.T @ dual
    return found


def _gains(mixture: RBFMixture, scores: Tensor, learned: Tensor, labels: Tensor) -> tuple[float, float]:
    """Return the gains of closed form and trained encoder with the largest likelihood of the labels, (window,)."""
    centres = mixture.centres()
    mean = mixture.log_pi.exp() @ centres
    closed, trained = scores @ centres - mean, learned - mean
    losses = {
        (one, two): float(nn.functional.cross_entropy(mixture.log_joint(mean + one * closed + two * trained), labels))
        for one in _GAINS
        for two in _GAINS
    }
    return min(losses, key=losses.__getitem__)

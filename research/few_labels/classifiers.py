"""Rivals that learn from the labelled windows alone: a classifier on the same encoder, and a logistic regression.

Both choose their settings, and when to stop, by the labelled windows of the validation part, as the model does.
"""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn

from divecast.config import EncoderConfig
from divecast.data import Vocabulary, Windows
from divecast.model import ClassEncoder
from divecast.types import Batch

Floats = NDArray[np.float32]

DROPOUTS = (0.1, 0.4)
"""Shares of left-out features the classifier chooses from."""

PENALTIES = (0.01, 0.1, 1.0, 10.0, 100.0)
"""Inverse penalties the logistic regression chooses from."""

_BATCH, _RATE, _DECAY, _WARMUP, _CLIP = 128, 1e-3, 0.02, 50, 1.0
_STEPS, _LOOK, _PATIENCE = (
    3000,
    25,
    16,
)  # at most; from look to look; looks without gain to the end
_COMPONENTS = 50
_LEAST_SPREAD = 0.1  # scaled units; a nearly flat window is not blown up to noise


@dataclass(frozen=True, eq=False, slots=True)
class LabelledParts:
    """The windows of the three parts, and the classes of the factors.

    Attributes:
        train: windows to learn from; labels of most are missing.
        valid: windows to choose and stop by; labels of most are missing.
        test: windows to read.
        n_classes: of each factor.
    """

    train: Windows
    valid: Windows
    test: Windows
    n_classes: tuple[int, ...]

    @classmethod
    def of(cls, windows: tuple[Windows, Windows, Windows], vocabularies: Sequence[Vocabulary]) -> "LabelledParts":
        """Keep of training and validation the windows that have a label."""
        train, valid, test = windows
        return cls(_labelled(train), _labelled(valid), test, tuple(known.n_classes for known in vocabularies))


def classify(parts: LabelledParts, encoder: EncoderConfig, seed: int) -> NDArray[np.int64]:
    """Return the classes a softmax head on the model's own encoder reads, (window, factor).

    Cross-entropy on the labelled training windows, AdamW, at most ``_STEPS`` steps, the weights of the look with the
    best accuracy on the labelled validation windows, mean over factors, ties by cross-entropy; the better of the
    ``DROPOUTS``.

    Args:
        parts: the windows.
        encoder: the model's.
        seed: of every random draw.
    """
    train, valid, test = (_gathered(windows) for windows in (parts.train, parts.valid, parts.test))
    best: tuple[float, ClassEncoder] | None = None
    for dropout in DROPOUTS:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            shape = (train.x.shape[1], train.x.shape[2])
            network = ClassEncoder(*shape, sum(parts.n_classes), replace(encoder, dropout=dropout))
            score = _train(network, train, valid, parts.n_classes)
        if best is None or score > best[0]:
            best = (score, network)
    assert best is not None  # noqa: S101  there are dropouts
    return _read(best[1], test.x, parts.n_classes)


def classify_components(parts: LabelledParts, every: Windows, seed: int) -> NDArray[np.int64]:
    """Return the classes a logistic regression reads off the principal components of standardised windows.

    Args:
        parts: the windows.
        every: all training windows, with labels or without: what the components are of.
        seed: of the solver of the components.
    """
    shown = _standardised(_gathered(every).x)
    pca = PCA(min(_COMPONENTS, *shown.shape), svd_solver="randomized", random_state=seed).fit(shown)
    unit = pca.transform(shown)[:, 0].std()
    train, valid, test = (_gathered(windows) for windows in (parts.train, parts.valid, parts.test))
    rows = [pca.transform(_standardised(batch.x)) / unit for batch in (train, valid, test)]
    columns = []
    for at in range(len(parts.n_classes)):
        known = [batch.labels[:, at].numpy() for batch in (train, valid)]
        models = [_logistic(rows[0], known[0], penalty) for penalty in PENALTIES]
        seen = known[1] >= 0
        scores = [float((model.predict(rows[1]) == known[1])[seen].mean()) if seen.any() else 0.0 for model in models]
        columns.append(models[int(np.argmax(scores))].predict(rows[2]))
    return np.stack(columns, axis=1)


def accuracies(read: NDArray[np.int64], test: Windows, names: Sequence[str]) -> dict[str, float]:
    """Return the share of windows read right, by factor."""
    true = test.labels[test.origins - 1].astype(np.int64)
    return {name: float((read[:, at] == true[:, at])[true[:, at] >= 0].mean()) for at, name in enumerate(names)}


def _logistic(rows: Floats, labels: NDArray[np.int64], penalty: float) -> Any:
    known = labels >= 0
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes")  # there are few windows a class
        return LogisticRegression(C=penalty, max_iter=2000).fit(rows[known], labels[known])


def _train(network: ClassEncoder, train: Batch, valid: Batch, n_classes: Sequence[int]) -> float:
    """Train in place to the best look; return its score."""
    optimiser = torch.optim.AdamW(network.parameters(), lr=_RATE, weight_decay=_DECAY)
    best, kept, at = -np.inf, network.state_dict(), 0
    order = torch.empty(0, dtype=torch.int64)
    for step in range(_STEPS):
        while len(order) < _BATCH:
            order = torch.cat([order, torch.randperm(len(train.x))])
        index, order = order[:_BATCH], order[_BATCH:]
        network.train()
        loss = _cross_entropy(network, Batch(train.x[index], train.y[index], train.labels[index]), n_classes)
        optimiser.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), _CLIP)
        optimiser.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / _WARMUP)
        optimiser.step()
        if (step + 1) % _LOOK == 0:
            score = _score(network, valid, n_classes)
            if score > best:
                best, at = score, step
                kept = {name: value.clone() for name, value in network.state_dict().items()}
            elif step - at >= _PATIENCE * _LOOK:
                break
    network.load_state_dict(kept)
    return best


def _cross_entropy(network: ClassEncoder, batch: Batch, n_classes: Sequence[int]) -> Tensor:
    losses = [
        nn.functional.cross_entropy(logits[label >= 0], label[label >= 0])
        for logits, label in zip(network(batch.x).split(list(n_classes), dim=1), batch.labels.T, strict=True)
        if bool((label >= 0).any())
    ]
    return torch.stack(losses).sum()


@torch.no_grad()
def _score(network: ClassEncoder, valid: Batch, n_classes: Sequence[int]) -> float:
    """Mean accuracy over the factors; the cross-entropy settles ties."""
    network.eval()
    read, labels = _read(network, valid.x, n_classes), valid.labels.numpy()
    shares = [(read[:, at] == column)[column >= 0].mean() for at, column in enumerate(labels.T) if (column >= 0).any()]
    return float(np.mean(shares)) - 1e-3 * float(_cross_entropy(network, valid, n_classes))


@torch.no_grad()
def _read(network: ClassEncoder, x: Tensor, n_classes: Sequence[int]) -> NDArray[np.int64]:
    network.eval()
    logits = torch.cat([network(part) for part in x.split(1024)])
    read: NDArray[np.int64] = torch.stack([one.argmax(1) for one in logits.split(list(n_classes), 1)], 1).numpy()
    return read


def _labelled(windows: Windows) -> Windows:
    return windows.subset((windows.labels[windows.origins - 1] >= 0).any(axis=1))


def _gathered(windows: Windows) -> Batch:
    return windows.batch(torch.arange(len(windows)))


def _standardised(x: Tensor) -> Floats:
    """(window, time x channel), each channel of a window by its own mean and spread; missing values at the mean."""
    mean = x.nanmean(1, keepdim=True)
    centred = torch.nan_to_num(x - mean)
    spread = centred.square().mean(1, keepdim=True).sqrt()
    rows: Floats = (centred / (spread + _LEAST_SPREAD)).flatten(1).numpy()
    return rows

"""Closed form of q(b|x) of recordings: a ridge regression of classes, weighed with the trained encoder."""

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast.data import Windows
from divecast.data.flat_channels import flat_channels
from divecast.fit.solve_classes import sharpness, solve_classes
from divecast.inference.unlike import means_by
from divecast.model.class_reader import NEVER, ClassReader
from divecast.model.marginal import LabelPath, RBFBlocks

_MOST_WINDOWS, _TO_DRAW, _BATCH = 1500, 256, 32  # more windows of the same recordings told no more
_SHARE = 0.3  # of the encoder: far too sure of new people, it decides where the closed form is not
_LEAST_PER_CLASS = 2.5  # labelled recordings of a class, on average, from which the encoder learns it
_LEAST_RECORDINGS = 10  # that tell whether the encoder harms
_ERRORS_OF_FEW = 3.0  # standard errors that the gain has to be with fewer
_MUCH = 0.1  # nats; where the encoder alone is so much better, the closed form cannot read the factor
_MARGIN = 1.25  # of a recording, of which only some windows are looked at
_SMALLEST = 1e-6
_LEAST_SPREAD = 0.05  # of a feature, in units of the median: one that hardly moves in the fit may do so elsewhere


def fit_reader(path: LabelPath, windows: tuple[Windows, Windows], groups: NDArray[np.int64] | None, seed: int) -> None:
    """Solve the reader of classes on training windows, and weigh it on validation windows; see the two functions."""
    solve_reader(path, windows[0], groups, seed)
    weigh_reader(path, windows[1])


def solve_reader(path: LabelPath, train: Windows, groups: NDArray[np.int64] | None, seed: int) -> None:
    """Solve the reader of classes on training windows, in place; nothing is done without a reader or a label.

    Args:
        path: the label path.
        train: training windows; those without a label serve, too (``fit/spread_labels.py``).
        groups: (segment,) group of each recording, such as its person; None if there are none.
        seed: of the choice of kernels, and of windows if there are very many.
    """
    if not isinstance(path, RBFBlocks) or path.reader is None:
        return
    reader, rng = path.reader, np.random.default_rng(seed)
    windows = train.subset(_some(_labels(train), rng))
    labels = _labels(windows)
    if not (labels >= 0).any():
        return
    with own_random_state(seed):
        some = torch.from_numpy(rng.choice(len(train), min(len(train), _TO_DRAW), replace=False))
        reader.draw(train.batch(some).x.to(reader.weight.device))
    with torch.no_grad():
        features = torch.cat([reader.features(x).cpu() for x in _batches(reader, windows)])
    centre, spread = features.mean(0), features.std(0, correction=0)
    scale = spread.clamp(min=max(_SMALLEST, _LEAST_SPREAD * float(spread.median()))) / reader.importance()
    standard = features.sub_(centre).div_(scale)
    reader.centre.copy_(centre)
    reader.spread.copy_(scale)
    of_window = None if groups is None else groups[windows.segments]
    dead = flat_channels(windows.source).any(axis=1)
    usual = np.flatnonzero(np.isin(windows.segments, np.flatnonzero(~dead)))  # a dead sensor is no measure of people
    distance, of_usual = standard[usual].square().mean(1), None if of_window is None else of_window[usual]
    reader.farthest.copy_(torch.tensor(_farthest(distance, windows.segments[usual], of_usual)))
    gram = standard @ standard.T / standard.shape[1]
    duals, biases = [], []
    for number, (column, n_classes) in enumerate(zip(labels.T, reader.n_classes, strict=True)):
        told = gram, torch.from_numpy(column.astype(np.int64)), n_classes, windows.segments, of_window
        dual, bias = solve_classes(*told)
        reader.sharpness[number] = sharpness(*told)
        reader.encoder_share[number] = _usual_share(column, windows.segments)
        duals.append(dual)
        biases.append(bias)
    reader.weight.copy_(standard.T @ torch.cat(duals, dim=1) / standard.shape[1] / scale[:, None])
    reader.bias.copy_(torch.cat(biases))


def _usual_share(labels: NDArray[np.int16], recordings: NDArray[np.int64]) -> float:
    """Return the share of the encoder of one factor: none of few labelled recordings, which it learns by heart."""
    known = labels >= 0
    per_class = len(np.unique(recordings[known])) / max(1, len(np.unique(labels[known])))
    return _SHARE if per_class >= _LEAST_PER_CLASS else 0.0


def _farthest(distance: Tensor, recordings: NDArray[np.int64], groups: NDArray[np.int64] | None) -> tuple[float, float]:
    """Return the largest mean distance of a recording and of a group, as it would be of one that is not in the fit.

    Of n persons, one more is (n + 1) / (n - 1) times as far from their mean, in units of their spread, as one of them.
    """
    n_units = len(np.unique(recordings if groups is None else groups))
    if n_units < 2:
        return NEVER, NEVER
    farther = (n_units + 1) / (n_units - 1)
    found = [means_by(unit, distance.double().numpy())[1].max() for unit in (recordings, groups) if unit is not None]
    largest = [float(each) * farther for each in found]
    return _MARGIN * largest[0], NEVER if groups is None else largest[1]


def _labels(windows: Windows) -> NDArray[np.int16]:
    """Return the labels of windows, (window, factor), -1 where missing."""
    return windows.labels[windows.origins - 1]


def _some(labels: NDArray[np.int16], rng: np.random.Generator) -> NDArray[np.int64]:
    """Return the places of at most ``_MOST_WINDOWS`` windows, half of them with a label if there are so many."""
    known = (labels >= 0).any(axis=1)
    told, rest = np.flatnonzero(known), np.flatnonzero(~known)
    n_told = min(len(told), max(_MOST_WINDOWS // 2, _MOST_WINDOWS - len(rest)))
    n_rest = min(len(rest), _MOST_WINDOWS - n_told)
    return np.sort(np.concatenate([rng.choice(told, n_told, replace=False), rng.choice(rest, n_rest, replace=False)]))


def weigh_reader(path: LabelPath, valid: Windows) -> None:
    """Give the trained encoder its share of q(c|x): none or all where validation windows say so clearly.

    Few people validate, so without evidence the share stays as it is.

    Args:
        path: the label path, trained, with its reader solved.
        valid: validation windows.
    """
    if not isinstance(path, RBFBlocks) or path.reader is None or not path.reader.solved():
        return
    reader, labels = path.reader, torch.from_numpy(_labels(valid).astype(np.int64))
    some = np.random.default_rng(0).permutation(np.flatnonzero((labels >= 0).any(dim=1)))[:_MOST_WINDOWS]
    if not len(some):
        return
    windows, labels = valid.subset(np.sort(some)), labels[np.sort(some)]
    with torch.inference_mode():
        read = [(reader(x), path.prior.log_class_probabilities(path.encoder(x).loc)) for x in _batches(reader, windows)]
        for number in range(len(reader.n_classes)):
            scores, learned = (torch.cat([each[part][number] for each in read]).cpu() for part in (0, 1))
            known = labels[:, number] >= 0
            if bool(known.any()):
                logits, of_encoder = float(reader.sharpness[number]) * scores[known], learned[known]
                told = logits, of_encoder, labels[known, number], windows.segments[known.numpy()]
                reader.encoder_share[number] = _share(*told, float(reader.encoder_share[number]))


def _batches(reader: ClassReader, windows: Windows) -> Iterator[Tensor]:
    """Yield the values of windows, (batch, time, channel)."""
    for index in torch.arange(len(windows)).split(_BATCH):
        yield windows.batch(index).x.to(reader.weight.device)


def _share(logits: Tensor, learned: Tensor, labels: Tensor, recordings: NDArray[np.int64], usual: float) -> float:
    """Return the share of the encoder: 0 or 1 if the labels are more likely than with the usual one, beyond chance.

    Args:
        logits: (window, class) of the closed form.
        learned: (window, class) log probabilities of the trained encoder.
        labels: (window,) class.
        recordings: (window,) recording, which chance draws whole.
        usual: the share without evidence.
    """
    closed, encoder = (each.softmax(1).gather(1, labels[:, None])[:, 0].double() for each in (logits, learned))
    both = (1.0 - usual) * closed + usual * encoder
    n, errors = len(np.unique(recordings)), 1.0
    wanted = [(0.0, closed, 0.0), (1.0, encoder, _MUCH)]
    if n < _LEAST_RECORDINGS:  # they do not take the encoder out, and give it all only if they agree
        wanted, errors = wanted[1:] if usual else [], _ERRORS_OF_FEW
    for share, alone, least in wanted:
        gained = means_by(recordings, (alone.clamp(min=_SMALLEST) / both.clamp(min=_SMALLEST)).log().numpy())[1]
        if n > 1 and gained.mean() > max(least, errors * gained.std(ddof=1) / np.sqrt(n)):
            return share
    return usual

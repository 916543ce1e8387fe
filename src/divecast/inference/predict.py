"""Running a fitted network over windows."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast._text import plural
from divecast.data import Windows
from divecast.data.windows.range_check import check_batch
from divecast.errors import ConfigError, warn_data
from divecast.inference.fitted_model import FittedModel
from divecast.inference.results import Codes, Floats, Forecast, Keys, Labels, Reconstruction
from divecast.types import Batch, Code, Outputs, Prediction

LabelMode = Literal["known", "infer"]

_VALUES_AT_ONCE = 8_000_000  # of windows in a batch, 32 MB
_LATE = 8  # a channel without a value in this part of the look-back, the last eighth, is forecast from others


def pieces(fitted: FittedModel, windows: Windows) -> Iterator[Windows]:
    """Cut the windows in order, so that the values of each piece take little memory."""
    per_window = (fitted.shape.lookback + fitted.shape.horizon) * len(fitted.channels)
    at_once = max(1, min(1024, _VALUES_AT_ONCE // per_window))
    for first in range(0, len(windows), at_once):
        yield windows.subset(slice(first, first + at_once))


def batches(fitted: FittedModel, windows: Windows) -> Iterator[Batch]:
    """Gather the windows in order, in batches that keep memory small, on the network's device."""
    for piece in pieces(fitted, windows):
        yield _gathered(fitted, piece)


def handed_labels(labels: Tensor, mode: LabelMode) -> Tensor:
    """Return the labels the code is told, (batch, factor): those known, or none."""
    if mode not in ("known", "infer"):
        raise ConfigError(f'labels must be "known" or "infer", got {mode!r}')
    return labels if mode == "known" else torch.full_like(labels, -1)


@torch.inference_mode()
def predict(fitted: FittedModel, batch: Batch, mode: LabelMode, sample: bool = False) -> Prediction:
    """Run a batch through at the mean code, or at one draw of it; where all labels are known, b is not inferred."""
    network = fitted.network
    labels = handed_labels(batch.labels, mode)[:, : network.n_factors]
    if bool((labels >= 0).all()):
        return network.predict(batch.x, network.marginal.b_of_labels(labels, noise=sample), sample)
    marginal = network.marginal_code(batch.x, labels, sample)
    return network.predict(batch.x, (marginal.b, marginal.classes), sample)


@torch.inference_mode()
def complete(fitted: FittedModel, batch: Batch, mode: LabelMode) -> Outputs:
    """Run a batch through at the mean code and give it back, too."""
    outputs: Outputs = fitted.network(batch.x, handed_labels(batch.labels, mode), sample=False)
    return outputs


@torch.inference_mode()
def mean_and_quantiles(fitted: FittedModel, outputs: Prediction, levels: Sequence[float]) -> tuple[Floats, Floats]:
    """Return the forecast's mean, (batch, horizon, channel), and quantiles, (level, ...), in original units.

    Raises:
        ConfigError: levels do not rise, or reach beyond the calibration.
    """
    forecast: Any = outputs.forecast
    table = fitted.calibration.at(levels)
    center, spread = torch.from_numpy(fitted.scale.center), torch.from_numpy(fitted.scale.spread)
    mean = torch.addcmul(center, forecast.loc.cpu().contiguous(), spread)  # as the result lies in memory
    quantiles = torch.addcmul(mean, forecast.scale.cpu().contiguous() * spread, table[:, None, :, None])
    return mean.numpy(), quantiles.numpy()


def forecast_windows(
    fitted: FittedModel, windows: Windows, mode: LabelMode, levels: Sequence[float], n_samples: int
) -> Forecast:
    """Forecast every window, in original units."""
    return Forecast.joined(forecast_pieces(fitted, pieces(fitted, windows), mode, levels, n_samples), len(windows))


def forecast_pieces(
    fitted: FittedModel, cut: Iterable[Windows], mode: LabelMode, levels: Sequence[float], n_samples: int
) -> Iterator[Forecast]:
    """Forecast windows piece by piece, in original units; each piece draws from a seed of its own."""
    rows, silent = -(-fitted.shape.lookback // _LATE), torch.zeros(len(fitted.channels), dtype=torch.bool)
    for at, piece in enumerate(cut):
        batch = _gathered(fitted, piece)
        silent |= batch.x[:, -rows:].isnan().all(dim=1).any(dim=0).cpu()
        outputs = predict(fitted, batch, mode)
        mean, quantiles = mean_and_quantiles(fitted, outputs, levels)
        # within the step: a generator that is left standing must not hold the caller's random state
        with own_random_state(fitted.provenance.plan.seed + at) if n_samples else nullcontext():
            draws = [predict(fitted, batch, mode, sample=True).forecast.sample() for _ in range(n_samples)]
        samples = torch.stack(draws) if draws else outputs.forecast.mean.new_empty(0, *batch.y.shape)
        yield Forecast(
            Keys.of(piece.source, piece.origins, piece.segments, range(-1, fitted.shape.horizon)),
            fitted.channels,
            mean,
            tuple(levels),
            quantiles,
            fitted.original(samples),
        )
    names = [fitted.channels[at] for at in torch.nonzero(silent).flatten().tolist()]
    if names:
        warn_data(
            f"{plural(len(names), 'channel')} had no value in the {plural(rows, 'row')} before a forecast, first "
            f"{names[:5]}; their intervals there are too narrow, as they are measured where most values are known"
        )


@torch.no_grad()
def encode_windows(fitted: FittedModel, windows: Windows, mode: LabelMode = "infer") -> Codes:
    """Infer the code of every window from the window alone, or with the labels that are known.

    Factors that are no part of the code are left out.
    """
    network, rows = fitted.network, []
    names, classes = (fitted.factor_names, fitted.classes) if network.n_factors else ((), ())
    for batch in batches(fitted, windows):
        marginal = network.marginal_code(batch.x, handed_labels(batch.labels, mode), sample=False)
        q_a = network.infer_conditional(batch.x, marginal.b)
        q_b, blocks = marginal.posterior, network.marginal.blocks
        _, attention = network.fusion(Code(q_a.loc, marginal.b, marginal.classes))
        rows.append([q_a.loc, q_a.scale, *blocks(q_b.mean), *blocks(q_b.stddev), *marginal.classes, attention])
    columns = [torch.cat(column).cpu().numpy() for column in zip(*rows, strict=True)]
    m = len(names)
    b_mean, b_sd, shares = (tuple(columns[2 + i * m : 2 + (i + 1) * m]) for i in range(3))
    return Codes(_ends(windows), names, classes, columns[0], columns[1], b_mean, b_sd, shares, columns[-1])


@torch.no_grad()
def infer_window_labels(fitted: FittedModel, windows: Windows) -> Labels:
    """Read the labels of every window from the window alone.

    Raises:
        ConfigError: the model has no labels to infer.
    """
    path = fitted.network.marginal
    if not path.infers_labels:
        raise ConfigError(
            "this model infers no labels: it was fitted without factors, or with labels that are not inferred "
            f'(code.labels={fitted.config.code.labels!r}); fit it with factors= and labels="blocks"'
        )
    rows = [path.class_probabilities(path.infer(batch.x).mean) for batch in batches(fitted, windows)]
    shares = tuple(torch.cat(column).cpu().numpy() for column in zip(*rows, strict=True))
    given = windows.labels[windows.origins - 1].astype(np.int64)
    return Labels(_ends(windows), fitted.factor_names, fitted.classes, shares, given)


def pool_recordings(labels: Labels, segments: NDArray[np.int64]) -> Labels:
    """Join the windows of each recording: the mean of their class probabilities, the commonest given label."""
    ids, first, member = np.unique(segments, return_index=True, return_inverse=True)
    last = np.append(first[1:], len(segments)) - 1
    pooled = []
    for shares in labels.probabilities:
        sums = np.zeros((len(ids), shares.shape[1]))
        np.add.at(sums, member, shares)
        pooled.append((sums / np.bincount(member)[:, None]).astype(np.float32))
    given = np.stack([_commonest(labels.given[member == i]) for i in range(len(ids))])
    recordings = labels.keys.recordings
    keys = Keys(
        labels.keys.origins[last],
        None if recordings is None else recordings[last],
        labels.keys.stamps[last],
        labels.keys.backend,
    )
    return Labels(keys, labels.factors, labels.classes, tuple(pooled), given)


def reconstruct_windows(fitted: FittedModel, windows: Windows) -> Reconstruction:
    """Give every window back through its code alone, in original units."""
    truth, means = [], []
    for batch in batches(fitted, windows):
        truth.append(fitted.original(batch.x))
        means.append(fitted.original(complete(fitted, batch, "infer").reconstruction.mean))
    keys = Keys.of(windows.source, windows.origins, windows.segments, range(-fitted.shape.lookback, 0))
    return Reconstruction(keys, fitted.channels, np.concatenate(truth), np.concatenate(means))


def _gathered(fitted: FittedModel, piece: Windows) -> Batch:
    batch = piece.batch(np.arange(len(piece)))
    check_batch(piece, batch)
    return batch.to(fitted.device)


def _ends(windows: Windows) -> Keys:
    return Keys.of(windows.source, windows.origins, windows.segments, range(-1, 0))


def _commonest(given: NDArray[np.int64]) -> NDArray[np.int64]:
    columns = [np.bincount(column[column >= 0], minlength=1) for column in given.T]
    return np.array([counts.argmax() if counts.any() else -1 for counts in columns], dtype=np.int64)

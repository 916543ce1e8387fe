"""The closed-form start of the forecaster's linear path, a group of channels at a time.

Sums of all channels together would take channel x inputs^2 numbers (4.4 GB for 10,000 channels of 235 inputs), so every
group goes through the windows by itself and reads its own channels only. Windows that follow one another row by row are
put back into the series they were cut from, whose sums cost far less.

Where products of all windows would take too long, some windows are drawn. Where these are few for the inputs, they make
noisy maps: then each is drawn towards one map shared by all channels, and there is nothing to stack. What channels
share is learned from all of them where they fit one group, else from up to 256.
"""

from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import torch
from torch import Tensor

from divecast._device import own_random_state
from divecast.config import Linear, LinearPath
from divecast.model.linear.filled import fill_window
from divecast.model.linear.label_covariates import label_covariates, n_label_covariates, one_hots
from divecast.model.linear.ridge import RidgeShape, RidgeSums
from divecast.model.linear.stacking import stacked_ridge
from divecast.model.linear.window_products import series_of
from divecast.model.network import Network
from divecast.types import ChannelSample, WindowSource

_SUM_BYTES = 1 << 27
_BATCH_WINDOWS, _BATCH_VALUES = 2048, 16_000_000
_LEAST_RUN, _MOST_RUN, _PIECE_VALUES = 256, 4096, 1_000_000  # windows, windows, and what a cache holds
# Multiply-adds; a core takes half a minute, and some ten seconds where windows follow one another row by row; where
# values are missing it takes as long again to fill them.
_FEW_PRODUCTS, _MOST_PRODUCTS = 1e12, 1e12
_LEAST_WINDOWS, _ENOUGH_FOR_AN_INPUT = 2048, 8
_SHARED_CHANNELS = 256
_SHARED_PENALTY = 0.03  # towards the shared map (ours)


@dataclass(frozen=True, slots=True)
class Start:
    """How to start.

    Attributes:
        linear: ``stacked`` or ``ridge``.
        penalty: on the squared weights of ``ridge`` and of the map all channels share.
        stride: rows from window to window.
        seed: of the windows and channels that are drawn where there are too many.
    """

    linear: Linear
    penalty: float
    stride: int
    seed: int


def takes_seconds(network: Network, n_windows: int) -> bool:
    """Tell whether a start from so many windows is a matter of seconds."""
    shape = _shape(network)
    return shape.channel * shape.n_inputs**2 * n_windows <= _FEW_PRODUCTS


def start_linear(network: Network, train: WindowSource, valid: WindowSource, plan: Start) -> LinearPath:
    """Start the forecaster from a linear map of every channel.

    Args:
        network: whose forecaster starts.
        train: training windows.
        valid: validation windows, by which maps are weighed.
        plan: which maps.

    Returns:
        What was made: as asked, or ``shared`` where too few windows can be afforded.
    """
    shape = _shape(network)
    step = max(1, _SUM_BYTES // (8 * shape.n_inputs * (shape.n_inputs + shape.horizon)))
    with own_random_state(plan.seed):
        index, checked = _chosen_windows(len(train), shape), _chosen_windows(len(valid), shape)
        some = torch.randperm(shape.channel)[:_SHARED_CHANNELS].sort().values
    groups, pooled, centre = torch.arange(shape.channel).split(step), None, None
    few = len(index) < min(len(train), _ENOUGH_FOR_AN_INPUT * shape.n_inputs)
    if few or (plan.linear == "stacked" and len(groups) > 1):
        pooled = reduce(add, (_sums(network, train, index, part).pooled() for part in some.split(step)))
        centre = pooled.solve(plan.penalty).weight[0].double() if few else None
    for channels in groups:
        sums = _sums(network, train, index, channels)
        if centre is not None:
            maps = sums.solve(_SHARED_PENALTY, centre)
        elif plan.linear == "ridge":
            maps = sums.solve(plan.penalty)
        else:
            check, overlap = _sums(network, valid, checked, channels), max(1.0, shape.horizon / plan.stride)
            maps = stacked_ridge(sums, check, overlap, pooled or sums.pooled())
        network.forecaster.start(maps, slice(int(channels[0]), int(channels[-1]) + 1))
    return plan.linear if centre is None else "shared"


def _shape(network: Network) -> RidgeShape:
    forecaster = network.forecaster
    n_channels, n_inputs, horizon = forecaster.linear.weight.shape
    n_covariates = n_label_covariates(forecaster.n_classes, forecaster.pairs)
    return RidgeShape(n_inputs - n_covariates, horizon, n_channels, n_covariates)


def _chosen_windows(n_windows: int, shape: RidgeShape) -> Tensor:
    """Return all windows, or as many, drawn by chance, as can be afforded."""
    afforded = max(_LEAST_WINDOWS, int(_MOST_PRODUCTS / (shape.channel * shape.n_inputs**2)))
    if afforded >= n_windows:
        return torch.arange(n_windows)
    return torch.randperm(n_windows)[:afforded].sort().values


def _sums(network: Network, windows: WindowSource, index: Tensor, channels: Tensor) -> RidgeSums:
    shape = _shape(network)
    sums = RidgeSums(replace(shape, channel=len(channels)))
    sample = None if len(channels) == shape.channel else ChannelSample(channels, shape.channel)
    per_window = len(channels) * (shape.time + shape.horizon)
    step, piece = (max(1, most // per_window) for most in (_BATCH_VALUES, _PIECE_VALUES))
    done = 0
    while done < len(index):
        run = _run(windows, index[done : done + _MOST_RUN], sample, piece)
        if run is None:
            batch = windows.batch(index[done : done + min(step, _BATCH_WINDOWS)], sample)
            past = fill_window(batch.x, network.forecaster.season)
            sums.update(past, batch.y, _covariates(network, batch.labels))
            done += len(batch.labels)
        else:
            sums.update_series(run[0], _covariates(network, run[1]))
            done += len(run[1])
    return sums


def _run(windows: WindowSource, index: Tensor, sample: ChannelSample | None, step: int) -> tuple[Tensor, Tensor] | None:
    """Return the series behind the first windows, which follow one another, and their labels; None where few do."""
    if index[-1] - index[0] != len(index) - 1:
        return None
    series, labels = [], []
    for at in range(0, len(index), step):
        piece = windows.batch(index[at : at + step + 1], sample)  # and the first of the next, which has to follow
        found = series_of(piece.x, piece.y)
        if found is None:
            break
        series.append(found)
        labels.append(piece.labels)
    if len(series) * step < _LEAST_RUN:
        return None
    whole, known = (torch.cat([*(each[:step] for each in parts[:-1]), parts[-1]]) for parts in (series, labels))
    return whole, known


def _covariates(network: Network, labels: Tensor) -> Tensor:
    n_classes, pairs = network.forecaster.n_classes, network.forecaster.pairs
    return label_covariates(one_hots(labels[:, : len(n_classes)], n_classes), pairs, labels.float())

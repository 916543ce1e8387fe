"""Closed-form start of the linear path of the forecaster, one group of channels at a time.

The sums of all channels together would need channel x inputs^2 numbers (4.4 GB for 10,000 channels of 235 inputs), so
each group of channels makes its own pass over the windows. Windows at consecutive rows are joined to the series they
were cut from, whose sums are much cheaper.

If the products of all windows would take too long, a random subset of the windows is used. If that is small for the
number of inputs, the maps would be noisy: each is then shrunk towards one map shared by all channels, and nothing is
stacked. The shared map is fitted on all channels if they fit into one group, else on at most 256.

If rows have effects, the maps of further families act on the residuals from these; see ``stacking.py``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import reduce
from operator import add

import torch
from torch import Tensor

from divecast._device import own_random_state
from divecast.config import Linear, LinearStart
from divecast.model.forecaster import Past
from divecast.model.linear.label_covariates import label_covariates, n_label_covariates, one_hots
from divecast.model.linear.ridge import RidgeShape, RidgeSums, RidgeWeights
from divecast.model.linear.stacking import FamilySums, stacked_ridge, weighed_ridge
from divecast.model.linear.window_products import series_of
from divecast.model.network import Network
from divecast.types import ChannelSample, WindowEffects, WindowSource

_ONE_GROUP_BYTES, _SUM_BYTES = 1 << 29, 1 << 28  # of all sums: of all channels together, else of a group
_BATCH_WINDOWS, _BATCH_VALUES = 2048, 24_000_000  # values of a window, its effects and residuals
_LEAST_RUN, _MOST_RUN, _PIECE_VALUES = 256, 4096, 1_000_000  # windows, windows, and values that fit into a cache
# Multiply-adds: half a minute on one core, or ten seconds for windows at consecutive rows; filling missing values takes
# as long again.
_FEW_PRODUCTS, _MOST_PRODUCTS = 1e12, 1e12
_LEAST_WINDOWS, _ENOUGH_FOR_AN_INPUT = 2048, 8
_SHARED_CHANNELS = 256
_SHARED_PENALTY = 0.03  # pulls towards the shared map (our choice)


@dataclass(frozen=True, slots=True)
class Start:
    """Settings of the closed-form start.

    Attributes:
        linear: ``stacked`` or ``ridge``.
        penalty: penalty on the squared weights of ``ridge`` and of the shared map.
        stride: rows from the start of one window to the next.
        seed: seed for drawing windows and channels if there are too many.
    """

    linear: Linear
    penalty: float
    stride: int
    seed: int


@dataclass(frozen=True, slots=True)
class Mix:
    """How a start weighs its maps, so that a later one can weigh the same maps alike.

    Attributes:
        kind: the kind of the maps.
        n_families: number of families of residuals.
        of_groups: weights of the maps by group of channels; None for a group with a single map.
    """

    kind: LinearStart
    n_families: int
    of_groups: tuple[Tensor | None, ...]


def takes_seconds(network: Network, n_windows: int) -> bool:
    """Return whether a start from this many windows takes only seconds."""
    shape = _shape(network)
    return shape.channel * shape.n_inputs**2 * n_windows <= _FEW_PRODUCTS


def start_linear(
    network: Network, train: WindowSource, valid: WindowSource, plan: Start, mix: Mix | None = None
) -> Mix:
    """Set the linear path of the forecaster to a closed-form map for each channel.

    Args:
        network: the network, changed in place.
        train: training windows.
        valid: validation windows, which weigh the maps of ``stacked``.
        plan: settings.
        mix: weights of the maps, which are used instead of validation windows if there are as many families.

    Returns:
        How the maps are weighed, and their kind: ``plan.linear``, or ``shared`` if too few windows are affordable.
    """
    shape, n_families = _shape(network), len(network.forecaster.linear.carry)
    mix = mix if mix is not None and mix.n_families == n_families else None
    step = _channels_at_once(shape, n_families)
    with own_random_state(plan.seed):
        index, valid_index = _chosen_windows(len(train), shape), _chosen_windows(len(valid), shape)
        shared_channels = torch.randperm(shape.channel)[:_SHARED_CHANNELS].sort().values
    groups = torch.arange(shape.channel).split(step)
    few = len(index) < min(len(train), _ENOUGH_FOR_AN_INPUT * shape.n_inputs) if mix is None else mix.kind == "shared"
    stacked = plan.linear == "stacked" and not few
    pooled: _Sums | None = None
    if few or (stacked and len(groups) > 1):
        of_groups = (_sums(network, train, index, group).pooled() for group in shared_channels.split(step))
        pooled = reduce(add, of_groups)
    overlap = max(1.0, shape.horizon / plan.stride)
    weights: list[Tensor | None] = []
    for number, channels in enumerate(groups):
        given = None if mix is None else mix.of_groups[number]
        sums = of_valid = _sums(network, train, index, channels)
        if given is None and (stacked or n_families):
            of_valid = _sums(network, valid, valid_index, channels)
        if stacked:
            families = zip(sums.of, of_valid.of, (pooled or sums.pooled()).of, strict=True)
            maps = stacked_ridge([FamilySums(*family) for family in families], overlap, given)
        else:
            wanted = pooled.of if pooled else [None] * len(sums.of)
            solved = [_solved(own, shared, plan) for own, shared in zip(sums.of, wanted, strict=True)]
            maps = weighed_ridge(solved, of_valid.of, overlap, given) if n_families else solved[0]
        weights.append(maps.mix)
        network.forecaster.start(maps, slice(int(channels[0]), int(channels[-1]) + 1))
        del sums, of_valid, maps  # before those of the next group are there
    return Mix("shared" if few else plan.linear, n_families, tuple(weights))


@dataclass(frozen=True, slots=True)
class _Sums:
    """Sums over the same windows: of their values, and of each family of residuals from effects of their rows."""

    of: tuple[RidgeSums, ...]

    def pooled(self) -> "_Sums":
        """Return the sums of all channels as those of one."""
        return _Sums(tuple(sums.pooled() for sums in self.of))

    def __add__(self, other: "_Sums") -> "_Sums":
        """Return the sums over the windows of both."""
        return _Sums(tuple(one + two for one, two in zip(self.of, other.of, strict=True)))


def _channels_at_once(shape: RidgeShape, n_families: int) -> int:
    """Return how many channels make a group: all, if the sums of both parts and of all families are small."""
    per_channel = 8 * shape.n_inputs * (shape.n_inputs + shape.horizon) * 2 * (1 + n_families)
    if per_channel * shape.channel <= _ONE_GROUP_BYTES:
        return shape.channel
    return max(1, _SUM_BYTES // per_channel)


def _solved(sums: RidgeSums, pooled: RidgeSums | None, plan: Start) -> RidgeWeights:
    """Return the maps of one ridge regression per channel, shrunk towards that of the pooled sums if there are some."""
    if pooled is None:
        return sums.solve(plan.penalty)
    return sums.solve(_SHARED_PENALTY, pooled.solve(plan.penalty).weight[0].double())


def _shape(network: Network) -> RidgeShape:
    forecaster = network.forecaster
    n_channels, n_inputs, horizon = forecaster.linear.weight.shape
    n_covariates = n_label_covariates(forecaster.n_classes, forecaster.pairs)
    return RidgeShape(n_inputs - n_covariates, horizon, n_channels, n_covariates)


def _chosen_windows(n_windows: int, shape: RidgeShape) -> Tensor:
    """Return the indices of all windows, or of as many random ones as are affordable."""
    n_affordable = max(_LEAST_WINDOWS, int(_MOST_PRODUCTS / (shape.channel * shape.n_inputs**2)))
    if n_affordable >= n_windows:
        return torch.arange(n_windows)
    return torch.randperm(n_windows)[:n_affordable].sort().values


def _sums(network: Network, windows: WindowSource, index: Tensor, channels: Tensor) -> _Sums:
    """Return the sums over windows, of each family of maps."""
    whole = _shape(network)
    shape = replace(whole, channel=len(channels))
    families = network.forecaster.families
    sums = tuple(RidgeSums(shape if family.labels else replace(shape, covariate=0)) for family in families)
    sample = None if len(channels) == whole.channel else ChannelSample(channels, whole.channel)
    per_window, copies = len(channels) * (shape.time + shape.horizon), 1 + 2 * (len(families) - 1)
    step, piece = max(1, _BATCH_VALUES // (copies * per_window)), max(1, _PIECE_VALUES // per_window)
    done = 0
    while done < len(index):
        run = _run(windows, index[done : done + _MOST_RUN], sample, piece)
        if run is None:
            batch = windows.batch(index[done : done + min(step, _BATCH_WINDOWS)], sample)
            covariates = _covariates(network, batch.labels)
            past = Past.of(batch.x, batch.effects, network.forecaster.season)
            read = [past.window, *past.residuals]
            wanted = [batch.y, *(batch.y - ahead.transpose(1, 2) for ahead in past.ahead)]
            for each, x, y in zip(sums, read, wanted, strict=True):
                each.update(x.transpose(1, 2), y, covariates[:, : each.shape.covariate])
            done += len(batch.labels)
        else:
            covariates = _covariates(network, run.labels)
            for each, series in zip(sums, run.series, strict=True):
                each.update_series(series, covariates[:, : each.shape.covariate])
            done += len(run.labels)
    return _Sums(sums)


@dataclass(frozen=True, slots=True)
class _Run:
    """Windows at consecutive rows, joined.

    Attributes:
        series: the series that the windows were cut from, and its residuals from each family of effects.
        labels: (window, factor) label indices.
    """

    series: tuple[Tensor, ...]
    labels: Tensor


def _run(windows: WindowSource, index: Tensor, sample: ChannelSample | None, step: int) -> _Run | None:
    """Return the first windows joined to a series, or None if too few of them are at consecutive rows."""
    if index[-1] - index[0] != len(index) - 1:
        return None
    series, labels = [], []
    for first in range(0, len(index), step):
        piece = windows.batch(index[first : first + step + 1], sample)  # with the first window of the next piece
        joined, known = series_of(piece.x, piece.y), _effects_of_series(piece.effects)
        if joined is None or known is None:
            break
        series.append((joined, *(joined - each for each in known)))
        labels.append(piece.labels)
    if len(series) * step < _LEAST_RUN:
        return None
    return _Run(tuple(_joined(parts, step) for parts in zip(*series, strict=True)), _joined(labels, step))


def _effects_of_series(effects: WindowEffects | None) -> list[Tensor] | None:
    """Return each family of effects of the rows of consecutive windows; None if those of a row differ once it is past.

    There are none without effects.
    """
    families = [] if effects is None else effects.families
    if not all(torch.equal(past[1:, -1], ahead[:-1, 0]) for past, ahead in families):
        return None
    return [torch.cat([past[:, 0], past[-1, 1:], ahead[-1]]) for past, ahead in families]


def _joined(parts: Sequence[Tensor], step: int) -> Tensor:
    """Join pieces, each of which but the last goes on into the next one after ``step`` rows."""
    return torch.cat([*(part[:step] for part in parts[:-1]), parts[-1]])


def _covariates(network: Network, labels: Tensor) -> Tensor:
    n_classes, pairs = network.forecaster.n_classes, network.forecaster.pairs
    return label_covariates(one_hots(labels[:, : len(n_classes)], n_classes), pairs, labels.float())

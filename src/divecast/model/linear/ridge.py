"""Closed-form ridge regression of every channel's future on its own window and shared covariates.

Each channel has its own linear map from [window | covariates] to the horizon, fitted in one pass over the windows by
summing Gram matrices. Values are in scaled units (training mean 0, standard deviation 1), so there is no intercept; use
a covariate of ones for one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from divecast.errors import ConfigError, DataError
from divecast.model.linear.filled import fill_short, forward_fill
from divecast.model.linear.window_products import window_products

_CHUNK_FLOATS = 8_000_000
_ROWS_AT_ONCE = 4096
_SMALLEST_SCALE = 1e-3
_LONGEST_HOLE = 3  # steps of the future that are interpolated linearly (our choice)


@dataclass(frozen=True, slots=True)
class CarriedWeights:
    """Maps of a family of residuals from effects of the rows, and their share in the forecast.

    Attributes:
        weight: (channel, time + covariate, horizon) float32, the maps times their shares.
        share: (channel, horizon) float32, the share of these maps, by which the effects ahead are multiplied.
    """

    weight: Tensor
    share: Tensor


@dataclass(frozen=True, slots=True)
class RidgeWeights:
    """A solved ridge regression.

    Attributes:
        weight: (channel, time + covariate, horizon) float32.
        residual_scale: (channel, horizon) float32, standard deviation of the training residuals, scaled units, at least
            1e-3 (the precision of float32 sums); 1 for a channel without windows.
        n_windows: (channel,) int64, number of windows used.
        carried: maps of each family of residuals, to be added.
        mix: (channel, map, horizon) float32, weights of the maps of which these are the mean; None of a single one.
    """

    weight: Tensor
    residual_scale: Tensor
    n_windows: Tensor
    carried: tuple[CarriedWeights, ...] = ()
    mix: Tensor | None = None

    def forecast(self, x: Tensor, covariates: Tensor) -> Tensor:
        """Forecast the horizon.

        Args:
            x: (batch, time, channel), scaled units; NaN is filled by ``forward_fill``.
            covariates: (batch, covariate).

        Returns:
            (batch, horizon, channel), scaled units.
        """
        filled = forward_fill(x).permute(2, 0, 1)
        n_times = filled.shape[2]
        past = torch.matmul(filled, self.weight[:, :n_times])
        known = torch.matmul(covariates, self.weight[:, n_times:])
        return (past + known).permute(1, 2, 0)


@dataclass(frozen=True, slots=True)
class RidgeShape:
    """Sizes of a ridge regression.

    Attributes:
        time: steps of the window.
        horizon: forecast steps.
        channel: number of channels.
        covariate: number of covariates.
    """

    time: int
    horizon: int
    channel: int
    covariate: int = 0

    @property
    def n_inputs(self) -> int:
        """Number of inputs of one channel."""
        return self.time + self.covariate


@dataclass(frozen=True, slots=True)
class _Known:
    """Sparse covariates of some windows, ``columns`` (covariate, window), and their ``products``."""

    columns: Tensor
    products: Tensor

    @classmethod
    def of(cls, covariates: Tensor) -> "_Known":
        at = covariates.nonzero()  # in the order of windows, which is read fastest
        columns = torch.sparse_coo_tensor(
            at.T.flip(0), covariates[tuple(at.T)], covariates.T.shape, check_invariants=True
        )
        return cls(columns, torch.sparse.mm(columns, covariates))


class RidgeSums:
    """Gram matrices of every channel, summed batch by batch.

    Products are computed in float32 over at most 4096 windows and summed in float64, on the CPU. Memory: channel x
    inputs x (inputs + horizon) x 8 bytes with inputs = time + covariate (112 channels x 211 inputs x 24 steps: 44 MB;
    1000 channels x 235 inputs x 24 steps: 490 MB).

    A window is used for a channel only if the whole future of that channel is known, apart from gaps of up to three
    steps, which are interpolated linearly: else no window would be left if, say, every third value is missing.

    Attributes:
        shape: sizes.
        gram: (channel, input, input) float64, sums of products of inputs.
        cross: (channel, input, horizon) float64, sums of products of inputs and future.
        power: (channel, horizon) float64, sums of squares of the future.
        count: (channel,) int64, number of windows used.
    """

    def __init__(self, shape: RidgeShape) -> None:
        """Start with empty sums."""
        self.shape = shape
        p, c, h = shape.n_inputs, shape.channel, shape.horizon
        self.gram = torch.zeros(c, p, p, dtype=torch.float64)
        self.cross = torch.zeros(c, p, h, dtype=torch.float64)
        self.power = torch.zeros(c, h, dtype=torch.float64)
        self.count = torch.zeros(c, dtype=torch.int64)

    def update(self, x: Tensor, y: Tensor, covariates: Tensor) -> None:
        """Add a batch of windows; fastest if most covariates are 0.

        Args:
            x: (batch, time, channel), scaled units; NaN is filled by ``forward_fill``.
            y: (batch, horizon, channel), scaled units, NaN where missing.
            covariates: (batch, covariate), shared by all channels, no NaN.

        Raises:
            DataError: a shape does not fit.
        """
        self._check(x, y, covariates)
        for rows in _slices(x.shape[0], _ROWS_AT_ONCE):
            self._add(x[rows], y[rows], covariates[rows].float())

    def update_series(self, series: Tensor, covariates: Tensor) -> None:
        """Add all windows of a series; much faster than the same windows as a batch.

        Args:
            series: (window + time + horizon - 1, channel), scaled units, no NaN.
            covariates: (window, covariate), as in ``update``.

        Raises:
            DataError: a shape does not fit.
        """
        n_steps = self.shape.time + self.shape.horizon
        if series.shape[0] < n_steps:
            raise DataError(expected=f"a series of {n_steps} steps or more", found=str(series.shape[0]))
        windows = series.float().T.contiguous().unfold(1, n_steps, 1)
        x, y = windows.permute(1, 2, 0).split([self.shape.time, self.shape.horizon], dim=1)
        self._check(x, y, covariates)
        for rows in _slices(windows.shape[1], _ROWS_AT_ONCE):
            known = _Known.of(covariates[rows].float())
            for channel in range(self.shape.channel):
                self._add_complete(channel, windows[channel, rows], known)

    def solve(self, penalty: float, centre: Tensor | None = None) -> RidgeWeights:
        """Return the weights that minimise squared error + ``penalty`` x windows x squared weights, for each channel.

        Args:
            penalty: penalty as a share of the number of windows.
            centre: (time + covariate, horizon) float64, weights to shrink towards; 0 by default.

        Raises:
            ConfigError: the penalty is negative, or too small for inputs that depend on one another.
        """
        if not penalty >= 0:
            raise ConfigError("penalty must be >= 0", found=str(penalty), argument="penalty")
        step = self._channels_at_once()
        solved = [self._solve_channels(part, penalty, centre) for part in _slices(self.shape.channel, step)]
        weight = torch.cat([part[0] for part in solved])
        scale = torch.cat([part[1] for part in solved])
        return RidgeWeights(weight, scale, self.count.clone())

    def pooled(self) -> "RidgeSums":
        """Return the sums of all channels as those of one."""
        pooled = RidgeSums(replace(self.shape, channel=1))
        pooled.gram, pooled.cross, pooled.power, pooled.count = (
            each.sum(0, keepdim=True) for each in (self.gram, self.cross, self.power, self.count)
        )
        return pooled

    def __add__(self, other: "RidgeSums") -> "RidgeSums":
        """Return the sums over the windows of both, of the same shape."""
        both = RidgeSums(self.shape)
        both.gram, both.cross, both.power, both.count = (
            self.gram + other.gram,
            self.cross + other.cross,
            self.power + other.power,
            self.count + other.count,
        )
        return both

    def _add(self, x: Tensor, y: Tensor, covariates: Tensor) -> None:
        known = _Known.of(covariates)
        for channel in range(self.shape.channel):
            windows = torch.cat([x[:, :, channel], y[:, :, channel]], dim=1).float()
            if torch.isnan(windows.sum()):
                self._add_with_gaps(channel, windows, covariates)
            else:
                self._add_complete(channel, windows, known)

    def _add_with_gaps(self, channel: int, windows: Tensor, covariates: Tensor) -> None:
        """Add the windows whose future is known apart from short gaps; gaps and past are filled."""
        past, future = windows[:, :, None].split([self.shape.time, self.shape.horizon], dim=1)
        past = forward_fill(past)
        seen = fill_short(torch.cat([past[:, -1:], future], dim=1), _LONGEST_HOLE)[:, 1:]
        filled = torch.cat([past, seen], dim=1).squeeze(2)
        used = ~torch.isnan(filled).any(dim=1)
        if used.any():
            self._add_complete(channel, filled[used], _Known.of(covariates[used]))

    def _add_complete(self, channel: int, windows: Tensor, known: "_Known") -> None:
        """Add windows of a channel without NaN, (window, time + horizon)."""
        t = self.shape.time
        gram, cross = self.gram[channel], self.cross[channel]
        steps = window_products(windows, t)
        gram[:t, :t] += steps[:, :t]
        cross[:t] += steps[:, t:]
        if self.shape.covariate:
            side = torch.sparse.mm(known.columns, windows)
            gram[t:, :t] += side[:, :t]
            gram[:t, t:] += side[:, :t].T
            gram[t:, t:] += known.products
            cross[t:] += side[:, t:]
        self.power[channel] += windows[:, t:].square().sum(dim=0)
        self.count[channel] += len(windows)

    def _solve_channels(self, part: slice, penalty: float, centre: Tensor | None) -> tuple[Tensor, Tensor]:
        count = self.count[part].clamp(min=1).double()
        gram, cross, power = self.gram[part].clone(), self.cross[part], self.power[part]
        pull = torch.where(self.count[part] > 0, penalty * count, 1.0).unsqueeze(1)
        diagonal = gram.diagonal(dim1=1, dim2=2)
        diagonal += pull
        # Batched LU (torch.linalg.solve) of 211 inputs gave wrong numbers on two threads in torch 2.13 with MKL.
        factor, failed = torch.linalg.cholesky_ex(gram)
        if failed.any():
            numbers = [part.start + int(i) for i in failed.nonzero()[:5, 0]]
            n_failed = int(failed.count_nonzero())
            raise ConfigError(
                f"A penalty of {penalty} is too small: the inputs of {n_failed} channels are linearly dependent "
                f"(channel numbers {numbers} ...)",
                hint="Use a larger {model.decoder.ridge_penalty}",
                argument="model.decoder.ridge_penalty",
            )
        weight = torch.cholesky_solve(cross if centre is None else cross + pull.unsqueeze(2) * centre, factor)
        fitted = (weight * (self.gram[part] @ weight - 2.0 * cross)).sum(dim=1)
        variance = ((power + fitted) / count.unsqueeze(1)).clamp(min=_SMALLEST_SCALE**2)
        scale = variance.sqrt().where(self.count[part].unsqueeze(1) > 0, 1.0)
        return weight.float(), scale.float()

    def _channels_at_once(self) -> int:
        return max(1, _CHUNK_FLOATS // self.shape.n_inputs**2)

    def _check(self, x: Tensor, y: Tensor, covariates: Tensor) -> None:
        n, size = x.shape[0], self.shape
        expected = ((n, size.time, size.channel), (n, size.horizon, size.channel), (n, size.covariate))
        shapes = tuple(tuple(tensor.shape) for tensor in (x, y, covariates))
        if shapes != expected:
            raise DataError(expected=f"x, y and covariates of shapes {expected}", found=str(shapes))


def _slices(length: int, step: int) -> Iterator[slice]:
    for first in range(0, length, step):
        yield slice(first, min(first + step, length))

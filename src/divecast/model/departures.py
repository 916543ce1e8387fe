"""What a window shows of a series that is not as usual: its last rows depart from the rest, or do not change at all.

The forecast follows a departure by a share, and its spread grows by a factor; both are fitted to windows of the
validation part into which such changes were drawn (``fit/departures.py``). In an ordinary window the share is 0 and the
factor 1: departures count from the largest ones of the data on, and a constant run from twice the longest one on.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

from divecast.model.precision import full_precision

N_SIZES = 4
"""Sizes of a departure, 2, 4, 8 and 16 times the usual largest one, between which share and factor are interpolated."""

N_RUNS = 5
"""Lengths of a constant run, 2 to 32 times what is usual, between which a factor is interpolated."""

NEVER = 1e6
"""Usual size of a departure, scaled units, and of a run, rows, before they are fitted."""


def spans_of(lookback: int) -> tuple[int, ...]:
    """Return over how many last rows a departure is looked for: 1, 3, 6, 12, ... up to a third of the look-back."""
    spans, span = [1], 3
    while 3 * span <= lookback:
        spans.append(span)
        span *= 2
    return tuple(spans)


class Departures(nn.Module):
    """Share by which forecasts follow a departure, and log factors on their scale; 0 until they are fitted.

    The departure over a span is the mean residual of the last rows minus that of the rows before. The span whose
    departure is the largest multiple of the usual one counts.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
        horizon: steps ahead.
    """

    rows: Tensor
    of_whole: Tensor
    usual: Tensor
    follow: Tensor
    by_size: Tensor
    usual_run: Tensor
    by_run: Tensor

    def __init__(self, lookback: int, n_channels: int, horizon: int) -> None:
        super().__init__()
        self.spans = spans_of(lookback)
        self.register_buffer("rows", _rows_of(lookback, self.spans), persistent=False)
        self.register_buffer("of_whole", _of_whole(self.rows), persistent=False)
        self.register_buffer("usual", torch.full((len(self.spans), n_channels), NEVER))
        self.register_buffer("follow", torch.zeros(len(self.spans), N_SIZES, horizon))
        self.register_buffer("by_size", torch.zeros(len(self.spans), N_SIZES, horizon))
        self.register_buffer("usual_run", torch.full((n_channels,), NEVER))
        self.register_buffer("by_run", torch.zeros(N_RUNS, horizon))

    def forward(self, x: Tensor, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Return what to add to the mean, and the log factor on the scale, (batch, horizon, channel) each.

        Args:
            x: (batch, time, channel) window, scaled units, NaN where missing.
            residual: (batch, time, channel) the window minus the effects of its rows.
        """
        departures = self.of(residual)
        times, run = departures.abs() / self.usual.T, constant_run(x) / self.usual_run
        if not torch.compiler.is_exporting() and not (bool((times > 1.0).any()) or bool((run > 1.0).any())):
            nothing = x.new_zeros(len(x), self.follow.shape[2], x.shape[2])  # nearly always, and quicker
            return nothing, nothing
        weights = self.weights(times).flatten(2)  # (batch, channel, span x size)
        shift = (weights @ self.follow.flatten(0, 1)) * _largest(departures, times)[..., None]
        factor = weights @ self.by_size.flatten(0, 1) + _interpolation(run, N_RUNS) @ self.by_run
        return shift.transpose(1, 2), factor.transpose(1, 2)

    def of(self, residual: Tensor) -> Tensor:
        """Return the departure over each span, (batch, channel, span); drawn towards 0 if less than half is known.

        Args:
            residual: (batch, time, channel), NaN where missing.
        """
        steps = residual.transpose(1, 2)
        with full_precision(residual.device.type):
            if not torch.compiler.is_exporting() and not bool(torch.isnan(residual.sum())):
                return steps @ self.of_whole
            known = ~torch.isnan(steps)
            sums, counts = torch.where(known, steps, 0.0) @ self.rows, known.to(residual.dtype) @ self.rows
        last, n_last, total, n_known = sums[..., :-1], counts[..., :-1], sums[..., -1:], counts[..., -1:]
        before = (total - last) / (n_known - n_last).clamp(min=1.0)
        half = 0.5 * self.rows[:, :-1].sum(0)
        return torch.where(n_known > n_last, (last - n_last * before) / torch.maximum(n_last, half), 0.0)

    def largest(self, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Return the departure that counts, (batch, channel), and all as multiples of the usual ones, (..., span)."""
        departures = self.of(residual)
        times = departures.abs() / self.usual.T
        return _largest(departures, times), times

    def weights(self, times: Tensor) -> Tensor:
        """Return the weight of each size of the span that counts, (batch, channel, span, size).

        Args:
            times: (batch, channel, span) multiples of the usual departures.
        """
        counts = times >= times.amax(2, keepdim=True)
        return torch.where(counts[..., None], _interpolation(times, N_SIZES), 0.0)


def _largest(departures: Tensor, times: Tensor) -> Tensor:
    """Return of each channel the departure that is the largest multiple of the usual one, (batch, channel)."""
    return departures.gather(2, times.argmax(2, keepdim=True))[..., 0]


def _rows_of(lookback: int, spans: tuple[int, ...]) -> Tensor:
    """Return 1 for the rows of each span and, at the end, for all, (time, span + 1)."""
    age = torch.arange(lookback, 0, -1)[:, None]
    return (age <= torch.tensor([*spans, lookback])).float()


def _of_whole(rows: Tensor) -> Tensor:
    """Return what maps a window without gaps to its departures, (time, span)."""
    last, before = rows[:, :-1], 1.0 - rows[:, :-1]
    return last / last.sum(0) - before / before.sum(0) if len(rows) > 1 else torch.zeros_like(last)


def constant_run(x: Tensor) -> Tensor:
    """Return the number of last rows that have the same value, (batch, channel); at most 1 if there is none twice."""
    if not torch.compiler.is_exporting() and not bool((x[:, -2:-1] == x[:, -1:]).any()):
        return x.new_ones(len(x), x.shape[2])
    changed = pad(x[:, 1:] != x[:, :-1], (0, 0, 1, 0))
    place = torch.arange(x.shape[1], device=x.device, dtype=x.dtype)[:, None]
    return x.shape[1] - torch.where(changed, place, 0.0).amax(1)


def _interpolation(times: Tensor, n_sizes: int) -> Tensor:
    """Return the weight of each size 2, 4, 8, ..., (..., size): none up to 1, all that of the largest beyond it."""
    at = times.clamp(min=1.0).log2().clamp(max=float(n_sizes))[..., None]
    return (1.0 - (at - torch.arange(1.0, n_sizes + 1.0, device=times.device)).abs()).clamp(min=0.0)

"""What a window shows of a series that is not as usual: its last rows depart from the rest, or do not change at all.

The forecast follows a departure by a share, and its spread grows by a factor; both are fitted to windows of the
validation part into which such changes were drawn (``fit/departures.py``). In an ordinary window the share is 0 and the
factor 1: departures count from the largest ones of the data on, and a constant run from twice the longest one on.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import pad

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

    usual: Tensor
    follow: Tensor
    by_size: Tensor
    usual_run: Tensor
    by_run: Tensor

    def __init__(self, lookback: int, n_channels: int, horizon: int) -> None:
        super().__init__()
        self.spans = spans_of(lookback)
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
        departure, times = self.largest(residual)
        weights = self.weights(times).flatten(2)  # (batch, channel, span x size)
        runs = _interpolation(constant_run(x) / self.usual_run, N_RUNS)
        shift = (weights @ self.follow.flatten(0, 1)) * departure[..., None]
        factor = weights @ self.by_size.flatten(0, 1) + runs @ self.by_run
        return shift.transpose(1, 2), factor.transpose(1, 2)

    def largest(self, residual: Tensor) -> tuple[Tensor, Tensor]:
        """Return the departure that counts, (batch, channel), and all as multiples of the usual ones, (..., span)."""
        departures = torch.stack(departures_of(residual, self.spans), dim=2)
        times = departures.abs() / self.usual.T
        at = times.argmax(2, keepdim=True)
        return departures.gather(2, at)[..., 0], times

    def weights(self, times: Tensor) -> Tensor:
        """Return the weight of each size of the span that counts, (batch, channel, span, size).

        Args:
            times: (batch, channel, span) multiples of the usual departures.
        """
        counts = times >= times.amax(2, keepdim=True)
        return torch.where(counts[..., None], _interpolation(times, N_SIZES), 0.0)


def departures_of(residual: Tensor, spans: tuple[int, ...]) -> list[Tensor]:
    """Return the departure over each span, (batch, channel); drawn towards 0 if less than half of it is known.

    Args:
        residual: (batch, time, channel), NaN where missing.
        spans: numbers of last rows.
    """
    known = ~torch.isnan(residual)
    values, counts = torch.where(known, residual, 0.0), known.to(residual.dtype)
    total, n_known = values.sum(1), counts.sum(1)
    found = []
    for span in spans:
        last, n_last = values[:, -span:].sum(1), counts[:, -span:].sum(1)
        before = (total - last) / (n_known - n_last).clamp(min=1.0)
        departure = (last - n_last * before) / n_last.clamp(min=0.5 * span)
        found.append(torch.where(n_known > n_last, departure, 0.0))
    return found


def constant_run(x: Tensor) -> Tensor:
    """Return the number of last rows that have the same value, (batch, channel); at most 1 if there is none twice."""
    changed = pad(x[:, 1:] != x[:, :-1], (0, 0, 1, 0))
    place = torch.arange(x.shape[1], device=x.device, dtype=x.dtype)[:, None]
    return x.shape[1] - torch.where(changed, place, 0.0).amax(1)


def _interpolation(times: Tensor, n_sizes: int) -> Tensor:
    """Return the weight of each size 2, 4, 8, ..., (..., size): none up to 1, all that of the largest beyond it."""
    at = times.clamp(min=1.0).log2().clamp(max=float(n_sizes))[..., None]
    return (1.0 - (at - torch.arange(1.0, n_sizes + 1.0, device=times.device)).abs()).clamp(min=0.0)

"""The earlier places of a window that its last rows look most alike, and what followed there.

Recordings repeat themselves, each in its own time: a linear map of the window cannot follow a cycle whose length
differs from window to window. The rows that match the last ones best say how long the cycle is; what followed them,
repeated over the horizon, is a forecast (the method of analogues, Lorenz 1969, within the window).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from divecast.model.precision import full_precision

_SHARES = (0.1, 0.2, 0.4)  # of the look-back, rows that are compared (our choice)
_USUAL_MISS = 0.01  # mean squared difference of rows that match well, scaled units


class CycleReader(nn.Module):
    """How the network of the forecaster reads cycles, and which share of them its correction takes.

    Args:
        lookback: steps of the window, at least 10.
        horizon: steps ahead.
        width: features of the network.
    """

    def __init__(self, lookback: int, horizon: int, width: int) -> None:
        super().__init__()
        self.lengths, self.horizon = tuple(round(share * lookback) for share in _SHARES), horizon
        n_cycles = len(self.lengths)
        self.enter_cycles = nn.Linear(n_cycles * horizon, width, bias=False)
        self.enter_match = nn.Linear(n_cycles, width, bias=False)
        self.leave = nn.Linear(width, n_cycles * horizon)
        nn.init.zeros_(self.leave.weight)
        nn.init.zeros_(self.leave.bias)

    def cycles(self, window: Tensor) -> tuple[Tensor, Tensor]:
        """Return the ``nearest_cycles`` of windows, (batch, channel, time)."""
        return nearest_cycles(window, self.lengths, self.horizon)

    def features(self, cycles: Tensor, match: Tensor) -> Tensor:
        """Return (batch, channel, width) of cycles in units of the window, and of how well their places match."""
        misses = 0.5 * ((match + _USUAL_MISS) / _USUAL_MISS).log()
        features: Tensor = self.enter_cycles(cycles.flatten(2)) + self.enter_match(misses)[:, None]
        return features

    def correction(self, hidden: Tensor, cycles: Tensor, linear: Tensor) -> Tensor:
        """Return by how much the forecast leaves the linear path, (batch, channel, horizon), towards the cycles."""
        shares = self.leave(hidden).unflatten(2, cycles.shape[2:])
        return (shares * (cycles - linear[:, :, None])).sum(2)


def nearest_cycles(window: Tensor, lengths: Sequence[int], horizon: int) -> tuple[Tensor, Tensor]:
    """Return what followed the places that match best, and how well they match.

    A cycle is at least as long as the rows that are compared, so that rows are not compared with themselves; one that
    is shorter than the horizon is repeated.

    Args:
        window: (batch, channel, time), in units in which the channels weigh alike; no NaN.
        lengths: numbers of rows that are compared, at most half of the window each.
        horizon: steps ahead.

    Returns:
        (batch, channel, length, horizon) and the mean squared differences of the rows that were compared,
        (batch, length).

    Example:
        >>> window = torch.tensor([0.0, 1.0, 5.0, 0.0, 1.0, 5.0, 0.0, 1.0])[None, None]
        >>> nearest_cycles(window, (2,), 4)[0].flatten().tolist()
        [5.0, 0.0, 1.0, 5.0]
    """
    time, ahead = window.shape[2], torch.arange(horizon, device=window.device)
    followed, differences = [], []
    for length in lengths:
        distance = _distances(window.detach(), length)
        least, place = distance.min(1)
        period = (time - length - place)[:, None]
        rows = time - period + ahead % period
        followed.append(window.gather(2, rows[:, None].expand(-1, window.shape[1], -1)))
        differences.append(least)
    return torch.stack(followed, dim=2), torch.stack(differences, dim=1)


def _distances(window: Tensor, length: int) -> Tensor:
    """Return the mean squared differences of the last rows and those that begin at each place, (batch, place)."""
    time, last = window.shape[2], window[:, :, -length:]
    n_places = time - 2 * length + 1
    with full_precision(window.device.type):
        spectrum = (torch.fft.rfft(window, time) * torch.fft.rfft(last, time).conj()).sum(1)
        products = torch.fft.irfft(spectrum, time)[:, :n_places]
        power = torch.nn.functional.pad(window.square().sum(1).cumsum(1), (1, 0))
        powers = (power[:, length:] - power[:, :-length])[:, :n_places]
    squares = powers + last.square().sum((1, 2))[:, None] - 2.0 * products
    return squares.clamp(min=0.0) / (length * window.shape[1])

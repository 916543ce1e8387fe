"""Sums over windows of the products of their steps.

Consecutive windows contain nearly the same pairs of values: a product one step later is that of the next window. So
sums are computed for the first step only; from step to step they change by the product of the first window that leaves
and that of the last window that enters. That takes steps^2 operations instead of windows x steps^2.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

_LEAST_RUN = 256  # windows; for shorter runs direct multiplication is faster
_FFT_STEP = 128  # transforms of lengths without large factors are fast


def series_of(x: Tensor, y: Tensor) -> Tensor | None:
    """Return the series of consecutive windows.

    Args:
        x: (window, time, channel).
        y: (window, horizon, channel).

    Returns:
        (window + time + horizon - 1, channel); None if the windows are not consecutive or a value is missing.
    """
    past, future = x.transpose(1, 2), y.transpose(1, 2)  # the order in memory
    if not (_follow(past) and _follow(future) and torch.equal(past[1:, :, -1], future[:-1, :, 0])):
        return None
    series = torch.cat([x[:, 0], x[-1, 1:], y[-1]])
    return None if torch.isnan(series.sum()) else series


def window_products(windows: Tensor, n_first: int) -> Tensor:
    """Sum the products of each of the first steps with every step.

    Args:
        windows: (window, step) float32 without NaN, two steps or more; consecutive windows, which are detected by their
            values, are fastest.
        n_first: number of first steps.

    Returns:
        (n_first, step) float64.
    """
    breaks = (windows[1:, 0] != windows[:-1, 1]).nonzero().squeeze(1) + 1
    if len(windows) < _LEAST_RUN * (len(breaks) + 1):
        return _multiplied(windows, n_first)
    total = windows.new_zeros(n_first, windows.shape[1], dtype=torch.float64)
    for run in windows.tensor_split(breaks.tolist()):
        of_one_series = run.stride(0) == run.stride(1)
        total += _slid(run, n_first) if of_one_series or _follow(run) else _multiplied(run, n_first)
    return total


def _follow(windows: Tensor) -> bool:
    """Return whether windows, (window, ..., step), are consecutive; never with NaN."""
    return torch.equal(windows[1:, ..., :-1], windows[:-1, ..., 1:])


def _multiplied(windows: Tensor, n_first: int) -> Tensor:
    return (windows[:, :n_first].T @ windows).double()


def _slid(windows: Tensor, n_first: int) -> Tensor:
    """Return the sums, computed from step to step, where sum(i, lag) is that of products of steps i and i + lag.

    sum(i + 1, lag) = sum(i, lag) - first(i) first(i + lag) + last(i + 1) last(i + 1 + lag).
    """
    n_windows, n_steps = windows.shape
    first, last = (pad(windows[at].double(), (0, n_steps)) for at in (0, -1))
    change = last[1:n_first, None] * last.unfold(0, n_steps, 1)[1:n_first]
    change -= first[: n_first - 1, None] * first.unfold(0, n_steps, 1)[: n_first - 1]
    series = torch.cat([windows[:, 0], windows[-1, 1:]]).double()
    by_lag = torch.cat([_lagged(series, n_windows)[None], change]).cumsum(0)
    upper = by_lag.as_strided((n_first, n_steps), (n_steps - 1, 1)).triu()  # [i, i + lag], where [i, lag] was
    upper[:, :n_first] += upper[:, :n_first].triu(1).T
    return upper


def _lagged(series: Tensor, n_windows: int) -> Tensor:
    """Return the sums over windows of the first step times every step, (step,), by the correlation theorem."""
    length = -(-len(series) // _FFT_STEP) * _FFT_STEP
    spectrum = torch.fft.rfft(series[:n_windows], length).conj() * torch.fft.rfft(series, length)
    return torch.fft.irfft(spectrum, length)[: len(series) - n_windows + 1]

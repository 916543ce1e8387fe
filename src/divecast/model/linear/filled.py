"""Filling of missing values in windows.

Each channel and window is filled on its own, in scaled units; all functions can be part of an exported graph.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

_VALUES_IN_CACHE = 150_000


def fill_window(x: Tensor, season: int) -> Tensor:
    """Fill missing values by the seasonal mean, plus the interpolated deviation of the neighbours from it.

    The seasonal mean is that of the window's values a whole number of seasons away, or of all values if there are none.
    The deviations before and after a gap are interpolated linearly; at the ends of the window the nearest one is used.
    So a missing day looks like the other days of the window, and a single value like its neighbours.

    Args:
        x: (batch, time, channel), scaled units, NaN where missing.
        season: steps per season, such as 24 for hourly data; 1 for no season; 0 repeats the last observed value.

    Returns:
        The same shape without NaN; ``x`` itself if nothing is missing; 0, the training mean, if nothing is observed.
    """
    if season == 0 or _is_whole(x):
        return forward_fill(x)
    steps = x.transpose(1, 2)
    if torch.compiler.is_exporting():
        return _filled(steps, season).transpose(1, 2)
    some = max(1, _VALUES_IN_CACHE // (x.shape[1] * x.shape[2]))
    return torch.cat([_filled(part, season) for part in steps.split(some)]).transpose(1, 2)


def fill_short(x: Tensor, most: int) -> Tensor:
    """Interpolate gaps of up to ``most`` steps between two known values linearly; longer gaps stay.

    Args:
        x: (batch, time, channel), NaN where missing.
        most: maximum length of a gap, steps.
    """
    steps = x.transpose(1, 2)
    known = ~torch.isnan(steps)
    before, after = _neighbours(known)
    at = _numbers(steps)
    filled = (before < at) & (at < after) & (after - before <= most + 1)
    return torch.where(filled, _interpolated(torch.where(known, steps, 0.0), before, after), steps).transpose(1, 2)


def forward_fill(x: Tensor) -> Tensor:
    """Fill each missing value by the last observed one before it in the window, or by 0, the training mean.

    Args:
        x: (batch, time, channel), scaled units, NaN where missing.

    Returns:
        The same shape without NaN; ``x`` itself if nothing is missing.
    """
    if _is_whole(x):
        return x
    step = 1
    while step < x.shape[1]:  # each pass reaches twice as far back
        before = pad(x[:, :-step], (0, 0, step, 0), value=torch.nan)
        x = torch.where(torch.isnan(x), before, x)
        step *= 2
    return x.nan_to_num(nan=0.0)


def _is_whole(x: Tensor) -> bool:
    return not torch.compiler.is_exporting() and not torch.isnan(x.sum())  # an exported graph cannot branch


def _filled(x: Tensor, season: int) -> Tensor:
    """Fill (..., step); see ``fill_window``."""
    known = ~torch.isnan(x)
    seasonal_mean = _seasonal_mean(x, known, season)
    return torch.where(
        known, x, seasonal_mean + _interpolated(torch.where(known, x - seasonal_mean, 0.0), *_neighbours(known))
    )


def _seasonal_mean(x: Tensor, known: Tensor, season: int) -> Tensor:
    """Return the mean of the known values at the same phase of the season, else of all, (..., step)."""
    lead = -x.shape[-1] % season
    sums, counts = (
        pad(values, (lead, 0)).unflatten(-1, (-1, season)).sum(-2)
        for values in (torch.where(known, x, 0.0), known.to(x.dtype))
    )
    overall = sums.sum(-1, keepdim=True) / counts.sum(-1, keepdim=True).clamp(min=1.0)
    means = torch.where(counts > 0, sums / counts.clamp(min=1.0), overall)
    return torch.cat([means] * ((x.shape[-1] + lead) // season), dim=-1)[..., lead:]


def _neighbours(known: Tensor) -> tuple[Tensor, Tensor]:
    """Return the numbers of the nearest known steps before and after each step, or the other if there is none."""
    n_steps = known.shape[-1]
    before, after = _last_known(known), n_steps - 1 - _last_known(known.flip(-1)).flip(-1)
    first = torch.where(before >= 0, before, after).clamp(max=n_steps - 1)
    return first, torch.where(after < n_steps, after, first)


def _last_known(known: Tensor) -> Tensor:
    """Return the number of the last known step up to each step, -1 if there is none."""
    last, reach = torch.where(known, _numbers(known), -1.0), 1
    while reach < known.shape[-1]:  # each pass reaches twice as far back; an exported graph has no cumulative maximum
        last = torch.cat([last[..., :reach], torch.maximum(last[..., reach:], last[..., :-reach])], dim=-1)
        reach *= 2
    return last


def _interpolated(values: Tensor, before: Tensor, after: Tensor) -> Tensor:
    """Return the linear interpolation between the known values before and after each step."""
    share = (_numbers(values) - before) / (after - before).clamp(min=1.0)
    first, last = (values.gather(-1, at.long()) for at in (before, after))
    return first + share * (last - first)


def _numbers(like: Tensor) -> Tensor:
    """Return the numbers of the steps of (..., step), as float32, which is exact up to 16 million and fast."""
    return torch.arange(like.shape[-1], device=like.device, dtype=torch.float32)

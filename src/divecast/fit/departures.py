"""How forecasts must change where a window is not as usual, from changes that are drawn into ordinary windows.

They are changes of the level or of the scale, of any age, and meters that are stuck while the true values go on. A
change that has lasted for some rows goes on for as many more with a probability of one half, as one seen at a random
moment of its life does (Gott 1993, "Implications of the Copernican principle for our future prospects").
"""

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from divecast._device import stream_seed
from divecast.data import Windows
from divecast.fit.drawn_errors import DrawnErrors, Draws, evenly, unchanged
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches
from divecast.model.departures import N_RUNS, N_SIZES, Departures, constant_run
from divecast.types import Batch

_USUAL = 0.995  # share of the windows whose departures are usual
_LEAST, _LEAST_RUN = 1e-3, 2.0  # of what is usual: scaled units, rows
_WINDOWS, _MOST_VALUES = 4000, 2_000_000  # of windows that say what is usual
_LARGEST = 2.0 ** (N_SIZES + 0.5)  # of a drawn change, times the usual departure
_OF_SCALE = 0.3  # share of the changes that are of the scale
_AS_MANY = 30.0  # errors that count as much as the belief that nothing changes


@torch.no_grad()
def fit_departures(draws: Draws, train: Windows) -> None:
    """Fit what is usual, and the answers to what is not, in place.

    Args:
        draws: of a model that is recalibrated, into windows of the validation part.
        train: training windows, some of which say what is usual, too.
    """
    fitted = draws.fitted
    found = fitted.network.forecaster.departures
    _fit_usual(found, fitted, train, draws.windows)
    plain = draws.errors(unchanged)
    changed = draws.all_errors(_Changes.of(fitted, draws.seed))
    found.follow.copy_(_follow(changed).view_as(found.follow))
    follow = changed.weights.flatten(1) @ found.follow.flatten(0, 1).cpu()
    found.by_size.copy_(_factors(changed.moved(follow * changed.departure[:, None]), plain))
    stuck = [draws.errors(_Stuck(found.usual_run, 2.0 ** (1 + number))).log_ratio(plain) for number in range(N_RUNS)]
    found.by_run.copy_(torch.stack(stuck).cummax(0).values)


def _fit_usual(found: Departures, fitted: FittedModel, *parts: Windows) -> None:
    """Fit the largest usual departures, and the longest constant runs, of the windows of parts."""
    sizes, longest = [], torch.zeros_like(found.usual_run)
    n = max(1, min(_WINDOWS, _MOST_VALUES // len(fitted.channels)))
    for windows in parts:
        for batch in batches(fitted, evenly(windows, n)):
            sizes.append(found.of(batch.residual).abs().cpu())
            longest = torch.maximum(longest, constant_run(batch.x).amax(0))
    of_spans = torch.cat(sizes)
    at = min(len(of_spans), math.ceil(_USUAL * len(of_spans)) + 1)
    usual = torch.stack([each.kthvalue(at, dim=0).values for each in of_spans.unbind(2)])
    found.usual.copy_(usual.clamp(min=_LEAST))
    found.usual_run.copy_(longest.clamp(min=_LEAST_RUN))


@dataclass(frozen=True, slots=True)
class _Changes:
    """Draws changes of level and scale into windows, with departures of the usual size and more.

    Attributes:
        found: what is usual.
        level: (channel,) what a value of 0 is in original units, in units of the spread; None if series differ, or are
            powers or logarithms.
        random: generator of the draws.
    """

    found: Departures
    level: Tensor | None
    random: torch.Generator

    @classmethod
    def of(cls, fitted: FittedModel, seed: int) -> "_Changes":
        level = torch.from_numpy(fitted.scale.center / fitted.scale.spread).nan_to_num().to(fitted.device)
        random = torch.Generator().manual_seed(stream_seed(seed, "changes"))  # unrelated to which channels are drawn
        differs = fitted.independent or fitted.scale.powers is not None  # of a logarithm, a factor is a change of level
        return cls(fitted.network.forecaster.departures, None if differs else level, random)

    def __call__(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the windows with changes of the drawn channels; those that last also change the future."""
        age = (float(self.found.spans[-1]) ** self._uniform(drawn)).round()
        sign = torch.where(self._uniform(drawn) < 0.5, -1.0, 1.0)
        size = sign * self._usual(age) * _LARGEST ** self._uniform(drawn)
        lasts = age * (1.0 / self._uniform(drawn).clamp(min=1e-6) - 1.0)
        n_past, n_ahead = (torch.arange(each.shape[1], device=each.device)[:, None] for each in (batch.x, batch.y))
        past = drawn[:, None] & (len(n_past) - n_past <= age[:, None])
        ahead = drawn[:, None] & (n_ahead < lasts[:, None])
        slope = torch.zeros_like(size)
        if self.level is not None:
            of_scale = self._uniform(drawn) < _OF_SCALE
            slope = torch.where(of_scale, size / self.level.abs().clamp(min=1.0), 0.0).clamp(min=-1.0)
            size = torch.where(of_scale, slope * self.level, size)
        x, y = (each + slope[:, None] * each + size[:, None] for each in (batch.x, batch.y))
        return replace(batch, x=torch.where(past, x, batch.x), y=torch.where(ahead, y, batch.y))

    def _uniform(self, like: Tensor) -> Tensor:
        return torch.rand(like.shape, generator=self.random).to(like.device)

    def _usual(self, age: Tensor) -> Tensor:
        """Return the usual departure over the span next to an age, (batch, channel)."""
        spans = torch.tensor(self.found.spans, device=age.device)
        nearest = (age[..., None].log() - spans.log()).abs().argmin(-1, keepdim=True)
        return self.found.usual.T.expand(len(age), -1, -1).gather(2, nearest)[..., 0]


@dataclass(frozen=True, slots=True)
class _Stuck:
    """Meters that show the same value for a multiple of the usual constant run, (channel,)."""

    usual_run: Tensor
    times: float

    def __call__(self, batch: Batch, drawn: Tensor) -> Batch:
        """Return the windows with the drawn channels stuck; the future stays."""
        lookback = batch.x.shape[1]
        length = (self.times * self.usual_run).round().clamp(max=float(lookback)).long()
        first = batch.x.gather(1, (lookback - length).expand(len(batch.x), 1, -1))
        age = lookback - torch.arange(lookback, device=batch.x.device)[:, None]
        return replace(batch, x=torch.where(drawn[:, None] & (age <= length), first, batch.x))


def _follow(errors: DrawnErrors) -> Tensor:
    """Return the share of a departure that the errors have, (span x size, horizon): by least squares, from 0 to 1."""
    cells, known = errors.weights.flatten(1), ~errors.error.isnan()
    departure = torch.where(known, errors.departure[:, None] / errors.scale, 0.0)
    error = torch.where(known, errors.error / errors.scale, 0.0)
    both, power = cells.T @ (departure * error), cells.T @ departure.square()
    few = 1.0 + _AS_MANY / cells.sum(0)[:, None].clamp(min=1.0)
    return (both / (few * power).clamp(min=1e-12)).clamp(0.0, 1.0)


def _factors(errors: DrawnErrors, plain: DrawnErrors) -> Tensor:
    """Return the log factors, (span, size, horizon), which do not fall with the size."""
    factors = []
    for weights in errors.weights.flatten(1).T:
        cases = weights > 0.5  # next to the size
        n = int(cases.sum())
        nothing = torch.zeros(errors.error.shape[1])
        factors.append(errors.at(cases).log_ratio(plain) * n / (n + _AS_MANY) if n else nothing)
    by_size: Tensor = torch.stack(factors).unflatten(0, errors.weights.shape[1:]).cummax(1).values
    return by_size

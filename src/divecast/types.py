"""Frozen containers that are passed between the subpackages.

One-letter names of tensors, here and everywhere else:

* ``x`` input window, (batch, time, channel)
* ``y`` future values, (batch, horizon, channel)
* ``a`` conditional code, (batch, conditional)
* ``b`` marginal code, (batch, marginal): the blocks of all factors side by side
* ``z`` the whole code ``[a, b]``

Missing values are NaN in ``x`` and ``y`` and -1 in ``labels``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Protocol

import torch
from torch import Tensor
from torch.distributions import Distribution, Normal


@dataclass(frozen=True, slots=True)
class ChannelSample:
    """A sample of the channels of a panel.

    Attributes:
        index: (sampled,) int64 numbers of the channels, ascending.
        n_channels: number of channels of the panel.
    """

    index: Tensor
    n_channels: int

    @property
    def share(self) -> float:
        """Share of the channels in the sample."""
        return len(self.index) / self.n_channels


@dataclass(frozen=True, slots=True)
class WindowEffects:
    """What the table says of the rows of windows: their effects T(u), scaled units (docs/theory.md).

    Attributes:
        past: (batch, time, channel) effects of the rows of the window.
        ahead: (batch, horizon, channel) effects of the target rows, of what is known of them in advance.
        told_past: (batch, time, channel) share of ``past`` that is not of the calendar; None if all of it is.
        told_ahead: (batch, horizon, channel) the same of ``ahead``.
        doubt: (batch, horizon, channel) standard deviation of the effects that are expected, not known, since a value
            that should be known in advance is missing; None if none is.
        columns: (batch, horizon, column) what all series are told of the target rows as it is: standardised covariates
            and indicators of classes, 0 where not known; None if there is nothing.
        static: (batch, feature) facts of the series of each window; None unless windows are of one series each.
        phases: (batch, horizon) int64 time of the day, week or year of the target rows; None if it is not known.
    """

    past: Tensor
    ahead: Tensor
    told_past: Tensor | None = None
    told_ahead: Tensor | None = None
    doubt: Tensor | None = None
    columns: Tensor | None = None
    static: Tensor | None = None
    phases: Tensor | None = None

    def to(self, device: torch.device) -> "WindowEffects":
        """Return the effects on ``device``."""
        return self.map(lambda tensor: tensor.to(device))

    @classmethod
    def joined(cls, batches: Sequence["WindowEffects"]) -> "WindowEffects":
        """Join batches, which have or lack the same fields."""
        there = batches[0].there
        return cls(**{name: torch.cat([getattr(batch, name) for batch in batches]) for name in there})

    @property
    def there(self) -> tuple[str, ...]:
        """Names of the fields that are not None."""
        return tuple(each.name for each in fields(self) if getattr(self, each.name) is not None)

    def map(self, change: Callable[[Tensor], Tensor]) -> "WindowEffects":
        """Return the effects with each tensor changed."""
        there = {each.name: getattr(self, each.name) for each in fields(self)}
        return WindowEffects(**{name: change(tensor) for name, tensor in there.items() if tensor is not None})

    @property
    def families(self) -> tuple[tuple[Tensor, Tensor], ...]:
        """``past`` and ``ahead`` of all effects, and of those that are not of the calendar, if there are some."""
        whole = (self.past, self.ahead)
        if self.told_past is None or self.told_ahead is None:
            return (whole,)
        return whole, (self.told_past, self.told_ahead)

    def moved_by(self, change: "WindowEffects") -> "WindowEffects":
        """Return the effects plus ``change``; what this lacks stays as it is."""
        moved = {each.name: (getattr(self, each.name), getattr(change, each.name)) for each in fields(self)}
        return WindowEffects(**{name: own if more is None else own + more for name, (own, more) in moved.items()})

    @property
    def told(self) -> Tensor | None:
        """(batch, horizon, channel) ``told_ahead`` minus the mean of ``told_past`` in the window."""
        if self.told_past is None or self.told_ahead is None:
            return None
        return self.told_ahead - self.told_past.mean(1, keepdim=True)


@dataclass(frozen=True, slots=True)
class OwnForecast:
    """What models of each series alone expect of the target rows, scaled units.

    Attributes:
        mean: (batch, horizon, channel), NaN where they expect nothing.
        deviation: (batch, horizon, channel) standard deviation, at least 0.
        history: (batch,) int64 class of how much of the past they have read.
    """

    mean: Tensor
    deviation: Tensor
    history: Tensor

    def part(self, windows: slice) -> "OwnForecast":
        """Return that of some windows."""
        return OwnForecast(self.mean[windows], self.deviation[windows], self.history[windows])

    def to(self, device: torch.device) -> "OwnForecast":
        """Return it on ``device``."""
        return OwnForecast(self.mean.to(device), self.deviation.to(device), self.history.to(device))


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of windows, in scaled units.

    Attributes:
        x: (batch, time, channel), NaN where missing.
        y: (batch, horizon, channel), NaN where missing or outside the part.
        labels: (batch, factor) int64 label indices at the last step of the window, -1 where missing.
        sample: which channels of the panel these are; None for all channels.
        known: (factor,) share of labelled windows in the whole batch, at least that of one window, if this is a rank's
            share of a batch; None if it is a whole batch.
        effects: what the table says of the rows; None for a model without effects.
        own: forecasts by models of each series alone; None for a model without them, and in training.
    """

    x: Tensor
    y: Tensor
    labels: Tensor
    sample: ChannelSample | None = None
    known: Tensor | None = None
    effects: WindowEffects | None = None
    own: OwnForecast | None = None

    @property
    def share(self) -> float:
        """Share of the panel's channels in the batch."""
        return 1.0 if self.sample is None else self.sample.share

    @property
    def residual(self) -> Tensor:
        """(batch, time, channel) the windows minus the effects of their rows."""
        return self.x if self.effects is None else self.x - self.effects.past

    def part(self, windows: slice) -> "Batch":
        """Return some of the windows of a whole batch."""
        effects = None if self.effects is None else self.effects.map(lambda tensor: tensor[windows])
        own = None if self.own is None else self.own.part(windows)
        return Batch(self.x[windows], self.y[windows], self.labels[windows], self.sample, effects=effects, own=own)

    @classmethod
    def joined(cls, batches: Sequence["Batch"]) -> "Batch":
        """Join whole batches of all channels without own models, whose effects have or lack the same fields."""
        effects = [batch.effects for batch in batches if batch.effects is not None]
        x, y, labels = (torch.cat([getattr(batch, name) for batch in batches]) for name in ("x", "y", "labels"))
        return cls(x, y, labels, effects=WindowEffects.joined(effects) if effects else None)

    def to(self, device: torch.device) -> "Batch":
        """Return the batch on ``device``; the sample is not moved."""
        effects = None if self.effects is None else self.effects.to(device)
        own = None if self.own is None else self.own.to(device)
        x, y, labels = self.x.to(device), self.y.to(device), self.labels.to(device)
        return Batch(x, y, labels, self.sample, effects=effects, own=own)


class WindowSource(Protocol):
    """Windows that are read by index."""

    def __len__(self) -> int:
        """Return the number of windows."""

    def batch(self, index: Tensor, sample: ChannelSample | None = None) -> Batch:
        """Return the windows at ``index``, (batch,) int64, with all or a sample of the channels."""


@dataclass(frozen=True, slots=True)
class ClassPosterior:
    """q(c|x), if b is the class itself, one-hot.

    Attributes:
        log_probability: log q(c|x), (batch, marginal), with the classes of all factors side by side.
    """

    log_probability: Tensor

    @property
    def mean(self) -> Tensor:
        """Mean of the one-hot code, (batch, marginal): the probabilities."""
        return self.log_probability.exp()

    @property
    def stddev(self) -> Tensor:
        """Standard deviation of each entry of the one-hot code, (batch, marginal)."""
        mean = self.mean
        return (mean * (1.0 - mean)).clamp(min=0.0).sqrt()


class ReadNormal(Normal):
    """q(b|x) around the mean of the centres under q(c|x), which a classifier gives; it keeps q(c|x).

    Args:
        log_classes: log q(c|x) of each factor, (batch, class).
        loc: (batch, marginal) mean of b.
        scale: (batch, marginal) its standard deviation.
    """

    def __init__(self, log_classes: tuple[Tensor, ...], loc: Tensor, scale: Tensor) -> None:
        super().__init__(loc, scale, validate_args=False)
        self.log_classes = log_classes


MarginalPosterior = Normal | ClassPosterior


@dataclass(frozen=True, slots=True)
class Posteriors:
    """The posteriors of the code.

    Attributes:
        b: q(b|x), (batch, marginal): independent normals, or the class itself.
        a: q(a|x,b), independent normals, (batch, conditional), given a value of b.
    """

    b: MarginalPosterior
    a: Normal


@dataclass(frozen=True, slots=True)
class Code:
    """A value of the code, the input of decoder and forecaster.

    Attributes:
        a: (batch, conditional).
        b: (batch, marginal).
        classes: class probabilities of each factor, (batch, class).
    """

    a: Tensor
    b: Tensor
    classes: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """The outputs of the network for a batch and one draw of the code, without reconstruction.

    Attributes:
        code: the draw; a is 0 where the forecaster does not read it.
        attention: (batch, head, factor) weight of each factor in the fusion.
        forecast: p(y|a,b,x), (batch, horizon, channel), scaled units.
    """

    code: Code
    attention: Tensor
    forecast: Distribution


@dataclass(frozen=True, slots=True)
class Outputs(Prediction):
    """All outputs of the network for a batch and one draw of the code.

    Attributes:
        code: the draw, a too.
        q_a: q(a|x,b), independent normals, (batch, conditional).
        q_b: q(b|x).
        reconstruction: p(x|a,b), (batch, time, channel), scaled units.
    """

    q_a: Normal
    q_b: MarginalPosterior
    reconstruction: Distribution

    @property
    def posteriors(self) -> Posteriors:
        """The posteriors that the code was drawn from."""
        return Posteriors(self.q_b, self.q_a)

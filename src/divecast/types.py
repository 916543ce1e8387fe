"""Frozen containers that travel between the rooms.

One-letter tensors, here and everywhere else:

* ``x`` input window, (batch, time, channel)
* ``y`` future values, (batch, horizon, channel)
* ``a`` conditional code, (batch, conditional)
* ``b`` marginal code, (batch, marginal): the blocks of all factors side by side
* ``z`` the whole code ``[a, b]``

Missing values are NaN in ``x`` and ``y`` and -1 in ``labels``.
"""

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.distributions import Distribution, Normal


@dataclass(frozen=True, slots=True)
class ChannelSample:
    """Some channels of a panel that stand for all of them.

    Attributes:
        index: (sampled,) int64 numbers of the channels, rising.
        n_channels: channels of the panel.
    """

    index: Tensor
    n_channels: int

    @property
    def share(self) -> float:
        """Share of the channels that is in the sample."""
        return len(self.index) / self.n_channels


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch of windows, in scaled units.

    Attributes:
        x: (batch, time, channel), NaN where missing.
        y: (batch, horizon, channel), NaN where missing or outside the part.
        labels: (batch, factor) int64 class indices at the last step of the window, -1 where missing.
        sample: which channels of the panel these are; None where they are all of them.
        known: of a share of a batch, (factor,) share of the windows of the whole batch with a label, at least one's;
            None where this is the whole.
    """

    x: Tensor
    y: Tensor
    labels: Tensor
    sample: ChannelSample | None = None
    known: Tensor | None = None

    @property
    def share(self) -> float:
        """Share of the panel's channels that is in the batch."""
        return 1.0 if self.sample is None else self.sample.share

    def to(self, device: torch.device) -> "Batch":
        """Move every tensor to ``device``; the sample stays where it is."""
        return Batch(self.x.to(device), self.y.to(device), self.labels.to(device), self.sample)


class WindowSource(Protocol):
    """Windows that can be asked for by index."""

    def __len__(self) -> int:
        """Return the number of windows."""

    def batch(self, index: Tensor, sample: ChannelSample | None = None) -> Batch:
        """Return the windows at ``index``, (batch,) int64, with all channels or a sample of them."""


@dataclass(frozen=True, slots=True)
class ClassPosterior:
    """q(c|x) where b is the class itself, one-hot.

    Attributes:
        log_probability: log q(c|x), (batch, marginal): the classes of all factors side by side.
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


MarginalPosterior = Normal | ClassPosterior


@dataclass(frozen=True, slots=True)
class Posteriors:
    """What the encoder says of a window.

    Attributes:
        b: q(b|x), (batch, marginal): independent normals, or the class itself.
        a: q(a|x,b), independent normals, (batch, conditional), for the b it was asked with.
    """

    b: MarginalPosterior
    a: Normal


@dataclass(frozen=True, slots=True)
class Code:
    """One value of the code, as the decoder and the forecaster take it.

    Attributes:
        a: (batch, conditional).
        b: (batch, marginal).
        classes: for each factor its class probabilities, (batch, class).
    """

    a: Tensor
    b: Tensor
    classes: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the network says of a batch for one draw of the code, without giving the window back.

    Attributes:
        q_a: q(a|x,b), independent normals, (batch, conditional).
        code: the draw.
        attention: (batch, head, factor) weight of every factor's token in the fusion.
        forecast: p(y|a,b,x), (batch, horizon, channel), scaled units.
    """

    q_a: Normal
    code: Code
    attention: Tensor
    forecast: Distribution


@dataclass(frozen=True, slots=True)
class Outputs(Prediction):
    """All that the network says of a batch for one draw of the code.

    Attributes:
        q_b: q(b|x).
        reconstruction: p(x|a,b), (batch, time, channel), scaled units.
    """

    q_b: MarginalPosterior
    reconstruction: Distribution

    @property
    def posteriors(self) -> Posteriors:
        """Both, as the code was drawn from them."""
        return Posteriors(self.q_b, self.q_a)

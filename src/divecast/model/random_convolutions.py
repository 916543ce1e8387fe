"""Fixed random convolutions of a window: by them a linear map tells movements apart as well as deep networks do."""

import itertools
import math

import numpy as np
import torch
from torch import Tensor, nn

from divecast.model.blocks import observed
from divecast.model.fixed_features import MIXED, FixedFeatures

_LENGTH, _RAISED = 9, 3
N_KERNELS = math.comb(_LENGTH, _RAISED)
_DILATIONS, _THRESHOLDS = 8, 2  # most of each; our choice: six thresholds read no more of motion
_VIEWS = 2
_NEAR = 16  # responses on each side
_SMALLEST = 1e-3  # spread, in scaled units, below which a channel counts as constant in a window


class RandomConvolutions(FixedFeatures):
    """For each kernel and threshold the share of steps whose response is above it (MiniRocket, Dempster et al. 2021).

    The kernels are all of length 9 that have three weights of 2 and six of -1, each at several dilations and over a
    random choice of channels; thresholds are quantiles of the responses to training windows. Two views are read (our
    addition): the window in scaled units, which tells how strong a movement is, and each channel in units of its own
    spread in the window, which tells its shape.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
    """

    at_once = 32
    channels: Tensor
    thresholds: Tensor
    kernels: Tensor

    def __init__(self, lookback: int, n_channels: int) -> None:
        super().__init__()
        reach = max(1.0, (lookback - 1) / (_LENGTH - 1))
        self.dilations = sorted({int(reach ** (number / (_DILATIONS - 1))) for number in range(_DILATIONS)})
        shape = (len(self.dilations), N_KERNELS)
        self.register_buffer("channels", torch.zeros(*shape, n_channels, dtype=torch.bool))
        self.register_buffer("thresholds", torch.zeros(_VIEWS, *shape, _THRESHOLDS))
        raised = torch.tensor([*itertools.combinations(range(_LENGTH), _RAISED)])
        kernels = torch.full((N_KERNELS, _LENGTH), -1.0).scatter_(1, raised, 2.0)
        self.register_buffer("kernels", kernels, persistent=False)
        self.n_features = self.thresholds.numel()

    def draw(self, x: Tensor) -> None:
        """Choose channels and thresholds in place, from the random state.

        Args:
            x: (window, time, channel) some training windows, scaled units, NaN where missing.
        """
        n_channels = x.shape[2]
        most = math.log2(min(n_channels, MIXED) + 1)
        n_mixed = torch.exp2(most * torch.rand(self.channels.shape[:2])).int()
        rank = torch.rand(self.channels.shape).argsort(2).argsort(2)
        self.channels.copy_(rank < n_mixed[..., None])
        # Quantiles that are spread evenly, however many thresholds are taken: multiples of the golden ratio.
        levels = (torch.arange(1.0, N_KERNELS * _THRESHOLDS + 1.0) * (math.sqrt(5.0) - 1.0) / 2.0) % 1.0
        for view, values in enumerate(_views(x)):
            for number in range(len(self.dilations)):
                responses = self._responses(values, number).transpose(0, 1).flatten(1).cpu().numpy()
                seen = torch.from_numpy(np.sort(responses, axis=1))  # six times as fast as torch's
                place = (levels.view(N_KERNELS, -1) * (seen.shape[1] - 2)).long()
                self.thresholds[view, number] = _widest_gap(seen, place)

    def _features(self, x: Tensor) -> Tensor:
        found = []
        for view, values in enumerate(_views(x)):
            for number, dilation in enumerate(self.dilations):
                response, threshold = self._responses(values, number), self.thresholds[view, number]
                edge = dilation * (_LENGTH // 2) if x.shape[1] >= _LENGTH else 0
                # Every other kernel sees the window as if it went on with zeros; the rest keep within it, if they can.
                kept = response[:, 1::2, edge : response.shape[2] - edge]
                for part, limits in ((response[:, ::2], threshold[::2]), (kept, threshold[1::2])):
                    above = torch.empty_like(part)  # without it, half of the time goes into new memory
                    found += [torch.gt(part, limits[:, i : i + 1], out=above).mean(2) for i in range(_THRESHOLDS)]
        return torch.cat(found, dim=1)

    def _responses(self, values: Tensor, number: int) -> Tensor:
        """Return (batch, kernel, time) responses of the kernels of a dilation."""
        dilation = self.dilations[number]
        weight = self.channels[number][..., None] * self.kernels[:, None]
        return nn.functional.conv1d(values, weight, padding=dilation * (_LENGTH // 2), dilation=dilation)


def _widest_gap(seen: Tensor, place: Tensor) -> Tensor:
    """Return the middle of the widest gap between sorted responses, (kernel, response), near places of them.

    At a response rounding would decide, and windows that overlap have the same ones.
    """
    near = place[..., None] + torch.arange(-_NEAR, _NEAR + 1)
    near = near.clamp(0, seen.shape[1] - 2).flatten(1)
    low, high = (seen.gather(1, at).view(*place.shape, -1) for at in (near, near + 1))
    widest = (high - low).argmax(-1, keepdim=True)
    return ((low + high) / 2.0).gather(-1, widest)[..., 0]


def _views(x: Tensor) -> tuple[Tensor, Tensor]:
    """Return the two views, (batch, channel, time); a missing value is the mean."""
    known = observed(x)
    seen = torch.ones_like(x) if known is None else known.to(x.dtype)
    filled = x if known is None else torch.where(known, x, 0.0)
    n_seen = seen.sum(1, keepdim=True).clamp(min=1.0)
    centred = (filled - filled.sum(1, keepdim=True) / n_seen) * seen
    spread = (centred.square().sum(1, keepdim=True) / n_seen).sqrt()
    return filled.transpose(1, 2), (centred / spread.clamp(min=_SMALLEST)).transpose(1, 2)

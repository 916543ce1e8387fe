"""Fixed groups of random kernels that compete at every step: what wins where tells one movement from another."""

import torch
from torch import Tensor, nn

from divecast.model.blocks import observed
from divecast.model.fixed_features import MIXED, FixedFeatures

_LENGTH, _KERNELS = 9, 8
_GROUPS = 16  # our choice: twice as many read no more of motion
_VIEWS = 2
_LEAST = 1e-3  # response, in scaled units; of nothing but rounding none is the smallest


class CompetingKernels(FixedFeatures):
    """How often, and how strongly, each kernel responds most within its group (Hydra, Dempster et al. 2023).

    Groups of eight random kernels of length 9, which sum to 0, see the sum of some channels at several dilations. At
    each step the kernel with the largest response of its group gives this response, and the one with the smallest, if
    it is below 0, is counted; features are the square roots of the means over time. Two views are read: the window in
    scaled units, and its differences from step to step.

    Args:
        lookback: steps of the window.
        n_channels: channels of the window.
    """

    at_once = 8
    channels: Tensor
    kernels: Tensor

    def __init__(self, lookback: int, n_channels: int) -> None:
        super().__init__()
        self.dilations = [1]
        while 2 * self.dilations[-1] * (_LENGTH - 1) < lookback:
            self.dilations.append(2 * self.dilations[-1])
        shape = (_VIEWS, len(self.dilations), _GROUPS)
        self.register_buffer("channels", torch.zeros(*shape, n_channels))
        self.register_buffer("kernels", torch.zeros(*shape, _KERNELS, _LENGTH))
        self.n_features = 2 * _VIEWS * len(self.dilations) * _GROUPS * _KERNELS

    def draw(self) -> None:
        """Choose kernels and channels in place, from the random state."""
        n_channels = self.channels.shape[-1]
        n_summed = min(MIXED, max(1, n_channels // 2))
        rank = torch.rand(self.channels.shape).argsort(3).argsort(3)
        self.channels.copy_((rank < n_summed).float())
        kernels = torch.randn(self.kernels.shape)
        kernels -= kernels.mean(-1, keepdim=True)
        self.kernels.copy_(kernels / kernels.abs().sum(-1, keepdim=True))

    def _features(self, x: Tensor) -> Tensor:
        known = observed(x)
        filled = (x if known is None else torch.where(known, x, 0.0)).transpose(1, 2)
        found = []
        for view, values in enumerate((filled, nn.functional.pad(filled.diff(dim=2), (1, 0)))):
            for number, dilation in enumerate(self.dilations):
                summed = self.channels[view, number] @ values
                kernels, padding = self.kernels[view, number].flatten(0, 1)[:, None], dilation * (_LENGTH // 2)
                response = nn.functional.conv1d(summed, kernels, padding=padding, dilation=dilation, groups=_GROUPS)
                response = response.unflatten(1, (_GROUPS, _KERNELS))
                largest, smallest = response.amax(2, keepdim=True), response.amin(2, keepdim=True)
                hits = torch.empty_like(response)  # into which comparisons are several times as fast
                won = torch.eq(response, largest, out=hits).mul_(response).mean(3)
                counted = torch.eq(response, smallest, out=hits).mul_(smallest < -_LEAST).mean(3)
                found += [won.flatten(1), counted.flatten(1)]
        return torch.cat(found, dim=1).clamp(min=0.0).sqrt()

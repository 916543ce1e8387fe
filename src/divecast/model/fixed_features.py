"""What fixed features of a window, which are drawn and not trained, have in common."""

from typing import ClassVar

import torch
from torch import Tensor, nn

MIXED = 9  # most channels that a kernel adds up


class FixedFeatures(nn.Module):
    """Features of windows, read a few windows at a time.

    A subclass has ``n_features``, and reads the features of a part in ``_features``.
    """

    n_features: int
    at_once: ClassVar[int]
    """Windows of a part, whose responses stay near the processor."""

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        """Map (batch, time, channel), scaled units, NaN where missing, to (batch, feature), which has no gradient."""
        if torch.compiler.is_exporting():
            return self._features(x)
        return torch.cat([self._features(part) for part in x.split(self.at_once)])

    def _features(self, x: Tensor) -> Tensor:
        raise NotImplementedError

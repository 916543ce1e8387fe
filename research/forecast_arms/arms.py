"""Ways to fit that are no part of the library: each replaces a piece of it while a model is fitted and forecasts."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from unittest.mock import patch

import torch
from torch import Tensor

from divecast import CodeConfig, ModelConfig
from divecast._device import drawn
from divecast.inference import fitted_model
from divecast.model.fusion import Fusion
from divecast.model.network import Dimensions, Network
from divecast.train import loop
from divecast.train.checkpoint import FitState
from divecast.types import Code


class OwnFusion(Network):
    """A network whose forecaster reads the code by a fusion of its own, and a without a gradient to it.

    The reconstruction then shares nothing with the forecast, which is what a third player would be.
    """

    def __init__(self, dimensions: Dimensions, config: ModelConfig) -> None:
        super().__init__(dimensions, config)
        sizes = self.marginal.block_sizes
        n_classes = dimensions.n_classes if sizes else ()
        self.own_fusion = drawn("own fusion", Fusion, self.n_conditional, n_classes, sizes, config.decoder)

    def fuse_for_forecast(self, code: Code) -> tuple[Tensor, Tensor]:
        """Return what the forecaster reads of a code, (batch, width), and the weights of the factors."""
        read = self._without_movement(code)
        fused: tuple[Tensor, Tensor] = self.own_fusion(replace(read, a=read.a.detach()))
        return fused


class AveragedRun(loop._Run):
    """A fit that validates and keeps a running mean of its weights.

    The mean is that of polynomial decay (Shamir and Zhang 2013): it forgets all but about the last tenth of the steps,
    however many they are.
    """

    decay = 9.0

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.weights: list[Tensor] = list(self.network.parameters())
        self.mean = [each.detach().clone() for each in self.weights]

    @torch.no_grad()
    def _one_batch(self, *args: Any) -> FitState:
        with torch.enable_grad():
            state = super()._one_batch(*args)
        share = min(1.0, (self.decay + 1.0) / (state.step + self.decay))
        torch._foreach_lerp_(self.mean, [each.detach() for each in self.weights], share)
        return state

    @torch.no_grad()
    def _close_epoch(self, state: FitState, began: float) -> FitState:
        last = [each.detach().clone() for each in self.weights]
        torch._foreach_copy_(self.weights, self.mean)
        closed = super()._close_epoch(state, began)
        torch._foreach_copy_(self.weights, last)
        return closed


@dataclass(frozen=True, slots=True)
class Arm:
    """An arm: what a table calls it, what the forecaster reads, and what is replaced meanwhile."""

    about: str
    code: CodeConfig
    patched: Callable[[], AbstractContextManager[Any]] = nullcontext


_READS_A = CodeConfig(forecaster="code")
ARMS = {
    "default": Arm("the forecaster reads b alone", CodeConfig()),
    "a": Arm("it reads a as well, by the fusion of the reconstruction", _READS_A),
    "own-fusion": Arm(
        "it reads a as well, by a fusion of its own, without a gradient to a",
        _READS_A,
        partial(patch.object, fitted_model, "Network", OwnFusion),
    ),
    "averaged": Arm(
        "b alone; the mean of the weights is kept in place of the last ones",
        CodeConfig(),
        partial(patch.object, loop, "_Run", AveragedRun),
    ),
}

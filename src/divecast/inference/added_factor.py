"""Factors that a fitted model has learned after its fit: they are inferred, and the forecast does not know them."""

from dataclasses import dataclass

import torch
from torch.distributions import Normal

from divecast._device import own_random_state
from divecast.config import ModelConfig
from divecast.data import Label, Vocabulary
from divecast.model.marginal import RBFBlocks
from divecast.model.network import Dimensions, Network
from divecast.model.prior import MarginalPrior
from divecast.types import Batch


@dataclass(frozen=True, eq=False, slots=True)
class AddedFactor:
    """A factor with a block of its own, outside the network: neither fusion nor forecaster reads it.

    Attributes:
        factor: the label column.
        vocabulary: its classes, and their frequencies among the examples.
        path: encoder and prior of the block, in evaluation mode.
        n_examples: number of labelled windows that it learned from.
    """

    factor: Label
    vocabulary: Vocabulary
    path: RBFBlocks
    n_examples: int

    def infer(self, batch: Batch) -> Normal:
        """Return q(b|x) of the block."""
        return infer_block(self.path, batch)

    def to(self, device: torch.device) -> "AddedFactor":
        """Return the factor with its block on a device."""
        return AddedFactor(self.factor, self.vocabulary, self.path.to(device), self.n_examples)


def path_of(
    dimensions: Dimensions, config: ModelConfig, vocabulary: Vocabulary, network: Network, seed: int
) -> RBFBlocks:
    """Return the untrained block of a factor; its encoder also reads the fitted features of a, which do not change."""
    with own_random_state(seed):
        prior = MarginalPrior((vocabulary.kind,), (vocabulary.frequencies,), config.code)
        path = RBFBlocks((dimensions.lookback, dimensions.n_channels), prior, config.encoder)
        if network.conditional is not None:
            path.borrow(network.conditional.features, config.encoder)
    return path


def infer_block(path: RBFBlocks, batch: Batch) -> Normal:
    """Return q(b|x) of a block: its own features read the windows, those of a the residuals, as a does."""
    posterior: Normal = path.encoder(batch.x, batch.residual)
    return posterior

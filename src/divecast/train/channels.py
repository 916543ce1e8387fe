"""A step on a sample of the channels: which channels, and the network of these alone.

For the step, slices of the parameters for the sampled channels replace the whole parameters. Gradients reach the whole
parameters through the slices and are zero for all other channels.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn
from torch.func import functional_call

from divecast.config import LossConfig, ModelConfig, TrainingConfig
from divecast.model.network import Dimensions, Network
from divecast.train.player_loss import PlayerLoss, player_loss
from divecast.train.schedule import Turn
from divecast.types import Batch, ChannelSample


@dataclass(frozen=True, slots=True)
class ChannelAxis:
    """The channel axis of a parameter or buffer.

    Attributes:
        axis: its number.
        repeats: how often all channels are repeated along it.
    """

    axis: int
    repeats: int


@dataclass(frozen=True, slots=True)
class ChannelAxes:
    """Where the channels of a panel lie in a network.

    Attributes:
        n_channels: channels of the panel.
        axes: channel axis of each parameter or buffer that has one.
    """

    n_channels: int
    axes: Mapping[str, ChannelAxis]

    @classmethod
    def of(cls, dimensions: Dimensions, config: ModelConfig) -> "ChannelAxes":
        """Find the axes that grow with the number of channels, from networks on the meta device."""
        few, more = (
            _shapes(replace(dimensions, n_channels=n), config)
            for n in (dimensions.n_channels, dimensions.n_channels + 1)
        )
        axes = {}
        for name, shape in few.items():
            sizes = enumerate(zip(shape, more[name], strict=True))
            grown = [ChannelAxis(axis, larger - size) for axis, (size, larger) in sizes if larger > size]
            if grown:
                axes[name] = grown[0]
        return cls(dimensions.n_channels, axes)

    def cut(self, network: Network, sample: ChannelSample) -> dict[str, Tensor]:
        """Return slices of the parameters and buffers for the sampled channels, differentiable, by name."""
        tensors = dict(network.named_parameters()) | dict(network.named_buffers())
        slices = {}
        for name, channel_axis in self.axes.items():
            index = sample.index.to(tensors[name].device)
            places = torch.cat([index + repeat * self.n_channels for repeat in range(channel_axis.repeats)])
            slices[name] = tensors[name].index_select(channel_axis.axis, places)
        return slices


def draw_channels(n_channels: int, most: int, seed: int, step: int) -> ChannelSample:
    """Return the channels of a step.

    Steps come in rounds. Each round splits a new random order of all channels into one sample per step, so every
    channel is used once per round. The result depends on the arguments alone.

    Args:
        n_channels: channels of the panel.
        most: maximum number of channels per step.
        seed: random seed of the orders.
        step: number of the step.
    """
    per_round = -(-n_channels // most)
    number, part = divmod(step, per_round)
    generator = torch.Generator().manual_seed(spread_seed(seed, -2 - number))
    order = torch.randperm(n_channels, generator=generator)
    return ChannelSample(order.tensor_split(per_round)[part].sort().values, n_channels)


def spread_seed(seed: int, number: int) -> int:
    """Return a seed of 63 bits from (seed, number), such that neighbouring numbers give unrelated random draws."""
    return ((seed * 0x9E3779B97F4A7C15) ^ (number * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB)) & (2**63 - 1)


def sampled_player_loss(
    turn: Turn, network: Network, axes: ChannelAxes, batch: Batch, training: TrainingConfig, weights: LossConfig
) -> PlayerLoss:
    """Return the losses of a turn on a batch of sampled channels; see ``player_loss``.

    Args:
        turn: which player's turn it is.
        network: of all channels, in training mode.
        axes: channel axes of the network.
        batch: windows with the sampled channels; without a sample, with all channels.
        training: as in ``player_loss``.
        weights: weights of the loss terms.
    """
    if batch.sample is None:
        return player_loss(turn, network, batch, training, weights)
    slices = {f"network.{name}": tensor for name, tensor in axes.cut(network, batch.sample).items()}
    loss: PlayerLoss = functional_call(_PlayerLossModule(network), slices, (turn, batch, training, weights))
    return loss


class _PlayerLossModule(nn.Module):
    """``player_loss`` as a module, so that ``functional_call`` can replace its parameters."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network
        self.training = network.training

    def forward(self, turn: Turn, batch: Batch, training: TrainingConfig, weights: LossConfig) -> PlayerLoss:
        return player_loss(turn, self.network, batch, training, weights)


def _shapes(dimensions: Dimensions, config: ModelConfig) -> dict[str, torch.Size]:
    with torch.device("meta"):
        network = Network(dimensions, config)
    return {name: each.shape for name, each in (*network.named_parameters(), *network.named_buffers())}

"""A step on a sample of the channels: which ones, and the network of these alone.

The parameters of the sampled channels are cut out of the whole ones and put in their place for the step; gradients
reach the whole ones through the cut, zero for every other channel.
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
class ChannelAxes:
    """Where the channels of a panel lie in a network.

    Attributes:
        n_channels: channels of the panel.
        axes: for each parameter or buffer that has one, its axis of channels and how often they follow one another
            on it.
    """

    n_channels: int
    axes: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, dimensions: Dimensions, config: ModelConfig) -> "ChannelAxes":
        """Find the axes that grow with the number of channels, on networks without memory."""
        few, more = (
            _shapes(replace(dimensions, n_channels=n), config)
            for n in (dimensions.n_channels, dimensions.n_channels + 1)
        )
        axes = {}
        for name, shape in few.items():
            grown = [(axis, b - a) for axis, (a, b) in enumerate(zip(shape, more[name], strict=True)) if b > a]
            if grown:
                axes[name] = grown[0]
        return cls(dimensions.n_channels, axes)

    def cut(self, network: Network, sample: ChannelSample) -> dict[str, Tensor]:
        """Return the parameters and buffers of the sampled channels, by name, with gradients to the whole ones."""
        everything = dict(network.named_parameters()) | dict(network.named_buffers())
        found = {}
        for name, (axis, copies) in self.axes.items():
            whole = everything[name]
            index = sample.index.to(whole.device)
            places = torch.cat([index + copy * self.n_channels for copy in range(copies)])
            found[name] = whole.index_select(axis, places)
        return found


def draw_channels(n_channels: int, most: int, seed: int, step: int) -> ChannelSample:
    """Return the channels of a step: every round of steps cuts another random order of all channels into samples.

    Args:
        n_channels: channels of the panel.
        most: channels a step, at most.
        seed: of the orders.
        step: number of the step; nothing else is remembered.
    """
    per_round = -(-n_channels // most)
    number, part = divmod(step, per_round)
    generator = torch.Generator().manual_seed(spread_seed(seed, -2 - number))
    order = torch.randperm(n_channels, generator=generator)
    return ChannelSample(order.tensor_split(per_round)[part].sort().values, n_channels)


def spread_seed(seed: int, number: int) -> int:
    """Spread (seed, number) over 63 bits, so that neighbouring numbers draw unrelated noise."""
    return ((seed * 0x9E3779B97F4A7C15) ^ (number * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB)) & (2**63 - 1)


def sampled_turn_loss(
    turn: Turn, network: Network, axes: ChannelAxes, batch: Batch, settings: tuple[TrainingConfig, LossConfig]
) -> PlayerLoss:
    """Return the losses of a turn on a batch of sampled channels; see ``turn_loss``.

    Args:
        turn: whose.
        network: of all channels, in training mode.
        axes: of the network.
        batch: with its sample; without one it holds all channels.
        settings: ``training`` and ``weights`` of ``turn_loss``.
    """
    if batch.sample is None:
        return player_loss(turn, network, batch, *settings)
    cut = {f"network.{name}": part for name, part in axes.cut(network, batch.sample).items()}
    loss: PlayerLoss = functional_call(_Turned(network), cut, (turn, batch, *settings))
    return loss


class _Turned(nn.Module):
    """The losses of a turn as a module, in which tensors can stand in for parameters."""

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

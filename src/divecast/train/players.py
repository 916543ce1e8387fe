"""Players: sets of parameters, each with its own optimiser."""

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from divecast.config import Combine, TrainingConfig
from divecast.model.network import Network
from divecast.train.conflict.combine import combined_gradients
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.optimiser import AdamW
from divecast.train.schedule import Schedule, Turn


@dataclass(frozen=True, slots=True)
class Player:
    """Parameters that are updated together.

    Attributes:
        parameters: the player's parameters.
        optimiser: AdamW over these.
        clip: maximum gradient norm.
        combine: how the gradients of several losses are combined.
    """

    parameters: tuple[nn.Parameter, ...]
    optimiser: AdamW
    clip: float
    combine: Combine = "sum"

    def update(self, losses: Sequence[Tensor], learning_rate: float, ranks: Ranks = ALONE) -> None:
        """Take one step on ``losses``, summed over all ranks; other players' parameters get no gradients."""
        combined_gradients(losses, self.parameters, self.combine, ranks)
        nn.utils.clip_grad_norm_(self.parameters, self.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate
        self.optimiser.step()
        self.optimiser.zero_grad()


def _player(network: Network, parameters: list[nn.Parameter], config: TrainingConfig) -> Player:
    # Weight decay applies to the weights of layers only, not to scales, centres, embeddings or mixtures.
    layers = [m.weight for m in network.modules() if isinstance(m, nn.Linear | nn.Conv1d)]
    decayed = {id(weight) for weight in layers}
    groups = [
        {"params": [p for p in parameters if id(p) in decayed], "weight_decay": config.weight_decay},
        {"params": [p for p in parameters if id(p) not in decayed], "weight_decay": 0.0},
    ]
    optimiser = AdamW(groups, lr=config.learning_rate, fused=True)
    return Player(tuple(parameters), optimiser, config.clip, config.combine)


def build_players(network: Network, schedule: Schedule, config: TrainingConfig) -> dict[Turn, Player]:
    """Return the players of a schedule.

    Together they own all parameters of the network. Their parameters are disjoint if ``config.freeze`` is set; else
    the conditional player also updates those of the marginal player.
    """
    everything, owned = list(network.parameters()), list(network.marginal.parameters())
    if schedule.has_marginal and schedule.interleave == "joint":
        return {"joint": _player(network, everything, config)}
    ids = {id(p) for p in owned} if config.freeze else set()
    players: dict[Turn, Player] = {"conditional": _player(network, [p for p in everything if id(p) not in ids], config)}
    return {"marginal": _player(network, owned, config), **players} if owned else players

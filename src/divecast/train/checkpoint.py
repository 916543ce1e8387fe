"""The state of a fit as one artifact, and back: what is needed to go on as if nothing had happened.

Randomness needs no saving: every batch's draws come from the seed and the number of the batch.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor

from divecast.artifact import Artifact, read_artifact, write_artifact
from divecast.errors import ArtifactError
from divecast.model.network import Network
from divecast.train.history import EpochRecord, History
from divecast.train.interleave import Turn
from divecast.train.player import Player

SCHEMA = 1
KIND = "checkpoint"


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fit has come.

    Attributes:
        step: batches done.
        history: passes done.
        sums: running sums of the loss terms since the pass began.
        counts: batches in each sum.
        best: weights of the best pass so far, empty before the first.
    """

    step: int
    history: History
    sums: dict[str, float]
    counts: dict[str, int]
    best: dict[str, Tensor]


def save_checkpoint(
    path: Path, identity: dict[str, Any], network: Network, players: dict[Turn, Player], progress: Progress
) -> None:
    """Write a checkpoint.

    Args:
        path: the file.
        identity: what the fit is of (settings, seed, data fingerprint); resuming another fit is refused.
        network: with its weights.
        players: with their optimisers' moments.
        progress: how far it has come.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in progress.best.items()}
    for name, player in players.items():
        for index, state in player.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{name}.{index}.{key}": value for key, value in state.items()}
    document = {
        "identity": identity,
        "step": progress.step,
        "history": [asdict(record) for record in progress.history.records],
        "sums": progress.sums,
        "counts": progress.counts,
    }
    write_artifact(path, Artifact(KIND, SCHEMA, document, tensors))


def load_checkpoint(path: Path, identity: dict[str, Any], network: Network, players: dict[Turn, Player]) -> Progress:
    """Put a checkpoint's weights and moments in place and return how far it had come.

    Raises:
        ArtifactError: unreadable, or of another fit; the difference is named.
    """
    artifact = read_artifact(path, KIND, SCHEMA)
    _check_identity(path, artifact.document["identity"], identity)
    network.load_state_dict(_under("network.", artifact.tensors))
    for name, player in players.items():
        _load_optimiser(player, _under(f"optimiser.{name}.", artifact.tensors))
    history = History(tuple(EpochRecord(**record) for record in artifact.document["history"]))
    document = artifact.document
    best = _under("best.", artifact.tensors)
    return Progress(document["step"], history, document["sums"], document["counts"], best)


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _load_optimiser(player: Player, tensors: dict[str, Tensor]) -> None:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in tensors.items():
        index, key = name.split(".")
        state.setdefault(int(index), {})[key] = value
    groups = player.optimiser.state_dict()["param_groups"]
    player.optimiser.load_state_dict({"state": state, "param_groups": groups})


def _check_identity(path: Path, found: dict[str, Any], expected: dict[str, Any]) -> None:
    pairs = _differences("", found, json.loads(json.dumps(expected)))  # as it would lie in a file: tuples are lists
    if pairs:
        raise ArtifactError(
            f"{path} is the checkpoint of another fit ({'; '.join(pairs)}); give the same data and settings, "
            "or another checkpoint file"
        )


def _differences(name: str, found: Any, now: Any) -> list[str]:
    if isinstance(found, dict) and isinstance(now, dict):
        inner = [_differences(f"{name}.{key}", found.get(key), now.get(key)) for key in sorted({*found, *now})]
        return [text for texts in inner for text in texts]
    return [] if found == now else [f"{name.lstrip('.')}: checkpoint {found!r}, now {now!r}"]

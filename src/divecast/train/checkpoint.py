"""The state of a fit as one artifact, and back: what is needed to go on as if nothing had happened.

Randomness needs no saving: every batch's draws come from the seed and the number of the batch.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from divecast.errors import ArtifactError
from divecast.model.network import Network
from divecast.persistence.artifact import Artifact, read_artifact, under, write_artifact
from divecast.persistence.strict import as_artifact_error, as_json, check_like, check_understood
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.history import EpochRecord, History
from divecast.train.players import Player
from divecast.train.schedule import Turn

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


@dataclass(frozen=True, slots=True)
class _Done:
    """What the document says of the progress."""

    step: int
    history: tuple[EpochRecord, ...]
    sums: dict[str, float]
    counts: dict[str, int]


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


def load_checkpoint(
    path: Path, identity: dict[str, Any], network: Network, players: dict[Turn, Player], ranks: Ranks = ALONE
) -> Progress:
    """Put a checkpoint's weights and moments in place and return how far it had come; rank 0 reads the file for all.

    Raises:
        ArtifactError: unreadable, or of another fit; the difference is named.
    """
    artifact = ranks.once(lambda: read_artifact(path, KIND, SCHEMA))
    with as_artifact_error(path, KIND):
        _check_identity(path, artifact.document["identity"], identity)
        progress = _read_progress(artifact)
        _check_tensors(artifact.tensors, network, players, trained=bool(progress.history.records))
        network.load_state_dict(under("network.", artifact.tensors))
        for name, player in players.items():
            groups = player.optimiser.state_dict()["param_groups"]
            player.optimiser.load_state_dict({"state": _moments(name, artifact.tensors), "param_groups": groups})
    return progress


def _read_progress(artifact: Artifact) -> Progress:
    from pydantic import TypeAdapter

    plain = {name: value for name, value in artifact.document.items() if name != "identity"}
    done = TypeAdapter(_Done).validate_python(plain)
    check_understood(plain, as_json(asdict(done)))
    if done.step < 0 or done.sums.keys() != done.counts.keys() or any(count < 1 for count in done.counts.values()):
        raise ValueError(f"expected batches done and a count for each sum, got step {done.step} and {done.counts}")
    return Progress(done.step, History(done.history), done.sums, done.counts, under("best.", artifact.tensors))


def _check_tensors(tensors: dict[str, Tensor], network: Network, players: dict[Turn, Player], trained: bool) -> None:
    """Check the tensors against the network, and the optimisers' moments against their parameters."""
    expected = {f"network.{name}": value for name, value in network.state_dict().items()}
    if trained:
        expected |= {f"best.{name}": value for name, value in network.named_parameters()}
    for turn, player in players.items():
        owned = [parameter for group in player.optimiser.param_groups for parameter in group["params"]]
        for index in _moments(turn, tensors):
            moment = f"optimiser.{turn}.{index}"
            expected |= {f"{moment}.step": torch.tensor(0.0)}
            expected |= {f"{moment}.{name}": owned[index] for name in ("exp_avg", "exp_avg_sq")}
    check_like(tensors, expected)


def _moments(turn: Turn, tensors: dict[str, Tensor]) -> dict[int, dict[str, Tensor]]:
    state: dict[int, dict[str, Tensor]] = {}
    for name, value in under(f"optimiser.{turn}.", tensors).items():
        index, key = name.split(".")
        state.setdefault(int(index), {})[key] = value
    return state


def _check_identity(path: Path, found: dict[str, Any], expected: dict[str, Any]) -> None:
    pairs = _differences("", found, as_json(expected))  # as it would lie in a file: tuples are lists
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

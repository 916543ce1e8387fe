"""Checkpoints: the state of a fit as one artifact, from which it resumes with the same result.

No random state is saved, since the draws of a batch depend on the seed and its number alone.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from divecast.errors import ArtifactError
from divecast.model.network import Network
from divecast.persistence.adapters import adapter_of
from divecast.persistence.artifact import Artifact, read_artifact, under, write_artifact
from divecast.persistence.strict import as_artifact_error, as_json, check_like, check_understood
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.history import EpochRecord, History
from divecast.train.players import Player
from divecast.train.schedule import Turn

SCHEMA = 1
KIND = "checkpoint"


@dataclass(frozen=True, slots=True)
class FitState:
    """The state of a fit, apart from the network and the optimisers.

    Attributes:
        step: number of batches done.
        history: losses of the epochs done.
        sums: running sums of the loss terms in the current epoch.
        counts: batches in each sum.
        best: weights of the best epoch so far; empty before the first.
        mean: running mean of the weights; empty without ``average``.
    """

    step: int
    history: History
    sums: dict[str, float]
    counts: dict[str, int]
    best: dict[str, Tensor]
    mean: dict[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _StoredState:
    """The fields of ``FitState`` in the document."""

    step: int
    history: tuple[EpochRecord, ...]
    sums: dict[str, float]
    counts: dict[str, int]


def save_checkpoint(
    path: Path, identity: dict[str, Any], network: Network, players: dict[Turn, Player], state: FitState
) -> None:
    """Write a checkpoint.

    Args:
        path: path of the file.
        identity: settings, seed and fingerprint of the data; ``load_checkpoint`` refuses another identity.
        network: whose weights are saved.
        players: whose optimiser states are saved.
        state: the rest of the state.
    """
    tensors = {f"network.{name}": value for name, value in network.state_dict().items()}
    tensors |= {f"best.{name}": value for name, value in state.best.items()}
    tensors |= {f"mean.{name}": value for name, value in state.mean.items()}
    for name, player in players.items():
        for index, moments in player.optimiser.state_dict()["state"].items():
            tensors |= {f"optimiser.{name}.{index}.{key}": value for key, value in moments.items()}
    document = {
        "identity": identity,
        "step": state.step,
        "history": [asdict(record) for record in state.history.records],
        "sums": state.sums,
        "counts": state.counts,
    }
    write_artifact(path, Artifact(KIND, SCHEMA, document, tensors))


def load_checkpoint(
    path: Path,
    identity: dict[str, Any],
    network: Network,
    players: dict[Turn, Player],
    ranks: Ranks = ALONE,
    *,
    averaged: bool = False,
) -> FitState:
    """Load weights and optimiser states into ``network`` and ``players``, and return the rest of the state.

    Rank 0 reads the file for all ranks. If weights are ``averaged``, their running mean has to be there after a step.

    Raises:
        ArtifactError: the file cannot be read, or is the checkpoint of another fit; the message names the difference.
    """
    artifact = ranks.once(lambda: read_artifact(path, KIND, SCHEMA))
    with as_artifact_error(path, KIND):
        _check_identity(path, artifact.document["identity"], identity)
        state = _read_state(artifact)
        wanted = {"best": bool(state.history.records), "mean": averaged and state.step > 0}
        _check_tensors(artifact.tensors, network, players, [name for name, there in wanted.items() if there])
        network.load_state_dict(under("network.", artifact.tensors))
        for name, player in players.items():
            groups = player.optimiser.state_dict()["param_groups"]
            player.optimiser.load_state_dict({"state": _moments(name, artifact.tensors), "param_groups": groups})
    return state


def _read_state(artifact: Artifact) -> FitState:
    plain = {name: value for name, value in artifact.document.items() if name != "identity"}
    stored = adapter_of(_StoredState).validate_python(plain)
    check_understood(plain, as_json(asdict(stored)))
    counts = stored.counts
    if stored.step < 0 or stored.sums.keys() != counts.keys() or any(count < 1 for count in counts.values()):
        raise ValueError(f"expected a step >= 0 and a count >= 1 for each sum, got step {stored.step} and {counts}")
    best, mean = (under(prefix, artifact.tensors) for prefix in ("best.", "mean."))
    return FitState(stored.step, History(stored.history), stored.sums, counts, best, mean)


def _check_tensors(
    tensors: dict[str, Tensor], network: Network, players: dict[Turn, Player], copies: Sequence[str]
) -> None:
    """Check the tensors and copies of weights against the network, and the optimisers' moments likewise."""
    expected = {f"network.{name}": value for name, value in network.state_dict().items()}
    for prefix in copies:
        expected |= {f"{prefix}.{name}": value for name, value in network.named_parameters()}
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
    differences = _differences("", found, as_json(expected))
    if differences:
        raise ArtifactError(
            f"{path} is the checkpoint of another fit ({'; '.join(differences)})",
            hint="Use the same data and settings, or another {checkpoint}",
            argument="checkpoint",
        )


def _differences(name: str, stored: Any, now: Any) -> list[str]:
    if isinstance(stored, dict) and isinstance(now, dict):
        keys = sorted({*stored, *now})
        return [text for key in keys for text in _differences(f"{name}.{key}", stored.get(key), now.get(key))]
    return [] if stored == now else [f"{name.lstrip('.')}: checkpoint {stored!r}, now {now!r}"]

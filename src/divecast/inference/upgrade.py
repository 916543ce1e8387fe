"""Model files of older layouts, brought to the newest."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import torch

from divecast.persistence.artifact import Artifact

_FUSION = ("query.", "key_value.", "out.")


FORMER_DECODER = {"linear": "ridge", "standardise": False, "shrink": False, "n_mixtures": 0}
"""What a decoder did before these were settings, where today's defaults do better."""


def upgraded(artifact: Artifact) -> Artifact:
    """Return a model file as schema 6 has it.

    Schema 1 knew one use of labels and one fusion: the encoder of b and the prior lay apart, cross-attention lay in the
    fusion itself, and there was no joint prior of pairs. Schema 2 knew one linear start and gave the network windows as
    they are. Schema 3 had one share of the correction for all channels, in the last layer's weights, and missing
    labels counted in full from the first step. Schema 4 filled holes of windows by the last value alone. Schema 5
    forecast each channel from its own window and the code. Other settings they lack have the defaults of today, which
    are what they did.
    """
    if artifact.schema < 2:
        artifact = _with_one_marginal_path(artifact)
    if artifact.schema < 3:
        artifact = replace(_with_decoder(artifact, FORMER_DECODER), schema=3)
    if artifact.schema < 4:
        artifact = _with_shares(artifact)
    if artifact.schema < 5:
        artifact = replace(artifact, schema=5, document={**artifact.document, "season": 0})
    if artifact.schema < 6:
        artifact = replace(_with_decoder(artifact, {"n_mixtures": 0}), schema=6)
    return artifact


def _with_decoder(artifact: Artifact, former: Mapping[str, Any]) -> Artifact:
    """Add settings of the decoder that the file lacks."""
    config = dict(artifact.document["config"])
    config["decoder"] = {**former, **config["decoder"]}
    return replace(artifact, document={**artifact.document, "config": config})


def _with_shares(artifact: Artifact) -> Artifact:
    about = dict(artifact.document["about"])
    settings = dict(about["settings"])
    about["settings"] = settings | {"losses": {"unlabelled_rise": 0.0, **settings["losses"]}}
    shares = {"network.forecaster.shares": torch.ones(len(artifact.document["channels"]))}
    return replace(
        artifact, schema=4, document={**artifact.document, "about": about}, tensors=artifact.tensors | shares
    )


def _with_one_marginal_path(artifact: Artifact) -> Artifact:
    has_factors = bool(artifact.document["vocabularies"])
    tensors = {_renamed(name): tensor for name, tensor in artifact.tensors.items() if has_factors or _is_kept(name)}
    return replace(artifact, schema=2, document={**artifact.document, "couplings": []}, tensors=tensors)


def _renamed(name: str) -> str:
    for old, new in (("network.marginal.", "network.marginal.encoder."), ("network.prior.", "network.marginal.prior.")):
        if name.startswith(old):
            return new + name.removeprefix(old)
    part = name.removeprefix("network.fusion.")
    return f"network.fusion.join.{part}" if part != name and part.startswith(_FUSION) else name


def _is_kept(name: str) -> bool:
    """Tell whether a network without factors still has the tensor: it attends to nothing."""
    return not name.removeprefix("network.fusion.").startswith(_FUSION)

"""Model files of older layouts, brought to the newest."""

from dataclasses import replace

import torch

from divecast.artifact import Artifact

_FUSION = ("query.", "key_value.", "out.")


FORMER_DECODER = {"linear": "ridge", "standardise": False, "shrink": False}
"""What a decoder did before these were settings, where today's defaults do better."""


def upgraded(artifact: Artifact) -> Artifact:
    """Return a model file as schema 5 has it.

    Schema 1 knew one use of labels and one fusion: the encoder of b and the prior lay apart, cross-attention lay in the
    fusion itself, and there was no joint prior of pairs. Schema 2 knew one linear start and gave the network windows as
    they are. Schema 3 had one share of the correction for all channels, in the last layer's weights, and missing
    labels counted in full from the first step. Schema 4 filled holes of windows by the last value alone. Other settings
    they lack have the defaults of today, which are what they did.
    """
    if artifact.schema < 2:
        artifact = _with_one_marginal_path(artifact)
    if artifact.schema < 3:
        config = dict(artifact.document["config"])
        config["decoder"] = {**FORMER_DECODER, **config["decoder"]}
        artifact = replace(artifact, schema=3, document={**artifact.document, "config": config})
    if artifact.schema < 4:
        artifact = _with_shares(artifact)
    if artifact.schema < 5:
        artifact = replace(artifact, schema=5, document={**artifact.document, "season": 0})
    return artifact


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

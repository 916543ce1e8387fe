"""One file of tensors and JSON: safetensors, never pickle; written whole or not at all; checked when read.

The JSON document lies in the file's header beside a SHA-256 of it and of every tensor's bytes, so a flipped bit is
found as surely as a missing end. A stranger can make the checksum right for any content, so what reads a document
takes nothing in it for granted; see :mod:`divecast.persistence.strict`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from divecast.errors import ArtifactError
from divecast.persistence.atomic import replacing
from divecast.persistence.strict import as_artifact_error, parse_object
from divecast.persistence.version import __version__

_DOCUMENT, _DIGEST = "divecast", "sha256"
_VERSION = re.compile(r"[\w.+-]{1,30}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """What a file holds.

    Attributes:
        kind: what the file is, e.g. ``model`` or ``checkpoint``.
        schema: version of the layout of ``document`` and ``tensors``.
        document: anything JSON can say.
        tensors: named tensors, on the CPU.
    """

    kind: str
    schema: int
    document: dict[str, Any]
    tensors: dict[str, Tensor]


def write_artifact(path: Path, artifact: Artifact) -> None:
    """Write an artifact to ``path``, replacing what was there only once all of it is on disk."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in artifact.tensors.items()}
    document = {
        "kind": artifact.kind,
        "schema": artifact.schema,
        "version": __version__,
        "body": artifact.document,
    }
    text = json.dumps(document, allow_nan=False)
    with replacing(path) as temporary:
        try:
            save_file(tensors, temporary, {_DOCUMENT: text, _DIGEST: _digest(text, tensors)})
        except SafetensorError as error:  # wraps a full disk, too
            raise OSError(str(error)) from error


def read_artifact(path: Path, kind: str, schema: int) -> Artifact:
    """Read and check an artifact.

    Args:
        path: the file.
        kind: what it has to be.
        schema: the newest version this code reads.

    Raises:
        ArtifactError: no such file, not of this kind, of a newer version, cut short or damaged.
    """
    if path.is_dir():
        raise ArtifactError(f"{path} is a folder; expected the file of a divecast {kind}")
    if not path.is_file():
        raise ArtifactError(f"there is no file {path}; expected a divecast {kind}")
    with as_artifact_error(path, kind):
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            document = _document(path, kind, schema, metadata[_DOCUMENT])
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  not a dict
        fits = metadata.get(_DIGEST) == _digest(metadata[_DOCUMENT], tensors)
    if not fits:
        raise ArtifactError(f"{path} is damaged: its checksum does not fit its content; use a copy or write it anew")
    return Artifact(kind, document["schema"], document["body"], tensors)


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names begin so, without that beginning."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _document(path: Path, kind: str, schema: int, text: str) -> dict[str, Any]:
    document = parse_object(text)
    found, written = document["kind"], document["schema"]
    kinds = (type(found), type(written), type(document["body"]))
    if kinds != (str, int, dict) or written < 1:
        raise ValueError(f"expected a kind, a schema from 1 on and a body, got {found!r:.80}, schema {written!r:.80}")
    if found != kind:
        raise ArtifactError(f"{path} is a divecast {found:.80}, expected a divecast {kind}")
    if written > schema:
        raise ArtifactError(f"{path} has schema {written}, this divecast reads up to {schema}; {_mend(document)}")
    return document


def _mend(document: Mapping[str, Any]) -> str:
    writer = document.get("version")
    if not isinstance(writer, str) or not _VERSION.fullmatch(writer):
        return "install a newer divecast"
    return f"written by divecast {writer}, this is {__version__}: install divecast >= {writer}"


def _digest(text: str, tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name}{tuple(tensors[name].shape)}{tensors[name].dtype}".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()

"""A file of tensors and a JSON document: safetensors, never pickle; written atomically and checked when read.

The JSON document is stored in the file's header, with a SHA-256 digest of it and of the bytes of every tensor, so that
any damage is detected. A checksum does not make a file trustworthy: anyone can compute it. Code that reads a document
therefore checks all of it; see :mod:`divecast.persistence.strict`.
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
from divecast.persistence.strict import RESTORE, as_artifact_error, parse_object
from divecast.persistence.version import __version__

_DOCUMENT, _DIGEST = "divecast", "sha256"
_MOST_DOCUMENT, _MOST_TENSORS = 16 << 20, 50_000  # characters of JSON, which take seconds to read
_VERSION = re.compile(r"[\w.+-]{1,30}")


@dataclass(frozen=True, slots=True)
class Artifact:
    """Content of a file.

    Attributes:
        kind: what the file is, e.g. ``model`` or ``checkpoint``.
        schema: version of the layout of ``document`` and ``tensors``.
        document: a JSON object.
        tensors: named tensors, on the CPU.
    """

    kind: str
    schema: int
    document: dict[str, Any]
    tensors: dict[str, Tensor]


def write_artifact(path: Path, artifact: Artifact) -> None:
    """Write an artifact to ``path``; a file already there is replaced only once the new one is on disk.

    Raises:
        ArtifactError: the file cannot be written.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in artifact.tensors.items()}
    document = {
        "kind": artifact.kind,
        "schema": artifact.schema,
        "version": __version__,
        "body": artifact.document,
    }
    text = json.dumps(document, allow_nan=False)
    if len(text) > _MOST_DOCUMENT:
        raise ArtifactError(
            f"{path} would have a document of {len(text) / 2**20:.0f} MiB, and one of more than "
            f"{_MOST_DOCUMENT >> 20} MiB could not be read",
            hint="Use fewer series or shorter names",
        )
    with replacing(path) as temporary:
        try:
            save_file(tensors, temporary, {_DOCUMENT: text, _DIGEST: _digest(text, tensors)})
        except SafetensorError as error:  # also raised when the disk is full
            raise OSError(str(error)) from error


def read_artifact(path: Path, kind: str, schema: int) -> Artifact:
    """Read and check an artifact.

    Args:
        path: the file.
        kind: the expected kind.
        schema: the newest schema this version can read.

    Raises:
        ArtifactError: the file does not exist, is of another kind, has a newer schema, is truncated or damaged.
    """
    if path.is_dir():
        raise ArtifactError(f"{path} is a folder", expected=f"a divecast {kind} file")
    if not path.is_file():
        raise ArtifactError(f"There is no file {path}", expected=f"a divecast {kind} file")
    with as_artifact_error(path, kind):
        with safe_open(path, framework="pt") as file:
            metadata, names = file.metadata() or {}, list(file.keys())
            n_characters = len(metadata[_DOCUMENT])
            if n_characters > _MOST_DOCUMENT or len(names) > _MOST_TENSORS:
                raise ValueError(
                    f"a document of {n_characters / 2**20:.0f} MiB and {len(names)} tensors, expected at most "
                    f"{_MOST_DOCUMENT >> 20} MiB and {_MOST_TENSORS}"
                )
            document = _document(path, kind, schema, metadata[_DOCUMENT])
            tensors = {name: file.get_tensor(name) for name in names}
        intact = metadata.get(_DIGEST) == _digest(metadata[_DOCUMENT], tensors)
    if not intact:
        raise ArtifactError(f"{path} is damaged: its checksum does not match its content", hint=RESTORE)
    return Artifact(kind, document["schema"], document["body"], tensors)


def under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the tensors whose names start with ``prefix``, with the prefix removed."""
    return {name.removeprefix(prefix): value for name, value in tensors.items() if name.startswith(prefix)}


def _document(path: Path, kind: str, schema: int, text: str) -> dict[str, Any]:
    document = parse_object(text)
    file_kind, file_schema = document["kind"], document["schema"]
    types = (type(file_kind), type(file_schema), type(document["body"]))
    if types != (str, int, dict) or file_schema < 1:
        raise ValueError(
            f"expected a kind, a schema of at least 1 and a body, got {file_kind!r:.80}, schema {file_schema!r:.80}"
        )
    if file_kind != kind:
        raise ArtifactError(f"{path} is a divecast {file_kind:.80} file", expected=f"a divecast {kind} file")
    if file_schema > schema:
        raise ArtifactError(
            f"{path} has schema {file_schema}, this version reads schemas up to {schema}", hint=_upgrade_hint(document)
        )
    return document


def _upgrade_hint(document: Mapping[str, Any]) -> str:
    writer = document.get("version")
    if not isinstance(writer, str) or not _VERSION.fullmatch(writer):
        return "Install a newer divecast"
    return f"Install divecast >= {writer}, which wrote the file; this is divecast {__version__}"


def _digest(text: str, tensors: Mapping[str, Tensor]) -> str:
    digest = hashlib.sha256(text.encode())
    for name in sorted(tensors):
        digest.update(f"{name}{tuple(tensors[name].shape)}{tensors[name].dtype}".encode())
        digest.update(tensors[name].reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()

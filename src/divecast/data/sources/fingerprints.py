"""Hashes that identify data."""

import hashlib
from collections.abc import Sequence

import numpy as np

from divecast.data.factors import Factor, Label
from divecast.data.source import Source


def fingerprints(source: Source, factors: Sequence[Factor]) -> dict[str, str]:
    """SHA-256, as hex, of all that a source fingerprints of itself, and of the labels that the factors name."""
    digest = hashlib.sha256()
    for factor in factors:
        if isinstance(factor, Label):
            column = source.label_column(factor.name)
            text = column if column.dtype.kind == "f" else np.array([str(label) for label in column.ravel()])
            digest.update(np.ascontiguousarray(text).tobytes())
    return {"fingerprint": source.fingerprint(), "labels": digest.hexdigest()}

"""Atomic writing and strict reading of files.

These names are public: studies and other packages may import them from here.
"""

from divecast.persistence.artifact import Artifact, read_artifact
from divecast.persistence.atomic import make_folder, replacing
from divecast.persistence.json_values import plain

__all__ = [
    "Artifact",
    "make_folder",
    "plain",
    "read_artifact",
    "replacing",
]

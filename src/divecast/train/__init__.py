"""Training: minimises the losses of the network.

These names are public: studies and other packages may import them from here.
"""

from divecast.train.callbacks import Callback
from divecast.train.checkpoint import KIND as CHECKPOINT_KIND
from divecast.train.checkpoint import SCHEMA as CHECKPOINT_SCHEMA
from divecast.train.conflict.probe import ConflictProbe
from divecast.train.history import EpochRecord
from divecast.train.loop import Checkpointing
from divecast.train.tools import MLflowTracker, TensorBoardTracker, WandbTracker
from divecast.train.trackers import Tracker

__all__ = [
    "CHECKPOINT_KIND",
    "CHECKPOINT_SCHEMA",
    "Callback",
    "Checkpointing",
    "ConflictProbe",
    "EpochRecord",
    "MLflowTracker",
    "TensorBoardTracker",
    "Tracker",
    "WandbTracker",
]

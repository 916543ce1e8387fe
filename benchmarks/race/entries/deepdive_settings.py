"""Settings of divecast by name: ``divecast`` has what the library takes by itself, the others say what they change.

A new name here is a new entry; nothing else has to be told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from divecast import LossConfig, ModelConfig, TrainingConfig


@dataclass(frozen=True, slots=True)
class Settings:
    """Rooms of settings of one model.

    Attributes:
        lookback: rows of the window; None: all that the track allows.
        model: sizes of the network.
        training: the optimisation.
        losses: weights of the loss terms.
    """

    lookback: int | None = None
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    losses: LossConfig = field(default_factory=LossConfig)


# Few channels mean few and short passes, so those tracks take more of them (as benchmarks/results.py does).
_EPOCHS = {"electricity": 12, "etth1": 8, "etth2": 8, "exchange": 8}


def _plain(track: str) -> Settings:
    return Settings(training=TrainingConfig(epochs=_EPOCHS.get(track, TrainingConfig().epochs)))


SETTINGS: dict[str, Callable[[str], Settings]] = {"divecast": _plain}

"""Settings of divecast by name: ``divecast`` has the defaults of the library, the others say what they change.

A new name here is a new entry; nothing else has to be told.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from divecast import CodeConfig, DecoderConfig, LossConfig, ModelConfig, TrainingConfig
from research.paper import arms
from research.paper.cases import Settings as Rooms


@dataclass(frozen=True, slots=True)
class Settings:
    """Rooms of settings of one model.

    Attributes:
        lookback: rows of the window; None: all that the track allows.
        model: sizes of the network.
        training: the optimisation.
        losses: weights of the loss terms.
        members: fits of seeds that follow one another, whose forecasts are averaged.
        bfloat16: forecasts with such products; fits as ever.
    """

    lookback: int | None = None
    model: ModelConfig = field(default_factory=ModelConfig)
    training: TrainingConfig = field(default_factory=TrainingConfig)
    losses: LossConfig = field(default_factory=LossConfig)
    members: int = 1
    bfloat16: bool = False


# Few channels mean few and short passes, so one track takes more of them; on the others the validation part is best
# forecast after one or two.
_EPOCHS = {"electricity": 12, "etth1": 3, "etth2": 3, "exchange": 3}


def _plain(track: str) -> Settings:
    return Settings(training=TrainingConfig(epochs=_EPOCHS.get(track)))


def _quick(stride: int) -> Callable[[str], Settings]:
    """Return a fraction of the work: few windows in small batches, chosen on the validation part of EIA."""
    training = TrainingConfig(epochs=3, window_stride=stride, learning_rate=6e-3, batch_size=64)
    return lambda _track: Settings(training=training)


def _five(track: str) -> Settings:
    return replace(_plain(track), members=5)


def _bfloat16(track: str) -> Settings:
    return replace(_plain(track), bfloat16=True)


def _without_cycles(track: str) -> Settings:
    return replace(_plain(track), model=ModelConfig(decoder=DecoderConfig(cycles=False)))


def _paper(track: str) -> Settings:
    """Let the forecaster read a as well."""
    return replace(_plain(track), model=ModelConfig(code=CodeConfig(forecaster="code")))


def _of(arm: arms.Arm) -> Callable[[str], Settings]:
    """Return the settings of an arm of the paper's tables."""

    def settings(track: str) -> Settings:
        own = _paper(track)
        found = arm(Rooms(own.model, own.training, own.losses))
        return replace(own, model=found.model, training=found.training, losses=found.losses)

    return settings


SETTINGS: dict[str, Callable[[str], Settings]] = {
    "divecast": _plain,
    "divecast-five": _five,
    "divecast-bfloat16": _bfloat16,
    "divecast-quick": _quick(7),
    "divecast-tenth": _quick(13),
    "divecast-paper": _paper,
    "divecast-a": _of(arms.conditional_only),
    "divecast-b": _of(arms.marginal_only),
    "divecast-given": _of(arms.labels_given),
    "divecast-no-cycles": _without_cycles,  # of recordings
}

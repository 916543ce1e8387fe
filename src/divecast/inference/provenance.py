"""What a model file says beside its tensors, read strictly: a stranger may have written it."""

from collections.abc import Mapping
from dataclasses import KW_ONLY, asdict, dataclass
from typing import Any

import numpy as np

from divecast.config import LossConfig, ModelConfig, TrainingConfig
from divecast.data import ByGroup, ByRecording, ByTime, Calendar, Factor, Label, Split, WindowShape
from divecast.data.time.stamps import local_stamps
from divecast.persistence.strict import as_json
from divecast.train.history import EpochRecord


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a model came to be.

    Attributes:
        training: the optimisation.
        losses: weights of the loss terms.
        seed: of every random draw.
        split: how the data were cut.
        tz: zone of the clock.
        fingerprint: of the data.
        linear: kind of the linear start, if noted.
        history: passes of the fit.
        correction: share of the network's correction that was kept, if noted.
    """

    training: TrainingConfig
    losses: LossConfig
    seed: int
    split: Split
    tz: str
    fingerprint: str
    _: KW_ONLY
    linear: str | None = None
    history: tuple[EpochRecord, ...]
    correction: float | None = None

    @classmethod
    def read(cls, about: Mapping[str, Any]) -> "Provenance":
        """Read the ``about`` of a document.

        Raises:
            ValueError, LookupError, TypeError, ConfigError, DataError: it is malformed.
        """
        from pydantic import TypeAdapter

        plain = {name: value for name, value in about.items() if name not in ("settings", "split")}
        plain |= {name: about["settings"][name] for name in ("training", "losses")}
        split = read_typed(about["split"], ByTime, ByRecording, ByGroup)
        found: Provenance = TypeAdapter(cls).validate_python(plain | {"split": split})
        if not 0 <= found.seed < 2**63:
            raise ValueError(f"expected a seed of 63 bits, got {found.seed}")
        local_stamps(np.zeros(1, "datetime64[s]"), found.tz)
        return found

    def about(self, shape: WindowShape, factors: tuple[Factor, ...], model: ModelConfig) -> dict[str, Any]:
        """Return the ``about`` of a document of a model of that shape, factors and sizes."""
        plain = asdict(self) | {"split": typed(self.split)}
        settings = {
            "horizon": shape.horizon,
            "lookback": shape.lookback,
            "factors": [asdict(factor) for factor in factors],
            "model": asdict(model),
            "training": plain.pop("training"),
            "losses": plain.pop("losses"),
        }
        noted = {name: value for name, value in plain.items() if value is not None}
        said: dict[str, Any] = as_json({"settings": settings, **noted})
        return said


def typed(thing: Any) -> dict[str, Any]:
    """Return a dataclass as JSON values with its kind beside them."""
    return {"type": type(thing).__name__, **asdict(thing)}


def read_typed(plain: Mapping[str, Any], *kinds: type) -> Any:
    """Read what ``typed`` gave of one of these kinds.

    Raises:
        ValueError, LookupError, TypeError, ConfigError: it is malformed.
    """
    from pydantic import TypeAdapter

    fields = dict(plain)
    kind = {kind.__name__: kind for kind in kinds}[fields.pop("type")]
    return TypeAdapter(kind).validate_python(fields)


def read_factor(plain: Mapping[str, Any]) -> Factor:
    """Read a factor; see ``read_typed``."""
    factor: Factor = read_typed(plain, Calendar, Label)
    return factor

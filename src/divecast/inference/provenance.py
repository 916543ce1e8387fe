"""How a fitted model came to be: its settings, the split, the data and the history of the fit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from divecast.config import LinearPath, LossConfig, ModelConfig, TrainingConfig
from divecast.data import ByGroup, ByRecording, ByTime, Calendar, Factor, Label, Split, WindowShape
from divecast.data.time.stamps import local_stamps
from divecast.persistence.strict import as_json
from divecast.train.history import History


@dataclass(frozen=True, slots=True)
class FitPlan:
    """All settings of a fit.

    Attributes:
        horizon: steps ahead.
        lookback: steps of the window.
        factors: labels that own a block of b each.
        model: sizes of the network.
        training: the optimisation.
        losses: weights of the loss terms.
        seed: random seed.
    """

    horizon: int
    lookback: int
    factors: tuple[Factor, ...]
    model: ModelConfig
    training: TrainingConfig
    losses: LossConfig
    seed: int

    @property
    def shape(self) -> WindowShape:
        """Lengths of a window."""
        return WindowShape(self.lookback, self.horizon)

    def to_json(self) -> dict[str, Any]:
        """Return the settings as JSON values."""
        settings: dict[str, Any] = as_json({**asdict(self), "factors": [typed(factor) for factor in self.factors]})
        return settings

    @classmethod
    def from_json(cls, settings: Mapping[str, Any]) -> "FitPlan":
        """Read the result of ``to_json``.

        Raises:
            ValueError, LookupError, TypeError, ConfigError: the settings are malformed.
        """
        from pydantic import TypeAdapter

        factors = tuple(read_typed(factor, Calendar, Label) for factor in settings["factors"])
        rest = {name: value for name, value in settings.items() if name != "factors"}
        plan: FitPlan = TypeAdapter(cls).validate_python({**rest, "factors": factors})
        if not 0 <= plan.seed < 2**63:
            raise ValueError(f"expected a seed of 63 bits, got {plan.seed}")
        return plan


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a fitted model came to be.

    Attributes:
        plan: all settings; an encoder of kind ``auto`` is resolved.
        split: how the rows were cut into training, validation and test part.
        time_zone: zone of the clock, in which calendar factors are read; ``UTC`` for recordings.
        fingerprint: hash of the data of the fit.
        linear_start: the closed form that the forecaster's linear path started from.
        correction: mean share of the network's correction of the linear path that was kept, or None where the share is
            not fitted.
        history: losses by epoch.
    """

    plan: FitPlan
    split: Split
    time_zone: str
    fingerprint: str
    linear_start: LinearPath
    correction: float | None
    history: History

    def to_json(self) -> dict[str, Any]:
        """Return all of it as JSON values."""
        fields: dict[str, Any] = as_json(
            {
                "plan": self.plan.to_json(),
                "split": typed(self.split),
                "time_zone": self.time_zone,
                "fingerprint": self.fingerprint,
                "linear_start": self.linear_start,
                "correction": self.correction,
                "history": [asdict(record) for record in self.history.records],
            }
        )
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Provenance":
        """Read the result of ``to_json``.

        Raises:
            ValueError, LookupError, TypeError, ConfigError, DataError: a field is malformed.
        """
        from pydantic import TypeAdapter

        parsed = {
            "plan": FitPlan.from_json(fields["plan"]),
            "split": read_typed(fields["split"], ByTime, ByRecording, ByGroup),
            "history": {"records": fields["history"]},
        }
        provenance: Provenance = TypeAdapter(cls).validate_python({**fields, **parsed})
        local_stamps(np.zeros(1, "datetime64[s]"), provenance.time_zone)
        return provenance


def typed(value: Any) -> dict[str, Any]:
    """Return a dataclass as JSON values, with the name of its type."""
    return {"type": type(value).__name__, **asdict(value)}


def read_typed(fields: Mapping[str, Any], *types: type) -> Any:
    """Read the result of ``typed`` for one of these types.

    Raises:
        ValueError, LookupError, TypeError, ConfigError: a field is malformed.
    """
    from pydantic import TypeAdapter

    rest = dict(fields)
    kind = {each.__name__: each for each in types}[rest.pop("type")]
    return TypeAdapter(kind).validate_python(rest)

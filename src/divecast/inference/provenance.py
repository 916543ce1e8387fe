"""Provenance of a fitted model: its settings, the split, the data and the history of the fit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from dataclasses import fields as dataclass_fields
from typing import Any

import numpy as np

from divecast.config import AskedBounds, LinearStart, LossConfig, ModelConfig, SeriesMode, TrainingConfig
from divecast.data import (
    ByGroup,
    ByRecording,
    ByTime,
    Calendar,
    Covariate,
    Factor,
    Label,
    Panel,
    Source,
    Split,
    WindowShape,
    past_rows,
)
from divecast.data.as_read import ReadNames
from divecast.data.sources.series_rows import SeriesRows
from divecast.data.time.open_slots import OpenSlots
from divecast.data.time.stamp_options import StampEdge
from divecast.data.time.stamps import local_stamps
from divecast.persistence.adapters import adapter_of
from divecast.persistence.strict import as_json
from divecast.train.history import EpochRecord, History

_OF_EPOCH = tuple(each.name for each in dataclass_fields(EpochRecord))
_LOSSES = ("train", "valid")
_MOST_EPOCHS, _MOST_TERMS = 10_000, 100  # as many as ``TrainingConfig`` allows; of losses


def fingerprint_of(source: Source) -> str:
    """Return the hash by which a model knows the data of its fit.

    Rows of the future do not count, and facts of the series do not either, since the model keeps what it reads of them.

    Args:
        source: panel or recordings.
    """
    past = past_rows(source.panel if isinstance(source, SeriesRows) else source)
    return (replace(past, static={}) if isinstance(past, Panel) and past.static else past).fingerprint()


@dataclass(frozen=True, slots=True)
class FitPlan:
    """All settings of a fit.

    Attributes:
        horizon: number of steps to forecast.
        lookback: number of steps of a window; 0, before the fit, for one that suits the data.
        factors: factors; each that all series share has a block of b.
        covariates: numeric columns whose effects are part of the model.
        model: settings of the network.
        training: settings of the optimisation.
        losses: weights of the loss terms.
        seed: random seed.
        bounds: what forecasts do not exceed.
        series: whether all series are forecast together, or each on its own; "auto" before the fit, for what suits the
            data.
    """

    horizon: int
    lookback: int
    factors: tuple[Factor, ...]
    covariates: tuple[Covariate, ...]
    model: ModelConfig
    training: TrainingConfig
    losses: LossConfig
    seed: int
    series: SeriesMode = "joint"
    bounds: AskedBounds = "auto"

    @property
    def shape(self) -> WindowShape:
        """Look-back and horizon."""
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
        factors = tuple(read_typed(factor, Calendar, Label) for factor in settings["factors"])
        rest = {name: value for name, value in settings.items() if name != "factors"}
        plan: FitPlan = adapter_of(cls).validate_python({**rest, "factors": factors})
        if not 0 <= plan.seed < 2**63:
            raise ValueError(f"expected a seed from 0 to 2^63 - 1, got {plan.seed}")
        return plan


@dataclass(frozen=True, slots=True)
class UpdateRecord:
    """An update of a model with newer rows.

    Attributes:
        since: UTC time of the last row that the model knew before.
        until: UTC time of the last row of the newer data.
        n_rows: rows of the newer data, with those that the model knew.
        n_steps: steps of the network.
        calibrated: weight of the newer rows in the intervals, 0 to 1; the rest is that of the intervals before.
    """

    since: str
    until: str
    n_rows: int
    n_steps: int
    calibrated: float


@dataclass(frozen=True, slots=True)
class Provenance:
    """Settings, data and history of the fit of a model.

    Attributes:
        plan: all settings, with the encoder of kind ``auto`` resolved.
        split: how the rows were split into training, validation and test part.
        time_zone: time zone of the clock, which calendar factors use; ``UTC`` for recordings.
        fingerprint: hash of the data of the fit; see ``fingerprint_of``.
        linear_start: closed form from which the linear path of the forecaster started.
        correction: mean over the channels of the shares by which the network's correction of the linear path is
            multiplied; None if these are not fitted (``model.decoder.shrink``).
        history: losses by epoch.
        stamps: whether the time stamps are the start or the end of the time that a row is about.
        slots: local times that have rows, if the clock has closed times.
        refit: whether the last fit took all rows, so that no part of them is held out.
        until: UTC time of the last row of the data; None for recordings.
        trained_until: UTC time of the last row that the network was trained on; None for recordings.
        n_rows: rows of the data; None for recordings.
        updates: updates of the model, the first one first; ``fingerprint`` is that of the last data.
        read: names of the columns of the table that the data were read from.
    """

    plan: FitPlan
    split: Split
    time_zone: str
    fingerprint: str
    linear_start: LinearStart
    correction: float | None
    history: History
    stamps: StampEdge = "start"
    slots: OpenSlots | None = None
    refit: bool = False
    until: str | None = None
    trained_until: str | None = None
    n_rows: int | None = None
    updates: tuple[UpdateRecord, ...] = ()
    read: ReadNames = field(default_factory=ReadNames)

    def to_json(self) -> dict[str, Any]:
        """Return all fields as JSON values."""
        fields: dict[str, Any] = as_json(
            {
                "plan": self.plan.to_json(),
                "split": typed(self.split),
                "time_zone": self.time_zone,
                "fingerprint": self.fingerprint,
                "linear_start": self.linear_start,
                "correction": self.correction,
                "history": [{name: getattr(record, name) for name in _OF_EPOCH} for record in self.history.records],
                "stamps": self.stamps,
                **({} if self.slots is None else {"slots": asdict(self.slots)}),
                "refit": self.refit,
                "until": self.until,
                "trained_until": self.trained_until,
                "n_rows": self.n_rows,
                "updates": [asdict(update) for update in self.updates],
                "read": asdict(self.read),
            }
        )
        return fields

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> "Provenance":
        """Read the result of ``to_json``.

        Raises:
            ValueError, LookupError, TypeError, ConfigError, DataError: a field is malformed.
        """
        history = fields["history"]
        if len(history) > _MOST_EPOCHS or any(len(epoch[part]) > _MOST_TERMS for epoch in history for part in _LOSSES):
            raise ValueError(
                f"expected at most {_MOST_EPOCHS} epochs of {_MOST_TERMS} losses in provenance.history, "
                f"got {len(history)} epochs"
            )
        parsed = {
            "plan": FitPlan.from_json(fields["plan"]),
            "split": read_typed(fields["split"], ByTime, ByRecording, ByGroup),
            "history": {"records": fields["history"]},
        }
        provenance: Provenance = adapter_of(cls).validate_python({**fields, **parsed})
        local_stamps(np.zeros(1, "datetime64[s]"), provenance.time_zone)
        for stamp in (provenance.until, provenance.trained_until):
            if stamp is not None and np.isnat(np.datetime64(stamp, "s")):
                raise ValueError(f"expected a time, got {stamp!r:.40}")
        return provenance


def typed(value: Any) -> dict[str, Any]:
    """Return a dataclass as JSON values, with the name of its type; numbers have the types of their fields."""
    return {"type": type(value).__name__, **adapter_of(type(value)).dump_python(value, mode="json")}


def read_typed(fields: Mapping[str, Any], *types: type) -> Any:
    """Return the dataclass, of one of some types, that ``typed`` wrote.

    Raises:
        ValueError, LookupError, TypeError, ConfigError: a field is malformed.
    """
    rest = dict(fields)
    kind = {cls.__name__: cls for cls in types}[rest.pop("type")]
    return adapter_of(kind).validate_python(rest)

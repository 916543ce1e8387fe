"""What may be asked: the bodies of the requests."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from divecast.explain.counterfactuals.label_effects import UnlabelledCode
from divecast.explorer.limits import MOST_ANOMALOUS, MOST_LEVELS, MOST_POSITIONS, MOST_WINDOWS
from divecast.inference.predict import LabelMode

Stamp = Annotated[str, Field(max_length=64, examples=["2016-12-24T01:00"])]
Name = Annotated[str, Field(max_length=1000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Level = Annotated[float, Field(gt=0.0, lt=1.0)]
Channels = Annotated[
    list[Name] | None, Field(min_length=1, description="Channels to give back; all when left out. All are used.")
]
Levels = Annotated[list[Level], Field(max_length=MOST_LEVELS, description="Probabilities of the quantiles, rising.")]

_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)


class Question(BaseModel):
    """A request; a field that is not known is an error, so that no misspelt one is passed over."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Row(Question):
    """A window of a recording."""

    recording: Name
    second: Finite = Field(ge=0.0, description="Time of the window's last row, since the recording's start.")


class SentWindow(Question):
    """A window whose values are sent."""

    values: dict[Name, list[Finite | None]] = Field(
        description="For each channel of the model its rows, as many as the look-back; null where missing."
    )
    start: Stamp | None = Field(None, description="Time of the first row, where the data have a clock.")


class OfWindows(Question):
    """Which windows: those at some places in the data, or one that is sent."""

    at: list[Name | Row] | None = Field(
        None,
        min_length=1,
        max_length=MOST_WINDOWS,
        description="First stamp of each forecast; for recordings the name (its last window), or the name and the "
        "second at which the window ends. By default the end of the data, or of every recording.",
        examples=[["2016-12-24T01:00"]],
    )
    window: SentWindow | None = None

    @model_validator(mode="after")
    def _either(self) -> "OfWindows":
        if self.at is not None and self.window is not None:
            raise ValueError("expected either at or window, got both")
        return self


class ForecastQuestion(OfWindows):
    """Forecast windows."""

    channels: Channels = None
    labels: LabelMode = Field("known", description="Tell the code the labels that are known, or infer all of them.")
    levels: Levels = Field(list(_LEVELS))


class EncodeQuestion(OfWindows):
    """Infer the code of windows, from the windows alone."""


class WhatIfQuestion(ForecastQuestion):
    """Forecast windows as they are, and under other classes."""

    to: dict[Name, Name] = Field(
        min_length=1, description="The class each factor is moved to.", examples=[{"weekday": "Sun"}]
    )
    unlabelled_code: UnlabelledCode = Field(
        "adjusted", description="Adjust a to the new classes on average, or keep it."
    )


class TraverseQuestion(OfWindows):
    """Move one dimension of the code of windows."""

    dimension: str = Field(max_length=200, description="As in GET /model: a3, b_hour0, or b_hour for all its classes.")
    positions: list[Finite] | None = Field(
        None,
        min_length=1,
        max_length=MOST_POSITIONS,
        description="Standard deviations of the prior from its mean, or classes from the first; by default 9, or one "
        "a class.",
    )
    channels: Channels = None
    unlabelled_code: UnlabelledCode = Field("kept", description="Keep a, or adjust it to the classes of the moved b.")


class AnomaliesQuestion(Question):
    """Score how anomalous windows are."""

    start: Stamp | None = Field(None, description="First stamp at which a window may end; by default that of the data.")
    stop: Stamp | None = Field(None, description="Last stamp at which a window may end; by default that of the data.")
    recordings: list[Name] | None = Field(None, min_length=1, description="Only windows of these recordings.")
    every: int = Field(1, ge=1, description="Score only every n-th window of the span.")
    n: int = Field(10, ge=1, le=MOST_ANOMALOUS, description="Largest number of anomalous windows to describe.")
    apart: int | None = Field(None, ge=1, description="Rows between two of them at least; by default the look-back.")

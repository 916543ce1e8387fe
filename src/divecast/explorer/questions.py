"""The bodies of the requests."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from divecast.explain.counterfactuals.label_effects import UnlabelledCode
from divecast.explorer.limits import MOST_ANOMALOUS, MOST_LEVELS, MOST_POSITIONS, MOST_WINDOWS
from divecast.inference.predict import LabelMode
from divecast.inference.results.ensemble import LEVELS

Stamp = Annotated[str, Field(max_length=64, examples=["2016-12-24T01:00"])]
Name = Annotated[str, Field(max_length=1000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Level = Annotated[float, Field(gt=0.0, lt=1.0)]
Channels = Annotated[
    list[Name] | None,
    Field(min_length=1, description="Channels to return; all by default. The model always uses all of them."),
]
Levels = Annotated[list[Level], Field(max_length=MOST_LEVELS, description="Quantile levels, rising.")]


class Question(BaseModel):
    """A request. An unknown field is an error, so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Row(Question):
    """A window of a recording."""

    recording: Name
    second: Finite = Field(ge=0.0, description="Time of the window's last row, since the recording's start.")


class SentWindow(Question):
    """A window whose values are part of the request."""

    values: dict[Name, list[Finite | None]] = Field(
        description="The rows of each channel of the model, as many as its lookback; null if missing."
    )
    start: Stamp | None = Field(None, description="Time of the first row, if the data have a clock.")


class OfWindows(Question):
    """Which windows: some of the server's data, or one in the request."""

    at: list[Name | Row] | None = Field(
        None,
        min_length=1,
        max_length=MOST_WINDOWS,
        description="Time of the first step of each forecast. For recordings the name (its last window), or the name "
        "and the second at which the window ends. By default the end of the data, or of every recording.",
        examples=[["2016-12-24T01:00"]],
    )
    window: SentWindow | None = None

    @model_validator(mode="after")
    def _either(self) -> "OfWindows":
        if self.at is not None and self.window is not None:
            raise PydanticCustomError("both", "Use either at or window, not both")
        return self


class LabelledQuestion(OfWindows):
    """Windows, and how they are forecast."""

    channels: Channels = None
    labels: LabelMode = Field("known", description="Use the known labels, or infer all of them from the window.")
    levels: Levels = Field(list(LEVELS))


class ForecastQuestion(LabelledQuestion):
    """Forecast windows."""

    parts: bool = Field(False, description="Return what each forecast is made of, too.")


class EncodeQuestion(OfWindows):
    """Infer the codes of windows from their values alone."""


class FutureChange(Question):
    """What a label or covariate is in rows to forecast, in a scenario."""

    to: Name | Finite | None = Field(None, description="A class, or the value of a covariate.")
    add: Finite | None = Field(None, description="What is added to a covariate.")
    start: Stamp | None = Field(None, description="First time at which it changes; by default from the first step on.")
    stop: Stamp | None = Field(None, description="Last time at which it changes; a date is that whole day.")
    series: list[Name] | None = Field(None, min_length=1, description="Series in which it changes, if they differ.")

    @model_validator(mode="after")
    def _one(self) -> "FutureChange":
        if (self.to is None) == (self.add is None):
            raise PydanticCustomError("one", "Use either to or add")
        return self

    def described(self) -> tuple[Any, ...]:
        """Return the change as ``DeepDIVE.what_if`` takes it."""
        how = (self.add,) if self.to is None else ("=", self.to)
        return (*how, slice(self.start, self.stop), self.series)


class WhatIfQuestion(LabelledQuestion):
    """Forecast windows as they are, and under other classes or in a scenario of the future."""

    to: dict[Name, Name] | None = Field(
        None, min_length=1, description="New class of each factor.", examples=[{"weekday": "Sun"}]
    )
    future: dict[Name, list[FutureChange]] | None = Field(
        None,
        min_length=1,
        description="What changes in rows to forecast, by the name of a label or covariate.",
        examples=[
            {"promotion": [{"to": "on", "start": "2024-06-07", "stop": "2024-06-09"}], "temperature": [{"add": 3}]}
        ],
    )
    unlabelled_code: UnlabelledCode = Field(
        "adjusted", description="Adjust a to the new classes on average, or keep it."
    )

    @model_validator(mode="after")
    def _asks(self) -> "WhatIfQuestion":
        if (self.to is None) == (self.future is None):
            raise PydanticCustomError("one", "Use either to or future")
        return self


class TraverseQuestion(OfWindows):
    """Move one dimension of the code of windows."""

    dimension: str = Field(
        max_length=200, description="One of GET /model: a3, b_hour0, or b_hour to traverse all classes of hour."
    )
    positions: list[Finite] | None = Field(
        None,
        min_length=1,
        max_length=MOST_POSITIONS,
        description="Standard deviations of the prior from its mean, or class indices; by default 9 positions, or one "
        "per class.",
    )
    channels: Channels = None
    unlabelled_code: UnlabelledCode = Field("kept", description="Keep a, or adjust it to the classes of the moved b.")


class AnomaliesQuestion(Question):
    """Score how anomalous windows are."""

    start: Stamp | None = Field(None, description="First time at which a window may end; by default the data's first.")
    stop: Stamp | None = Field(None, description="Last time at which a window may end; by default the data's last.")
    recordings: list[Name] | None = Field(None, min_length=1, description="Only windows of these recordings.")
    every: int = Field(1, ge=1, description="Score only every n-th window.")
    n: int = Field(10, ge=1, le=MOST_ANOMALOUS, description="Most anomalous windows to describe, at most.")
    apart: int | None = Field(None, ge=1, description="Least rows between two of them; by default the lookback.")

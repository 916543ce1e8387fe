"""What requests ask: fields of a JSON body beside its rows, or parameters of the query beside a table."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from divecast.inference.predict import LabelMode
from divecast.inference.results.ensemble import LEVELS
from divecast.service.limits import MOST_LEVELS, MOST_PATHS

Stamp = Annotated[str, Field(max_length=64, examples=["2016-12-24T01:00"])]
Name = Annotated[str, Field(max_length=1000)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Level = Annotated[float, Field(gt=0.0, lt=1.0)]
Levels = Annotated[list[Level], Field(max_length=MOST_LEVELS, description="Quantile levels, rising.")]
Span = Literal["day", "week", "month", "year", "horizon"]

_CELL = {"type": ["number", "string", "boolean", "null"]}
Table = Annotated[
    dict[Name, list[Any]] | list[dict[Name, Any]],
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "object", "additionalProperties": {"type": "array", "items": _CELL}},
                {"type": "array", "items": {"type": "object", "additionalProperties": _CELL}},
            ],
            "examples": [{"time": ["2016-12-23T00:00", "2016-12-23T01:00"], "north": [0.31, None]}],
        }
    ),
]


class Question(BaseModel):
    """What all requests may say. An unknown field is an error, so that a misspelt one is not ignored."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    start: Stamp | None = Field(None, description="First step of the first forecast; by default after the last row.")
    stop: Stamp | None = Field(None, description="First step of the last forecast.")
    every: int = Field(1, ge=1, le=1_000_000, description="Rows between forecast origins.")
    channels: list[Name] | None = Field(
        None, min_length=1, description="Series to return; all by default. The model always uses all of them."
    )
    labels: LabelMode = Field("known", description="Use the labels of the rows, or infer all of them.")


class ForecastQuestion(Question):
    """Forecast the steps after the rows."""

    levels: Levels = Field(list(LEVELS))


class PartsQuestion(Question):
    """Say what forecasts are made of."""


class PathsQuestion(Question):
    """Draw joint scenarios of all steps and series, and summarise them: first series, then values, then steps."""

    levels: Levels = Field(list(LEVELS))
    n_paths: int = Field(200, ge=2, le=MOST_PATHS, description="Number of paths.")
    panel: bool = Field(False, description="Sum all series, step by step.")
    groups: dict[Name, list[Name]] | None = Field(None, min_length=1, description="Sum the series of each group.")
    exceeds: Finite | None = Field(None, description="The probability that a value, or that sum, is above this.")
    total: Span | None = Field(None, description="Sum the steps of each.")
    peak: Span | None = Field(None, description="The largest value of each.")
    paths: bool = Field(False, description="Return the paths too; only as JSON.")

    @model_validator(mode="after")
    def _either(self) -> "PathsQuestion":
        for one, other in (("total", "peak"), ("panel", "groups")):
            if getattr(self, one) and getattr(self, other):
                raise PydanticCustomError("both", f"Use either {one} or {other}, not both")
        return self


class WithRows(BaseModel):
    """The table in a JSON body."""

    model_config = ConfigDict(extra="allow")

    rows: Table = Field(
        description="Rows of a table, oldest first: its columns by name, or a list of rows. At least the lookback of "
        "the model; rows at the end without a value of any series are those to forecast."
    )
    future: Table | None = Field(
        None, description="Labels and covariates of the rows to forecast, if they are not in the rows."
    )

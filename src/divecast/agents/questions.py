"""Arguments of the tools, with their limits; these are the schemas that a language model reads."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Time = Annotated[str, StringConstraints(min_length=1, max_length=100)]
Level = Annotated[float, Field(ge=0.0005, le=0.9995)]

MOST_ROWS, MOST_SERIES, MOST_LEVELS, MOST_SPANS = 500, 50, 9, 500


class Question(BaseModel):
    """Arguments of a tool; others than those named are refused."""

    model_config = ConfigDict(extra="forbid")


class OfRows(Question):
    """Arguments of a tool whose answer has a table."""

    limit: int = Field(default=100, ge=1, le=MOST_ROWS, description="Largest number of rows of the table.")
    offset: int = Field(
        default=0, ge=0, le=10**9, description="Rows of the table to skip, to get the rest of an answer."
    )


class OfWindow(Question):
    """Arguments that name one window, by its forecast."""

    at: Time | None = Field(
        default=None,
        description="Time of the first forecast step, such as 2016-12-26T00:00, in the time zone of describe; of "
        "recordings the name of one. Default: the end of the data.",
    )
    second: float | None = Field(
        default=None,
        ge=0.0,
        le=1e9,
        description="Of a recording: the second at which the window ends. Default: its end.",
    )


class OfSeries(OfWindow):
    """Arguments that name one window and some series."""

    series: list[Name] | None = Field(
        default=None, min_length=1, max_length=MOST_SERIES, description="Names of series. Default: all."
    )


class NoArguments(Question):
    """No arguments."""


class ForecastQuestion(OfSeries, OfRows):
    """Arguments of ``forecast``."""

    levels: list[Level] = Field(
        default=[0.05, 0.5, 0.95], min_length=1, max_length=MOST_LEVELS, description="Probabilities of the quantiles."
    )


class PartsQuestion(OfSeries, OfRows):
    """Arguments of ``parts``."""

    by_step: bool = Field(default=False, description="One row per step, in place of mean, lowest and highest.")


class Change(Question):
    """A change of rows to forecast."""

    name: Name = Field(description="A label column or covariate of the model.")
    value: str | float | None = Field(default=None, description="The class, or the number, that it is set to.")
    add: float | None = Field(default=None, description="Number that is added to a covariate, in place of value.")
    first: Time | None = Field(default=None, description="First time of the change. Default: the first step.")
    last: Time | None = Field(default=None, description="Last time, included. Default: the last step.")
    series: list[Name] | None = Field(
        default=None, min_length=1, max_length=MOST_SERIES, description="Only these series, if they differ in it."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> "Change":
        if (self.value is None) == (self.add is None):
            raise ValueError("give either value or add")
        return self

    def as_scenario(self) -> tuple[Any, ...]:
        """Return the change as ``DeepDIVE.what_if`` takes it."""
        times = slice(self.first, self.last)
        if self.value is None:
            return self.add, times, self.series
        return "=", str(self.value) if isinstance(self.value, str) else self.value, times, self.series


class ScenarioQuestion(OfSeries, OfRows):
    """Arguments of ``scenario``."""

    changes: list[Change] = Field(min_length=1, max_length=20, description="What is different in rows to forecast.")


class WhatIfQuestion(OfSeries, OfRows):
    """Arguments of ``what_if``."""

    to: dict[Name, Name] = Field(
        min_length=1, max_length=20, description='New class of some factors, such as {"weekday": "Sunday"}.'
    )


class WhyQuestion(OfWindow):
    """Arguments of ``why``."""


class Span(Question):
    """A span of time."""

    start: Time = Field(description="First time, or a day such as 2016-06-03.")
    end: Time | None = Field(default=None, description="Last time, included; a day as a whole. Default: the start.")
    of_class: Name | None = Field(default=None, alias="class", description='Class of the span. Default: "yes".')


class ProposeQuestion(Question):
    """Arguments of ``propose_factor``."""

    name: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="Name of the labelling, such as strike."
    )
    spans: list[Span] | None = Field(
        default=None, min_length=1, max_length=MOST_SPANS, description="Of a panel: spans of time and their classes."
    )
    classes: dict[Name, Name] | None = Field(
        default=None, min_length=1, max_length=10_000, description="Class of recordings, or of series, by their names."
    )
    otherwise: Name | None = Field(
        default=None,
        description='Class of what is not named. Default: "no" where a single class is named, else unknown.',
    )
    alpha: float = Field(default=0.05, gt=0.0, lt=1.0, description="Largest p with which it is kept.")

    @model_validator(mode="after")
    def _one_of_both(self) -> "ProposeQuestion":
        if (self.spans is None) == (self.classes is None):
            raise ValueError("give either spans or classes")
        return self


class AnomaliesQuestion(Question):
    """Arguments of ``anomalies``."""

    start: Time | None = Field(default=None, description="Only windows that end at this time or later; of a panel.")
    stop: Time | None = Field(default=None, description="Only windows that end at this time or before; of a panel.")
    recordings: list[Name] | None = Field(
        default=None, min_length=1, max_length=MOST_SERIES, description="Only windows of these recordings."
    )
    top: int = Field(default=5, ge=1, le=20, description="Number of windows to return.")


class LabelsQuestion(OfWindow, OfRows):
    """Arguments of ``read_labels``."""

    part: Literal["train", "valid", "test", "all"] | None = Field(
        default=None, description="All windows of a part of the data, in place of one window, with the accuracy."
    )


class PathsQuestion(OfSeries, OfRows):
    """Arguments of ``paths``."""

    what: Literal["total", "peak", "exceeds"] = Field(
        description="Sum or largest value of the steps of each period, or the probability of values above threshold."
    )
    by: Literal["step", "day", "week", "month", "year", "horizon"] = Field(
        default="horizon", description='Period. Of exceeds: the probability that some step of it is; "step" for each.'
    )
    threshold: float | None = Field(default=None, description="Of exceeds: the value, in the units of the data.")
    together: bool = Field(default=False, description="Sum the series first.")
    levels: list[Level] = Field(
        default=[0.05, 0.5, 0.95], min_length=1, max_length=MOST_LEVELS, description="Probabilities of the quantiles."
    )


class NarrateQuestion(OfWindow):
    """Arguments of ``narrate``."""

    series: Name | None = Field(default=None, description="A series. Default: the one whose forecast departs most.")

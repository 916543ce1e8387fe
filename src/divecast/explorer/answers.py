"""What is answered: the library's results as JSON. Values are in original units; null stands for NaN."""

from pydantic import BaseModel, Field

Number = float | None
Time = str | float
"""Wall time of the data's zone, without a zone, as ISO 8601; or seconds since the recording's start."""
Curves = list[list[Number]]
"""A list a channel, with a number a step."""


class OfWindow(BaseModel):
    """Which window an answer is of."""

    recording: str | None = Field(description="Null where the data have a clock.")
    end: Time = Field(description="Time of the window's last row.")


class WindowForecast(OfWindow):
    """The forecast of a window."""

    times: list[Time] = Field(description="Of the steps ahead.")
    mean: Curves
    quantiles: list[Curves] = Field(description="For each level.")


class ForecastAnswer(BaseModel):
    """Forecasts, as ``DeepDIVE.forecast`` gives them."""

    channels: list[str]
    levels: list[float]
    windows: list[WindowForecast]


class FactorCode(BaseModel):
    """What the code of a window says of a factor."""

    mean: list[Number] = Field(description="Of the block of b.")
    sd: list[Number]
    probabilities: list[Number] = Field(description="Of the classes.")


class WindowCode(OfWindow):
    """The code of a window."""

    a_mean: list[Number]
    a_sd: list[Number]
    b: dict[str, FactorCode]
    attention: list[list[Number]] = Field(description="For each head the weights of the factors.")


class EncodeAnswer(BaseModel):
    """Codes, as ``DeepDIVE.encode`` gives them."""

    classes: dict[str, list[str]] = Field(description="Of each factor.")
    windows: list[WindowCode]


class ClassInCode(BaseModel):
    """The class of a factor in a code, and its probability: 1 where it was told."""

    name: str
    probability: Number


class Generated(BaseModel):
    """What a code gives."""

    mean: Curves = Field(description="Of the forecast.")
    quantiles: list[Curves] = Field(description="Of the forecast, for each level.")
    window: Curves = Field(description="The window given back.")


class WindowWhatIf(OfWindow):
    """A window under its own code and under another one."""

    times: list[Time] = Field(description="Of the steps ahead.")
    window_times: list[Time] = Field(description="Of the window's rows.")
    truth: Curves = Field(description="The window as it was.")
    before: dict[str, ClassInCode]
    after: dict[str, ClassInCode]
    factual: Generated
    counterfactual: Generated
    difference: Curves = Field(description="Counterfactual less factual mean.")


class WhatIfAnswer(BaseModel):
    """Forecasts under other classes, as ``DeepDIVE.what_if`` gives them."""

    channels: list[str]
    levels: list[float]
    windows: list[WindowWhatIf]


class Stop(BaseModel):
    """A position on the way through the code."""

    position: float
    window: Curves = Field(description="The window given back.")
    forecast: Curves
    probabilities: list[Number] = Field(description="Of the classes of the factor that is moved; none for a.")


class WindowTraversal(OfWindow):
    """A window along a way through the code."""

    times: list[Time] = Field(description="Of the steps ahead.")
    window_times: list[Time] = Field(description="Of the window's rows.")
    own_position: Number
    own_window: Curves
    own_forecast: Curves
    stops: list[Stop]


class TraverseAnswer(BaseModel):
    """Traversals, as ``DeepDIVE.traverse`` gives them."""

    dimension: str
    unit: str = Field(description="What positions count: prior sd, or class.")
    classes: list[str]
    channels: list[str]
    windows: list[WindowTraversal]


class Score(OfWindow):
    """Anomaly score of a window: -log10 of the share of reference windows at least as anomalous; null if not scored."""

    score: Number


class AnomalyAnswer(Score):
    """One of the most anomalous windows, with reasons in words."""

    rarity: str
    main_score: str
    channel: str | None
    reasons: list[str]


class AnomaliesAnswer(BaseModel):
    """Anomaly scores, as ``DeepDIVE.anomalies`` gives them."""

    reference: str = Field(description="The windows that scores are compared with.")
    reference_windows: int
    scores: list[str]
    windows: list[Score]
    anomalous: list[AnomalyAnswer]

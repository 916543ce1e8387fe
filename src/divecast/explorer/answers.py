"""The bodies of the answers: the library's results as JSON, in original units; null stands for NaN."""

from pydantic import BaseModel, Field

from divecast.web.forecast_answer import Curves, Number, OfWindow, Time


class FactorCode(BaseModel):
    """The block of the code of one factor."""

    mean: list[Number] = Field(description="Posterior mean of the block of b.")
    sd: list[Number] = Field(description="Posterior standard deviation of the block of b.")
    probabilities: list[Number] = Field(description="Of the classes.")


class WindowCode(OfWindow):
    """The code of a window."""

    a_mean: list[Number]
    a_sd: list[Number]
    b: dict[str, FactorCode]
    attention: list[list[Number]] = Field(description="For each head, the weights of the factors.")


class EncodeAnswer(BaseModel):
    """Codes, as returned by ``DeepDIVE.encode``."""

    classes: dict[str, list[str]] = Field(description="Of each factor.")
    windows: list[WindowCode]


class ClassInCode(BaseModel):
    """The class of a factor in a code, and its probability: 1 if the label was given."""

    name: str
    probability: Number


class Generated(BaseModel):
    """What the decoder generates from a code."""

    mean: Curves = Field(description="Of the forecast.")
    quantiles: list[Curves] = Field(description="Of the forecast, one per level.")
    window: Curves = Field(description="Reconstruction of the window.")


class WindowWhatIf(OfWindow):
    """A window under its own code and under a changed one."""

    times: list[Time] = Field(description="Of the steps ahead.")
    window_times: list[Time] = Field(description="Of the window's rows.")
    truth: Curves = Field(description="Observed values of the window.")
    before: dict[str, ClassInCode]
    after: dict[str, ClassInCode]
    factual: Generated
    counterfactual: Generated
    difference: Curves = Field(description="Counterfactual minus factual mean.")


class WhatIfAnswer(BaseModel):
    """Forecasts under other classes or in a scenario, as returned by ``DeepDIVE.what_if``."""

    channels: list[str]
    levels: list[float]
    scenario: list[str] = Field(description="What changes in rows to forecast, in words.")
    windows: list[WindowWhatIf]


class Stop(BaseModel):
    """One position of a traversal."""

    position: float
    window: Curves = Field(description="Reconstruction of the window.")
    forecast: Curves
    probabilities: list[Number] = Field(description="Of the classes of the factor that is moved; empty for a.")


class WindowTraversal(OfWindow):
    """The traversal of a window."""

    times: list[Time] = Field(description="Of the steps ahead.")
    window_times: list[Time] = Field(description="Of the window's rows.")
    own_position: Number
    own_window: Curves
    own_forecast: Curves
    stops: list[Stop]


class TraverseAnswer(BaseModel):
    """Traversals, as returned by ``DeepDIVE.traverse``."""

    dimension: str
    unit: str = Field(description="Of the positions: prior sd, or class.")
    classes: list[str]
    channels: list[str]
    windows: list[WindowTraversal]


class Score(OfWindow):
    """The anomaly score of a window.

    It is -log10 of the share of reference windows that are at least as anomalous; null if it cannot be computed.
    """

    score: Number


class AnomalyAnswer(Score):
    """One of the most anomalous windows, with reasons in words."""

    rarity: str
    main_score: str
    channel: str | None
    reasons: list[str]


class AnomaliesAnswer(BaseModel):
    """Anomaly scores, as returned by ``DeepDIVE.anomalies``."""

    reference: str = Field(description="The windows that scores are measured against.")
    reference_windows: int
    scores: list[str]
    windows: list[Score]
    anomalous: list[AnomalyAnswer]

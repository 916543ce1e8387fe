"""Answer to GET /model: the model, the data, and the limits of a request."""

import numpy as np
from pydantic import BaseModel, Field

from divecast.explain.counterfactuals.counterfactual import coded_factors
from divecast.explorer.explorer import Explorer
from divecast.explorer.limits import MOST_LEVELS, MOST_POSITIONS, MOST_WINDOWS
from divecast.inference.results import Keys
from divecast.web.forecast_answer import Time, time_of


class FactorAnswer(BaseModel):
    """A factor of the model."""

    kind: str = Field(description="plain, ordered or cyclic.")
    classes: list[str]
    in_code: bool = Field(description="Whether what-if can change it.")


class DataAnswer(BaseModel):
    """The data of the server."""

    windows: int
    rows: int
    first: Time | None = Field(description="First time at which a forecast may start; null for recordings.")
    last: Time | None = Field(description="Last such time, the row after the end; null for recordings.")
    recordings: dict[str, int] | None = Field(description="Rows of each recording; null if there is a clock.")


class LimitsAnswer(BaseModel):
    """Limits of one request."""

    body_bytes: int
    windows: int
    scored_windows: int
    levels: int
    positions: int
    numbers: int
    seconds: float


class ModelAnswer(BaseModel):
    """The model, and what it can be asked."""

    horizon: int
    lookback: int
    frequency: str
    tz: str | None = Field(description="Time zone of all times; null for recordings.")
    channels: list[str]
    factors: dict[str, FactorAnswer]
    dimensions: list[str] = Field(description="Dimensions of the code that can be traversed.")
    data: DataAnswer
    limits: LimitsAnswer


def model_answer(explorer: Explorer) -> ModelAnswer:
    """Describe the model and the data of the server."""
    fitted, clock = explorer.fitted, explorer.windows.source.clock
    coded = coded_factors(fitted)
    factors = {
        known.name: FactorAnswer(kind=known.kind, classes=list(known.classes), in_code=known.name in coded)
        for known in fitted.vocabularies
    }
    return ModelAnswer(
        horizon=fitted.shape.horizon,
        lookback=fitted.shape.lookback,
        frequency=fitted.frequency,
        tz=None if clock is None else clock.tz,
        channels=list(fitted.channels),
        factors=factors,
        dimensions=_dimensions(explorer),
        data=_data(explorer),
        limits=_limits(explorer),
    )


def _dimensions(explorer: Explorer) -> list[str]:
    network = explorer.fitted.network
    names = [f"a{i}" for i in range(network.n_conditional)]
    if network.marginal.mixtures:
        for factor, size in zip(coded_factors(explorer.fitted), network.marginal.block_sizes, strict=True):
            names += [f"b_{factor}", *(f"b_{factor}{i}" for i in range(size))]
    return names


def _data(explorer: Explorer) -> DataAnswer:
    windows, source = explorer.windows, explorer.windows.source
    n_rows = len(source.values)
    if source.clock is None:
        rows = dict(zip(source.names, np.diff(source.offsets).tolist(), strict=True))
        return DataAnswer(windows=len(windows), rows=n_rows, first=None, last=None, recordings=rows)
    ends = windows.subset([0, -1])
    stamps = Keys.of(source, ends.origins, ends.segments, range(1)).stamps[:, 0]
    first, last = map(time_of, stamps)
    return DataAnswer(windows=len(windows), rows=n_rows, first=first, last=last, recordings=None)


def _limits(explorer: Explorer) -> LimitsAnswer:
    limits = explorer.limits
    return LimitsAnswer(
        body_bytes=limits.body_bytes,
        windows=MOST_WINDOWS,
        scored_windows=limits.scored,
        levels=MOST_LEVELS,
        positions=MOST_POSITIONS,
        numbers=limits.numbers,
        seconds=limits.seconds,
    )

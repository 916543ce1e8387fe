"""Forecasts as JSON, in original units; null stands for NaN."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from divecast.inference.results import Floats, Forecast, ForecastParts, Keys

Columns = NDArray[np.int64]
Number = float | None
Time = str | float
"""Wall time in the data's time zone, as ISO 8601 without offset; or seconds since the recording's start."""
Curves = list[list[Number]]
"""One list per channel, with one number per step."""


class OfWindow(BaseModel):
    """The window of an answer."""

    recording: str | None = Field(description="Null if the data have a clock.")
    end: Time = Field(description="Time of the window's last row.")


class ForecastPart(BaseModel):
    """What a forecast is made of: level, an effect, a carry-over, or code and network."""

    name: str
    kind: str
    values: Curves


class WindowForecast(OfWindow):
    """The forecast of a window."""

    times: list[Time] = Field(description="Of the steps ahead.")
    mean: Curves
    quantiles: list[Curves] = Field(description="One per level.")
    parts: list[ForecastPart] = Field(description="Their sum is the mean; empty unless asked for.")


class ForecastAnswer(BaseModel):
    """Forecasts, as returned by ``DeepDIVE.forecast``."""

    channels: list[str]
    levels: list[float]
    windows: list[WindowForecast]


def forecast_answer(forecast: Forecast, parts: ForecastParts | None, columns: Columns) -> ForecastAnswer:
    """Convert a forecast and, if they are asked for, its parts; ``columns`` are the channels to return."""
    named = () if parts is None else tuple(zip(parts.names, parts.kinds, parts.values, strict=True))
    windows = [
        WindowForecast(
            **key,
            times=times_of(forecast.keys.stamps[window, 1:]),
            mean=curves_of(forecast.mean[window], columns),
            quantiles=[curves_of(level[window], columns) for level in forecast.quantiles],
            parts=[
                ForecastPart(name=name, kind=kind, values=curves_of(of[window], columns)) for name, kind, of in named
            ],
        )
        for window, key in enumerate(keys_of(forecast.keys, 0))
    ]
    return ForecastAnswer(channels=names_of(forecast.channels, columns), levels=list(forecast.levels), windows=windows)


def time_of(stamp: Any) -> Time:
    """Return a time as ISO 8601, or as seconds."""
    return str(stamp) if isinstance(stamp, np.datetime64) else float(stamp)


def keys_of(keys: Keys, end: int) -> Iterator[dict[str, Any]]:
    """Yield recording and end of each window; ``end`` is the column of its last row among the stamps."""
    for index, stamps in enumerate(keys.stamps):
        yield {
            "recording": None if keys.recordings is None else str(keys.recordings[index]),
            "end": time_of(stamps[end]),
        }


def times_of(stamps: NDArray[Any]) -> list[Time]:
    """Return times as ISO 8601, or as seconds."""
    return [time_of(stamp) for stamp in stamps]


def curves_of(values: Floats, columns: Columns) -> Curves:
    """Turn (step, channel) into one list per channel."""
    curves: Curves = values.T[columns].tolist()
    return curves


def names_of(channels: Sequence[str], columns: Columns) -> list[str]:
    """Return the names of the channels of an answer."""
    return [channels[column] for column in columns]

"""Answers: results as JSON, as an Arrow stream or as a Parquet file, with the warnings that came with them."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
from numpy.typing import NDArray
from pydantic import BaseModel, Field

from divecast.inference.results import Floats, Forecast, ForecastParts
from divecast.inference.results.ensemble import Ensemble
from divecast.service.bodies import ARROW, JSON
from divecast.web.forecast_answer import (
    Columns,
    Curves,
    ForecastAnswer,
    ForecastPart,
    OfWindow,
    Time,
    curves_of,
    forecast_answer,
    keys_of,
    names_of,
    times_of,
)


class Answer(BaseModel):
    """What all answers tell."""

    model: str
    tz: str | None = Field(description="Time zone of the times; null for recordings.")
    warnings: list[str] = Field(description="What was missing, unusual or corrected in the rows; empty if nothing was.")


class ForecastsAnswer(ForecastAnswer, Answer):
    """Forecasts, as returned by ``DeepDIVE.forecast``."""


class WindowParts(OfWindow):
    """What the forecast of a window is made of."""

    times: list[Time] = Field(description="Of the steps ahead.")
    parts: list[ForecastPart] = Field(description="Their sum is the mean.")


class PartsAnswer(Answer):
    """Parts of forecasts, as returned by ``Forecast.parts``."""

    channels: list[str]
    windows: list[WindowParts]


class WindowPaths(OfWindow):
    """Joint scenarios of a window, summarised."""

    times: list[Time] = Field(description="First step of each period.")
    n_steps: list[int] = Field(description="Number of steps in each period.")
    mean: Curves = Field(description="Mean over the paths; of exceeds the probability.")
    quantiles: list[Curves] = Field(description="One per level.")
    paths: list[Curves] | None = Field(description="The paths, if they were asked for.")


class PathsAnswer(Answer):
    """Quantiles of sample paths, or of their sums and peaks, as returned by ``Forecast.ensemble``."""

    what: str = Field(description="What the numbers are, in words.")
    names: list[str] = Field(description="Series, or groups of them.")
    levels: list[float]
    windows: list[WindowPaths]


@dataclass(frozen=True, slots=True)
class About:
    """What an answer tells of itself.

    Attributes:
        model: name of the model.
        tz: time zone of the times.
        format: format of the answer.
    """

    model: str
    tz: str | None
    format: str

    def told(self, warnings: Sequence[str]) -> dict[str, Any]:
        """Return the fields of an answer that tell of it."""
        return {"model": self.model, "tz": self.tz, "warnings": list(warnings)}


def forecast_bytes(about: About, forecast: Forecast, columns: Columns, warnings: Sequence[str]) -> bytes:
    """Return forecasts as they are sent; ``columns`` are the channels to return."""
    if about.format != JSON:
        return _table(about, _of_channels(forecast.frame(backend="pyarrow"), forecast.channels, columns), warnings)
    answer = forecast_answer(forecast, None, columns)
    return ForecastsAnswer(**dict(answer), **about.told(warnings)).model_dump_json().encode()


def parts_bytes(about: About, parts: ForecastParts, columns: Columns, warnings: Sequence[str]) -> bytes:
    """Return the parts of forecasts as they are sent."""
    if about.format != JSON:
        return _table(about, _of_channels(parts.frame(backend="pyarrow"), parts.channels, columns), warnings)
    windows = [
        WindowParts(
            **key,
            times=times_of(parts.keys.stamps[window, 1:]),
            parts=[
                ForecastPart(name=name, kind=kind, values=curves_of(values[window], columns))
                for name, kind, values in zip(parts.names, parts.kinds, parts.values, strict=True)
            ],
        )
        for window, key in enumerate(keys_of(parts.keys, 0))
    ]
    answer = PartsAnswer(channels=names_of(parts.channels, columns), windows=windows, **about.told(warnings))
    return answer.model_dump_json().encode()


def paths_bytes(
    about: About, found: Ensemble, levels: Sequence[float], with_paths: bool, warnings: Sequence[str]
) -> bytes:
    """Return what was asked of paths as it is sent."""
    if about.format != JSON:
        return _table(about, found.frame(levels, backend="pyarrow"), warnings)
    quantiles, every = found.quantiles(levels), np.arange(len(found.names))
    windows = []
    for window, key in enumerate(keys_of(found.keys, 0)):
        there = found.n_steps[window] > 0

        def curves(values: Floats, there: NDArray[np.bool_] = there) -> Curves:
            return curves_of(values[there], every)

        windows.append(
            WindowPaths(
                **key,
                times=times_of(found.starts[window, there]),
                n_steps=found.n_steps[window, there].tolist(),
                mean=curves(found.mean[window]),
                quantiles=[curves(level[window]) for level in quantiles],
                paths=[curves(path[window]) for path in found.values] if with_paths else None,
            )
        )
    answer = PathsAnswer(
        what=found.what, names=list(found.names), levels=list(levels), windows=windows, **about.told(warnings)
    )
    return answer.model_dump_json().encode()


def _of_channels(table: pa.Table, channels: Sequence[str], columns: Columns) -> pa.Table:
    if len(columns) == len(channels):
        return table
    kept = pa.compute.is_in(table["unique_id"], pa.array(names_of(channels, columns)))
    return table.filter(kept)


def _table(about: About, table: pa.Table, warnings: Sequence[str]) -> bytes:
    """Return a table in a format; what is told beside it is in the metadata of its schema, as JSON."""
    told = json.dumps(about.told(warnings)).encode()
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), b"divecast": told})
    written = io.BytesIO()
    if about.format == ARROW:
        with pa.ipc.new_stream(written, table.schema) as stream:
            stream.write_table(table)
    else:
        pyarrow.parquet.write_table(table, written)
    return written.getvalue()

"""Windows and futures drawn from the prior, as a result."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.data import Backend, to_frame
from divecast.inference.results.columns import Columns, Floats, merged


@dataclass(frozen=True, eq=False, slots=True)
class Samples(Plottable):
    """Windows and futures drawn from the prior, in original units.

    Attributes:
        channels: names.
        x: (sample, time, channel).
        y: (sample, horizon, channel).
        labels: for each factor the class drawn or asked for, (sample,) names.
        backend: kind of table to give back.
    """

    channels: tuple[str, ...]
    x: Floats
    y: Floats
    labels: dict[str, NDArray[Any]]
    backend: Backend

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a row per sample and step: ``sample, step`` (1 is the first future step), labels, channels."""
        values = np.concatenate([self.x, self.y], axis=1)
        n, steps, _ = values.shape
        columns: Columns = {
            "sample": np.repeat(np.arange(n), steps),
            "step": np.tile(np.arange(steps) - self.x.shape[1] + 1, n),
        }
        drawn = {name: np.repeat(column, steps) for name, column in self.labels.items()}
        by_channel = dict(zip(self.channels, values.reshape(n * steps, -1).T, strict=True))
        return to_frame(merged(columns, drawn, by_channel), backend or self.backend)

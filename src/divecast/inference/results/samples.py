"""Windows and futures drawn from the prior."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.data import Backend, to_frame
from divecast.inference.results.columns import Columns, Floats, merged


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Samples(Plottable):
    """Windows and futures drawn from the prior, in original units.

    Attributes:
        channels: names of the channels.
        x: (sample, time, channel) windows.
        y: (sample, horizon, channel) futures.
        labels: for each factor the names of the classes, (sample,), drawn or chosen.
        backend: kind of the tables that ``frame`` returns by default.

    Example:
        >>> samples = model.sample(3, {"weekday": "Sun"})
        >>> samples.x.shape, samples.y.shape
        ((3, 48, 4), (3, 24, 4))
    """

    channels: tuple[str, ...]
    x: Floats
    y: Floats
    labels: dict[str, NDArray[Any]]
    backend: Backend

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return the samples as a table, one row per sample and step.

        Columns: ``sample``, ``step`` (1 is the first step after the window), one per factor and one per channel.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Raises:
            ConfigError: two columns would have the same name.

        Example:
            >>> list(model.sample(3).frame(backend="pandas").columns[:4])
            ['sample', 'step', 'hour', 'weekday']
        """
        values = np.concatenate([self.x, self.y], axis=1)
        n, steps, _ = values.shape
        columns: Columns = {
            "sample": np.repeat(np.arange(n), steps),
            "step": np.tile(np.arange(steps) - self.x.shape[1] + 1, n),
        }
        drawn = {name: np.repeat(column, steps) for name, column in self.labels.items()}
        by_channel = dict(zip(self.channels, values.reshape(n * steps, -1).T, strict=True))
        return to_frame(merged(columns, drawn, by_channel), backend or self.backend)

"""Reconstructions of windows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.data import Backend
from divecast.inference.results.columns import Floats
from divecast.inference.results.keys import Keys


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Reconstruction(Plottable):
    """Windows and their reconstructions from the code alone, in original units.

    Attributes:
        keys: the windows, with the times of their rows.
        channels: names of the channels.
        truth: (window, time, channel) values of the data, NaN where missing.
        mean: (window, time, channel) mean of p(x|a,b) at the mean code.

    Example:
        >>> windows = model.reconstruct(panel, part="test", every=50)
        >>> windows.mean.shape == windows.truth.shape
        True
    """

    keys: Keys
    channels: tuple[str, ...]
    truth: Floats
    mean: Floats

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return the reconstructions as a table, one row per window, channel and time.

        Columns: ``unique_id`` (the channel), ``end`` (time of the window's last row), ``ds, truth, mean``.

        Args:
            backend: ``pandas``, ``polars`` or ``pyarrow``; None for the kind of the data.

        Example:
            >>> list(model.reconstruct(panel, part="test", every=50).frame(backend="pandas").columns)
            ['unique_id', 'end', 'ds', 'truth', 'mean']
        """
        windows, time, channels = self.mean.shape

        def flat(array: NDArray[Any]) -> NDArray[Any]:
            return array.swapaxes(1, 2).reshape(-1)

        series = self.keys.series(self.channels, np.tile(np.repeat(np.arange(channels), time), windows))
        keys = {name: np.repeat(column, time * channels) for name, column in self.keys.columns("end", -1).items()}
        stamps = np.broadcast_to(self.keys.times[:, None], (windows, channels, time)).reshape(-1)
        columns = {**series, **keys, "ds": stamps, "truth": flat(self.truth), "mean": flat(self.mean)}
        return self.keys.frame(columns, backend)

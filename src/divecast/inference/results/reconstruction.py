"""Reconstructed windows, as a result."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast._optional import Plottable
from divecast.data import Backend, to_frame
from divecast.inference.results.columns import Floats
from divecast.inference.results.keys import Keys


@dataclass(frozen=True, eq=False, slots=True)
class Reconstruction(Plottable):
    """Windows as the code alone gives them back, in original units.

    Attributes:
        keys: windows and the times of their rows.
        channels: names.
        truth: (window, time, channel), NaN where missing.
        mean: (window, time, channel).
    """

    keys: Keys
    channels: tuple[str, ...]
    truth: Floats
    mean: Floats

    def frame(self, *, backend: Backend | None = None) -> Any:
        """Return a row per window, channel and time: ``unique_id, end, ds, truth, mean``."""
        windows, time, channels = self.mean.shape

        def flat(array: NDArray[Any]) -> NDArray[Any]:
            return array.swapaxes(1, 2).reshape(-1)

        names = np.tile(np.repeat(np.array(self.channels, dtype=object), time), windows)
        keys = {n: np.repeat(column, time * channels) for n, column in self.keys.columns("end", -1).items()}
        stamps = np.broadcast_to(self.keys.stamps[:, None], (windows, channels, time)).reshape(-1)
        columns = {"unique_id": names, **keys, "ds": stamps, "truth": flat(self.truth), "mean": flat(self.mean)}
        return to_frame(columns, backend or self.keys.backend)

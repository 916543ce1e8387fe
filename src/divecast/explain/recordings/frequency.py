"""The strongest frequency of windows, such as that of steps."""

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches

FREQUENCY = "strongest frequency"
_OVERSAMPLED = 4  # frequencies are read at quarters of a cycle in a window


def strongest_frequency(fitted: FittedModel, windows: Windows) -> NDArray[np.float64]:
    """Return the frequency with the most power in each window, over all channels in scaled units, (window,) in Hz."""
    lookback, found = fitted.shape.lookback, []
    for batch in batches(fitted, windows):
        x = batch.x.cpu().double().numpy()
        seen = np.isfinite(x)
        filled = np.where(seen, x, 0.0)
        centred = np.where(seen, filled - filled.sum(1, keepdims=True) / np.maximum(seen.sum(1, keepdims=True), 1), 0.0)
        power = np.square(np.abs(np.fft.rfft(centred, _OVERSAMPLED * lookback, axis=1))).sum(2)
        found.append(1.0 + power[:, 1:].argmax(1))
    frequency: NDArray[np.float64] = np.concatenate(found) * (windows.source.rate or 1.0) / (_OVERSAMPLED * lookback)
    return frequency

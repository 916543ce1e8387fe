"""Period and size of a repeated movement, such as the time of a stride."""

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import batches

Floats = NDArray[np.float64]

PERIOD, SIZE = "period (s)", "size"
_LONGEST = 0.75  # of the look-back
_AS_HIGH = 0.7  # a peak before the highest one counts from this share of it on: two periods fit as well as one
_LEAST = 1e-12


def period_and_size(fitted: FittedModel, windows: Windows) -> Floats:
    """Return period (s) and size (scaled units) of the movement in each window, (window, 2).

    The period is the lag of the first high peak of the autocorrelation, summed over the channels in scaled units, of at
    most three quarters of a look-back; NaN where there is no peak. The size is the root mean square deviation from the
    mean of the window.
    """
    found = []
    for batch in batches(fitted, windows):
        x = batch.x.cpu().double().numpy()
        seen = np.isfinite(x)
        mean = np.where(seen, x, 0.0).sum(1, keepdims=True) / np.maximum(seen.sum(1, keepdims=True), 1)
        centred = np.where(seen, x - mean, 0.0)
        size = np.sqrt(np.square(centred).sum((1, 2)) / np.maximum(seen.sum((1, 2)), 1))
        found.append(np.stack([_period(centred) / (windows.source.rate or 1.0), size], axis=1))
    return np.concatenate(found)


def _period(x: Floats) -> Floats:
    """(window,) period of (window, time, channel), in rows, by a parabola through a peak and its neighbours."""
    length = x.shape[1]
    longest = int(_LONGEST * length)
    power = np.square(np.abs(np.fft.rfft(x, 2 * length, axis=1))).sum(2)
    likeness = np.fft.irfft(power, 2 * length, axis=1)[:, : longest + 2]
    likeness /= np.maximum(likeness[:, :1], _LEAST) * (1.0 - np.arange(longest + 2) / length)
    middle = likeness[:, 1:-1]
    is_peak = (middle > 0.0) & (middle >= likeness[:, :-2]) & (middle > likeness[:, 2:])
    highest = np.where(is_peak, middle, -np.inf).max(1, initial=-np.inf, keepdims=True)
    first = 1 + (is_peak & (middle >= _AS_HIGH * highest)).argmax(1)
    row = np.arange(len(x))
    before, at, after = (likeness[row, first + step] for step in (-1, 0, 1))
    bend = before - 2.0 * at + after
    shift = np.where(np.abs(bend) > _LEAST, 0.5 * (before - after) / np.where(bend == 0.0, 1.0, bend), 0.0)
    return np.where(is_peak.any(1), first + shift, np.nan)

"""Gait of twelve people after stroke (Ensink et al., Sensors 24, 710, 2024), one foot, with a stride time a window."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from divecast.data import Recordings
from divecast.errors import DataError

RATE = 100.0
WINDOW = 1000
_SIGNALS, _TRIALS = "signals_int16.npz", "trials.csv"
_FORMAT = (
    f"a folder with {_SIGNALS} (numpy arrays channels, scale and, by key, one of rows at 100 Hz and channels for each "
    f"trial) and {_TRIALS} (columns key, participant, condition, stride_left_s), or with tables of GaitMotion "
    "(research/paper/gaitmotion.py)"
)
_HOP = 50  # rows from one estimate to the next; 0.5 s
_SHORTEST, _LONGEST = 0.6, 3.0  # s, a stride; of a foot, so of two steps
_SAME_PEAK = 0.7  # the first peak of this share of the highest is one stride; the highest may be two or three
_LEAST_PEAK = 0.2  # a window that repeats itself less is not walking


@dataclass(frozen=True, slots=True)
class Trial:
    """One line of trials.csv.

    Attributes:
        key: name of the recording in the signals.
        participant: whose gait.
        condition: which feedback.
        stride_s: left stride time of the whole trial as the table has it, seconds.
    """

    key: str
    participant: str
    condition: str
    stride_s: float


def has_gait(path: Path) -> bool:
    """Whether ``path`` is a folder with the signals and the table of trials."""
    return (path / _SIGNALS).is_file() and (path / _TRIALS).is_file()


def read_trials(path: Path) -> list[Trial]:
    """Read the trials that have a recording, in the order of the table.

    Raises:
        DataError: the table is no UTF-8 text, lacks a column, has none of them, or a stride time is no number.
    """
    expected = f"expected UTF-8 text with columns key, participant, condition and stride_left_s (seconds) in {_TRIALS}"
    try:
        with (path / _TRIALS).open(newline="", encoding="utf-8") as file:
            trials = [
                Trial(row["key"], row["participant"], row["condition"], float(row["stride_left_s"]))
                for row in csv.DictReader(file, restval="")
                if row["key"]
            ]
    except (KeyError, ValueError, OSError, csv.Error) as error:
        raise DataError(f"{expected}, got {error}") from error
    if not trials:
        raise DataError(f"{expected}, got no trial with a key")
    return trials


def read_gait(path: Path) -> tuple[Recordings, str]:
    """Read the left foot: 6 channels at 100 Hz, labels ``condition``, ``participant`` and ``stride_time``.

    Returns:
        The recordings, acceleration in m/s2 and rotation in rad/s; and a line about them. ``stride_time`` is a label of
        rows, seconds, of the 1000 rows that end there; see ``stride_times``.

    Raises:
        DataError: the folder holds something else, or trials and signals do not fit together.
    """
    if not has_gait(path):
        inside = sorted(entry.name for entry in path.iterdir())[:12] if path.is_dir() else []
        found = f"with {inside or 'nothing'} in it" if path.is_dir() else "which is no folder"
        raise DataError(f"expected {_FORMAT}; got {path}, {found}")
    trials = read_trials(path)
    arrays, channels = _left_foot(path / _SIGNALS, [trial.key for trial in trials])
    gyroscope = [at for at, name in enumerate(channels) if "_gyr_" in name]
    whole = Recordings.from_arrays(
        arrays,
        labels={"condition": [t.condition for t in trials], "participant": [t.participant for t in trials]},
        rate=RATE,
        channels=channels,
        names=[trial.key for trial in trials],
    )
    strides = np.concatenate([stride_times(array[:, gyroscope]) for array in arrays])
    labelled = Recordings(
        whole.values, whole.offsets, whole.names, whole.channels, RATE, whole.labels, {"stride_time": strides}
    )
    n_people = len({trial.participant for trial in trials})
    about = (
        f"left foot of {n_people} people after stroke on a treadmill, {len(trials)} recordings of "
        f"{len(whole.values) / RATE / 60:.0f} min in all, {len(channels)} channels, 100 Hz"
    )
    return labelled, about


def stride_times(
    rotation: NDArray[np.floating], window: int = WINDOW, rate: float = RATE, hop: int = _HOP
) -> NDArray[np.float64]:
    """Stride time of the window that ends at each row, from the autocorrelation of the foot's rotation.

    The autocovariances of the three axes, each over the rows two shifted copies share, are added and divided by that
    at lag 0; the stride is the first peak between 0.6 and 3 s of at least seven tenths of the highest, refined by a
    parabola through its neighbours. A new window is taken every ``hop`` rows and its value held until the next.

    Args:
        rotation: (row, axis) any unit.
        window: rows of a window.
        rate: rows a second, Hz.
        hop: rows from one window to the next.

    Returns:
        (row,) seconds, NaN before the first whole window and where no peak is above 0.2.
    """
    times = np.full(len(rotation), np.nan)
    if len(rotation) < window:
        return times
    views = np.lib.stride_tricks.sliding_window_view(rotation, window, axis=0)[::hop]
    found = np.concatenate([_periods(views[at : at + 256], rate) for at in range(0, len(views), 256)])
    times[window - 1 :] = np.repeat(found, hop)[: len(rotation) - window + 1]
    return times


def _periods(views: NDArray[np.floating], rate: float) -> NDArray[np.float64]:
    """(window,) seconds of windows (window, axis, row)."""
    correlation = _autocorrelation(views)
    low, high = round(_SHORTEST * rate), round(_LONGEST * rate)
    middle, before, after = (correlation[:, low + by : high + by] for by in (0, -1, 1))
    peak = (middle > before) & (middle >= after)
    height = np.where(peak, middle, -np.inf)
    best = height.max(axis=1)
    place = np.argmax(height >= _SAME_PEAK * best[:, None], axis=1)
    left, top, right = (np.take_along_axis(part, place[:, None], axis=1)[:, 0] for part in (before, middle, after))
    bend = left - 2 * top + right
    shift = np.divide(0.5 * (left - right), bend, out=np.zeros_like(bend), where=bend < 0)
    return np.where(best >= _LEAST_PEAK, (low + place + shift) / rate, np.nan)


def _autocorrelation(views: NDArray[np.floating]) -> NDArray[np.float64]:
    """(window, lag) of windows (window, axis, row), all axes together."""
    length = views.shape[-1]
    centred = views - views.mean(axis=-1, keepdims=True)
    power = np.abs(np.fft.rfft(centred, 2 * length, axis=-1)) ** 2
    products = np.fft.irfft(power.sum(axis=1), 2 * length, axis=-1)[:, :length]
    covariance = products / (length - np.arange(length))
    correlation: NDArray[np.float64] = covariance / np.maximum(covariance[:, :1], np.finfo(np.float64).tiny)
    return correlation


def _left_foot(path: Path, keys: list[str]) -> tuple[list[NDArray[np.float32]], list[str]]:
    try:
        # Opened here, as numpy leaves the file of a damaged archive open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            names, scale = [str(name) for name in file["channels"]], file["scale"]
            foot = [at for at, name in enumerate(names) if name.startswith("leftfoot_")]
            arrays = [(file[key][:, foot] / scale[foot]).astype(np.float32) for key in keys]
    except Exception as error:  # a damaged archive can raise anything, out of zipfile, zlib and numpy
        raise DataError(
            f"expected a whole archive of arrays channels, scale and one (row, channel) for each trial in {path.name}, "
            f"cannot read it: {type(error).__name__}: {error}"
        ) from error
    if len(foot) != 6:
        raise DataError(f"expected 6 channels leftfoot_... in {path.name}, got {[names[at] for at in foot]}")
    return arrays, [names[at] for at in foot]

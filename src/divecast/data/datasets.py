"""Small real data sets that ship with the package; their licences are in ``shipped/``.

``scripts/make_datasets.py`` builds them from the packages that publish them.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from divecast.data.names import listed
from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import Recordings
from divecast.data.tables.frames import default_backend
from divecast.errors import ConfigError

_MOTION_RATE = 50.0
_MOTION_LABELS = ("exercise", "side", "subject")


def available() -> tuple[str, ...]:
    """Names of the shipped data sets.

    Example:
        >>> datasets.available()
        ('loads', 'motion')
    """
    return tuple(_LOADERS)


def is_shipped(data: str | Path) -> bool:
    """Whether a name means a shipped data set, that is, no file or folder has this name.

    Example:
        >>> datasets.is_shipped("loads"), datasets.is_shipped("loads.csv")
        (True, False)
    """
    return str(data) in _LOADERS and not Path(data).exists()


@overload
def load(name: Literal["loads"]) -> Panel: ...


@overload
def load(name: Literal["motion"]) -> Recordings: ...


@overload
def load(name: str) -> Panel | Recordings: ...


def load(name: str) -> Panel | Recordings:
    """Load a shipped data set.

    Results are returned as tables of pandas, else of polars, else of pyarrow, whichever is installed.

    Args:
        name: "loads" or "motion"; see :func:`load_loads` and :func:`load_motion`.

    Raises:
        ConfigError: there is no data set of that name.

    Example:
        >>> datasets.load("loads").values.shape
        (8784, 27)
        >>> datasets.load("motion")
        Recordings(140 of 947 to 2618 rows, 6 channels, 50 Hz)
    """
    if name not in _LOADERS:
        raise ConfigError(f"There is no data set {name!r}", expected=listed(available()), argument="name")
    return _LOADERS[name]()


def load_loads() -> Panel:
    """Electric load of 27 German consumer classes in 2016: 8,784 hours x 27 channels.

    Hourly means of the SimBench 15-minute active power profiles, relative to the highest quarter-hour of each profile.
    Channels by class: H0 households, G0-G6 commerce, L0-L2 farms, BL band load, WB night storage heating. The clock
    starts at 2015-12-31T23:00 UTC and calendar factors are read in Europe/Berlin. No value is missing.
    Five of the household profiles (H0-A, H0-B, H0-C, H0-G, H0-L) shift by an hour at both clock changes, as if recorded
    in standard time all year; they are kept as published. BL-H has no daily or weekly cycle.

    From SimBench (www.simbench.net), under the Open Database License 1.0; cite Meinecke et al., "SimBench - A
    Benchmark Dataset of Electric Power Systems to Compare Innovative Solutions Based on Power Flow Analysis",
    Energies 13(12), 3290, 2020.

    Example:
        >>> datasets.load_loads().channels[:3]
        ('BL-H', 'G0-A', 'G0-M')
    """
    members = _read("loads.npz")
    channels = [str(name) for name in members["channels"]]
    start = np.datetime64(members["start"].item(), "s")
    panel = Panel.from_array(members["values"].T, start, "1h", channels=channels, tz="Europe/Berlin")
    return replace(panel, backend=default_backend())


def load_motion() -> Recordings:
    """Smart watch signals of shoulder exercises: 140 recordings of 947 to 2,618 steps x 6 channels at 50 Hz.

    Channels: acceleration ax, ay, az (g) and rotation wx, wy, wz (rad/s), stored as multiples of 1/32767 of each
    channel's largest value. Labels of each recording: ``exercise`` (PEN, ABD, FEL, IR, ER, TRAP, ROW), ``side`` (left,
    right) and ``subject`` (01 to 10), every combination once. No value is missing.

    From seglearn (BSD 3-clause); cite Burns et al., "Shoulder physiotherapy exercise recognition: machine learning the
    inertial signals from a smartwatch", Physiological Measurement 39(7), 2018, arXiv 1802.01489.

    Example:
        >>> sorted(datasets.load_motion().labels)
        ['exercise', 'side', 'subject']
    """
    members = _read("motion.npz")
    signal = members["values"].T * members["step"]
    arrays = np.split(signal, np.cumsum(members["lengths"])[:-1])
    labels = {name: members[name].tolist() for name in _MOTION_LABELS}
    channels = [str(name) for name in members["channels"]]
    recordings = Recordings.from_arrays(arrays, labels=labels, rate=_MOTION_RATE, channels=channels)
    return replace(recordings, backend=default_backend())


_LOADERS: dict[str, Callable[[], Panel | Recordings]] = {"loads": load_loads, "motion": load_motion}


def _read(name: str) -> dict[str, NDArray[Any]]:
    with files("divecast.data").joinpath("shipped", name).open("rb") as stream, np.load(stream) as archive:
        return {member: archive[member] for member in archive.files}

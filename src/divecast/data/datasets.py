"""Small real data sets that ship with the package, with their licences in ``shipped/``.

They are made by ``scripts/make_datasets.py`` from the packages that publish them.
"""

from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
from numpy.typing import NDArray

from divecast.data.sources.panel import Panel
from divecast.data.sources.recordings import Recordings
from divecast.data.tables.frames import default_backend
from divecast.errors import ConfigError

_MOTION_RATE = 50.0
_MOTION_LABELS = ("exercise", "side", "subject")


def available() -> tuple[str, ...]:
    """Names that ``load`` knows."""
    return tuple(_LOADERS)


def is_shipped(data: str | Path) -> bool:
    """Whether a name stands for a shipped data set: no file or folder of that name exists."""
    return str(data) in _LOADERS and not Path(data).exists()


@overload
def load(name: Literal["loads"]) -> Panel: ...


@overload
def load(name: Literal["motion"]) -> Recordings: ...


@overload
def load(name: str) -> Panel | Recordings: ...


def load(name: str) -> Panel | Recordings:
    """Load a shipped data set.

    Args:
        name: ``loads`` or ``motion``; see ``load_loads`` and ``load_motion``.

    Raises:
        ConfigError: there is no data set of that name.
    """
    if name not in _LOADERS:
        raise ConfigError(f"expected one of the data sets {', '.join(map(repr, available()))}, got {name!r}")
    return _LOADERS[name]()


def load_loads() -> Panel:
    """Electric load of 27 German consumer classes in 2016: 8,784 hours x 27 channels.

    Hourly means of the SimBench 15-minute active power profiles, as a share of each profile's highest quarter-hour.
    Channels by class: H0 households, G0-G6 commerce, L0-L2 farms, BL band load, WB night storage heating. The clock
    runs in UTC from 2015-12-31T23:00 and calendar factors are read in Europe/Berlin. No value is missing.
    Five of the household profiles (H0-A, H0-B, H0-C, H0-G, H0-L) move by an hour at both clock changes, as if they
    had been recorded in standard time all year; they are kept as published. BL-H has no daily or weekly cycle.

    From SimBench (www.simbench.net), under the Open Database License 1.0; cite Meinecke et al., "SimBench - A
    Benchmark Dataset of Electric Power Systems to Compare Innovative Solutions Based on Power Flow Analysis",
    Energies 13(12), 3290, 2020.
    """
    members = _read("loads.npz")
    channels = [str(name) for name in members["channels"]]
    start = np.datetime64(members["start"].item(), "s")
    panel = Panel.from_array(members["values"].T, start, "1h", channels=channels, tz="Europe/Berlin")
    return replace(panel, backend=default_backend())


def load_motion() -> Recordings:
    """Smart watch signals of shoulder exercises: 140 recordings of 947 to 2,618 steps x 6 channels at 50 Hz.

    Channels: acceleration ax, ay, az (g) and rotation wx, wy, wz (rad/s), kept as whole multiples of 1/32767 of each
    channel's largest value. Labels of each recording: ``exercise`` (PEN, ABD, FEL, IR, ER, TRAP, ROW), ``side`` (left,
    right) and ``subject`` (01 to 10), every combination once. No value is missing.

    From seglearn (BSD 3-clause); cite Burns et al., "Shoulder physiotherapy exercise recognition: machine learning the
    inertial signals from a smartwatch", Physiological Measurement 39(7), 2018, arXiv 1802.01489.
    """
    members = _read("motion.npz")
    signal = members["values"].T * members["step"]
    recordings = np.split(signal, np.cumsum(members["lengths"])[:-1])
    labels = {name: members[name].tolist() for name in _MOTION_LABELS}
    channels = [str(name) for name in members["channels"]]
    motion = Recordings.from_arrays(recordings, labels=labels, rate=_MOTION_RATE, channels=channels)
    return replace(motion, backend=default_backend())


_LOADERS: dict[str, Callable[[], Panel | Recordings]] = {"loads": load_loads, "motion": load_motion}


def _read(name: str) -> dict[str, NDArray[Any]]:
    with files("divecast.data").joinpath("shipped", name).open("rb") as stream, np.load(stream) as archive:
        return {member: archive[member] for member in archive.files}

"""A heat: one horizon of one track, as the files an entry's process is given. Needs numpy alone."""

import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from research.race.tracks import CalendarName

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Heat:
    """What an entry is told.

    The origin of a window is the row of its first future step, as in divecast: a forecast from origin ``o`` may be made
    of rows before ``o`` and of the calendar, which is known for all rows.

    Attributes:
        track: its name.
        horizon: steps to forecast.
        lookback: rows before an origin that may be looked at.
        steps: those that are scored; empty: all.
        season: rows in a season.
        n_train: rows of the training part, the first ones.
        n_valid: rows of the validation part, which follow; what comes then is the test part.
        first: first origin to forecast from.
        stop: origin after the last one.
        every: quantiles are wanted from every so many origins.
        channels: names of the series.
        calendar: names of the columns of the calendar.
        n_classes: classes of each.
        covariates: names of the columns of numbers that are known for all rows.
        labels: names of the columns of labels that are known for all rows.
        start: time of the first row, UTC, ISO.
        step: from row to row, such as "1h".
        zone: of the calendar.
        threads: for linear algebra.
        seed: of every draw.
        least_seconds: CPU time a fit should take at least, where more of it can help.
        most_seconds: CPU time after which a fit is cut short.
        starts: first row of each recording; empty for a panel. Windows lie within a recording, and recordings within a
            part.
        people: whose recording each is.
        train_every: rows from one training window of a recording to the next.
        score_every: rows from one window that is scored to the next, in validation and test recordings.
        unfinished: file in which a long fit keeps what it has reached; empty for none.
    """

    track: str
    horizon: int
    lookback: int
    steps: tuple[int, ...]
    season: int
    n_train: int
    n_valid: int
    first: int
    stop: int
    every: int
    channels: tuple[str, ...]
    calendar: tuple[CalendarName, ...]
    n_classes: tuple[int, ...]
    covariates: tuple[str, ...]
    labels: tuple[str, ...]
    start: str
    step: str
    zone: str
    threads: int
    seed: int
    least_seconds: float
    most_seconds: float
    starts: tuple[int, ...] = ()
    people: tuple[str, ...] = ()
    train_every: int = 1
    score_every: int = 1
    unfinished: str = ""

    @property
    def origins(self) -> NDArray[np.int64]:
        """(window,) all origins of the test part; of recordings, every ``score_every``-th."""
        if self.starts:
            return self._within((self.first, self.stop), self.lookback, self.score_every)
        return np.arange(self.first, self.stop)

    def train_origins(self, lookback: int) -> NDArray[np.int64]:
        """Return (window,) the origins whose window, of ``lookback`` rows, and future lie in the training part."""
        if self.starts:
            return self._within((0, self.n_train), lookback, self.train_every)
        return np.arange(lookback, self.n_train - self.horizon + 1)

    @property
    def past(self) -> int:
        """Rows a fit may see: training and validation part."""
        return self.n_train + self.n_valid

    @property
    def valid_origins(self) -> NDArray[np.int64]:
        """(window,) origins whose whole horizon lies in the validation part, thinned as the test part's are.

        Those of a panel are thinned to a few hundred.
        """
        if self.starts:
            return self._within((self.n_train, self.past), self.lookback, self.score_every)
        every = np.arange(self.n_train, self.past - self.horizon + 1)
        return every[:: thinning(len(every), 300)]

    def recording_of(self, origins: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return (window,) the number of the recording that each origin lies in."""
        return np.searchsorted(self.starts, origins, side="right") - 1

    def _within(self, rows: tuple[int, int], lookback: int, every: int) -> NDArray[np.int64]:
        """Return the origins of windows that lie within a recording, of the recordings in a range of rows."""
        ends = (*self.starts[1:], self.stop + self.horizon - 1)
        spans = [(a, b) for a, b in zip(self.starts, ends, strict=True) if rows[0] <= a < rows[1]]
        return np.concatenate([np.arange(a + lookback, b - self.horizon + 1, every) for a, b in spans])

    def write(self, folder: Path, values: Floats, calendar: NDArray[np.int16], columns: Floats) -> None:
        """Lay out the folder: the heat, what a fit may see, what a forecast may see, and what is known of all rows.

        Args:
            folder: is there already.
            values: (row, series) original units.
            calendar: (row, column) class of each row up to the last target at least.
            columns: (row, column) covariates and labels of the same rows.
        """
        (folder / "heat.json").write_text(json.dumps(asdict(self)), encoding="utf-8")
        np.save(folder / "past.npy", values[: self.past])
        np.save(folder / "rows.npy", values[: self.stop - 1])
        np.save(folder / "calendar.npy", calendar)
        np.save(folder / "columns.npy", columns)

    @staticmethod
    def read(folder: Path) -> "Heat":
        """Read what ``write`` wrote."""
        plain: dict[str, Any] = json.loads((folder / "heat.json").read_text(encoding="utf-8"))
        plain |= {name: tuple(value) for name, value in plain.items() if isinstance(value, list)}
        return Heat(**plain)


def thinning(n: int, wanted: int) -> int:
    """Return every how many of ``n`` hourly origins to take, to have at least ``wanted``, at all hours of the week."""
    return next(every for every in range(max(1, n // wanted), 0, -1) if math.gcd(every, 168) == 1)

"""The model, the data and the windows that a page shows."""

from dataclasses import dataclass
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from divecast.data import Source, Windows, seasons
from divecast.errors import ConfigError
from divecast.estimator import DeepDIVE
from divecast.explain.anomalies.anomaly_reasons import moment
from divecast.explain.counterfactuals.counterfactual import coded_factors
from divecast.inference.fitted_model import FittedModel, PartName
from divecast.inference.results import Keys

N_SCORED = 2000
"""Most windows that are scored, encoded and evaluated; fewer for thousands of series."""

_SCORES = 4_000_000  # by window and series
_LEAST = 200


@dataclass(frozen=True, eq=False, slots=True)
class Scope:
    """The model, the data, and windows of one part of them.

    Attributes:
        model: the estimator.
        fitted: its fitted model.
        source: the data, with the model's channels.
        part: of the data of the fit; ``all`` for other data.
        every: every n-th window of the part is scored.
        windows: all windows of the part.
    """

    model: DeepDIVE
    fitted: FittedModel
    source: Source
    part: PartName
    every: int
    windows: Windows

    @classmethod
    def of(cls, model: DeepDIVE, data: Any, part: PartName | None = None) -> "Scope":
        """Choose the windows: the test part of the data of the fit, or all windows of other data.

        Raises:
            DataError: the data cannot be used.
            ConfigError: unknown part.
        """
        fitted = model.fitted_model
        fitted.refuse_independent("The report")
        source = fitted.source(data)
        chosen, windows = _windows(fitted, source, part)
        most = min(N_SCORED, max(_LEAST, _SCORES // len(fitted.channels)))
        every = spacing(windows.source, len(windows), most)
        return cls(model, fitted, source, chosen, every, windows)

    @property
    def scored(self) -> Windows:
        """The windows that are scored."""
        return self.windows.subset(slice(None, None, self.every))

    @property
    def factors(self) -> tuple[str, ...]:
        """Names of the factors in the code."""
        return coded_factors(self.fitted)

    @property
    def part_name(self) -> str:
        """The part as a noun phrase."""
        return {"train": "the training part", "valid": "the validation part", "test": "the test part"}.get(
            self.part, "all the data given"
        )

    def first_steps(self, windows: Windows) -> tuple[str, ...]:
        """Return the time of the first forecast step of each window, as text."""
        keys = Keys.of(windows.source, windows.origins, windows.segments, range(1))
        return tuple(moment_of(keys, window, 0) for window in range(len(windows)))


def moment_of(keys: Keys, window: int, step: int) -> str:
    """Return the time of a step of a window as text, with the name of the recording if there is one."""
    when = moment(keys.stamps[window, step])
    return when if keys.recordings is None else f"{keys.recordings[window]}, {when}"


def times_of(stamps: NDArray[Any]) -> list[Any]:
    """Return times for the axis of a figure: text for a panel, seconds for a recording."""
    if np.issubdtype(stamps.dtype, np.datetime64):
        return [moment(stamp) for stamp in stamps]
    return [round(float(second), 4) for second in stamps]


def spacing(source: Source, n_windows: int, most: int) -> int:
    """Return n such that every n-th window gives at most ``most``, and n shares no divisor with a season of the clock.

    A common divisor would select the same hours or weekdays again and again.
    """
    every = max(1, -(-n_windows // most))
    while every > 1 and any(gcd(every, period) > 1 for period in seasons(source.clock)):
        every += 1
    return every


def spread(n: int, most: int) -> NDArray[np.int64]:
    """Return at most ``most`` integers, evenly spaced from 0 to n - 1."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).round().astype(np.int64))


def _windows(fitted: FittedModel, source: Source, part: PartName | None) -> tuple[PartName, Windows]:
    # The page asks many things of the same windows, so it takes them once, as the estimator's own methods do.
    if part is not None:
        return part, fitted.windows(source, part)
    if not fitted.is_fit_data(source):
        return "all", fitted.windows(source)
    try:
        return "test", fitted.windows(source, "test")
    except ConfigError:  # the fit kept no test part
        return "valid", fitted.windows(source, "valid")

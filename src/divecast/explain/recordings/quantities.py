"""What of a code, and of the movement, is compared between conditions: one number per window and quantity."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.explain.diagnosis.usage import ACTIVE
from divecast.explain.recordings.period import PERIOD, SIZE, period_and_size
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import encode_windows, infer_window_labels

A, MOVEMENT = "a", "movement"
"""Blocks of quantities: the dimensions of a, and what needs no model. Those of b have the name of their factor."""

_FEW = 0.1


@dataclass(frozen=True, eq=False, slots=True)
class Quantities:
    """Quantities of windows.

    Attributes:
        names: such as "a3", "condition = slow" (its probability, as read from the values) or "period (s)".
        blocks: block of each: "a", "b of condition" or "movement".
        values: (window, quantity); NaN where a window has none.
        inactive: dimensions of a that are left out, since their mean hardly varies.
        still: (window,) windows of recordings that do not repeat although nearly all others do.
    """

    names: tuple[str, ...]
    blocks: tuple[str, ...]
    values: NDArray[np.float64]
    inactive: tuple[str, ...]
    still: NDArray[np.bool_]

    @classmethod
    def of(cls, fitted: FittedModel, windows: Windows) -> "Quantities":
        """Return the probability of each class, the mean of the active dimensions of a, and period and size.

        b is compared by its class probabilities, which tell its place between the centres. Of a factor with two
        classes, that of the second tells both. The period is left out if more than one recording in ten has none.
        """
        columns: list[NDArray[np.float64]] = []
        names: list[str] = []
        blocks: list[str] = []

        def add(block: str, titles: Sequence[str], values: NDArray[np.floating]) -> None:
            names.extend(titles)
            blocks.extend([block] * len(titles))
            columns.append(values.astype(np.float64))

        if fitted.network.marginal.infers_labels:
            read = infer_window_labels(fitted, windows)
            for factor, classes, shares in zip(read.factors, read.classes, read.probabilities, strict=True):
                first = 1 if len(classes) == 2 else 0
                add(f"b of {factor}", [f"{factor} = {each}" for each in classes[first:]], shares[:, first:])
        a = encode_windows(fitted, windows).a_mean
        active = a.var(axis=0) > ACTIVE
        add(A, [f"a{dim}" for dim in np.flatnonzero(active)], a[:, active])
        period, size = period_and_size(fitted, windows).T
        still = ~np.isin(windows.segments, windows.segments[~np.isnan(period)])
        if len({*windows.segments[still].tolist()}) <= _FEW * len({*windows.segments.tolist()}):
            add(MOVEMENT, [PERIOD], period[:, None])
        else:
            still = np.zeros(len(windows), dtype=np.bool_)
        add(MOVEMENT, [SIZE], size[:, None])
        inactive = tuple(f"a{dim}" for dim in np.flatnonzero(~active))
        return cls(tuple(names), tuple(blocks), np.concatenate(columns, axis=1), inactive, still)

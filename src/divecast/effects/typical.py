"""Effects of typical rows: those of windows somewhere in a year, at rows of given classes."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray

from divecast.data import Calendar, WindowShape
from divecast.effects.effects import Effects
from divecast.effects.facts import Facts, Rows
from divecast.types import WindowEffects

_WINDOWS_AT_ONCE = 64


@dataclass(frozen=True, eq=False, slots=True)
class Wanted:
    """Classes of windows.

    Attributes:
        labels: (window, factor) class indices, of the factors that all series share.
        asked: (factor,) whether the class was asked for; that comes before all others where no row has all of them.
    """

    labels: NDArray[np.int64]
    asked: NDArray[np.bool_]


def typical_effects(
    effects: Effects, facts: Facts, shape: WindowShape, wanted: Wanted, draw: np.random.Generator
) -> WindowEffects:
    """Return the effects of windows that end at random rows of the wanted classes.

    The calendar is that of the rows; if none has all classes of a window, those with most of them are drawn from. Other
    labels have the wanted class in all rows of the window and of its future. Covariates, and labels that differ by
    series, are unknown: they have the effect that is expected without them.

    Args:
        effects: the fitted effects.
        facts: known columns of the rows to draw from.
        shape: lengths of a window.
        wanted: the classes.
        draw: source of the random rows.
    """
    origins = _origins(facts, shape, wanted, draw)
    pieces = range(0, len(origins), _WINDOWS_AT_ONCE)
    parts = [
        _effects_at(effects, facts, shape, origins[some], wanted.labels[some])
        for some in (slice(first, first + _WINDOWS_AT_ONCE) for first in pieces)
    ]
    return WindowEffects.joined(parts)


def _origins(facts: Facts, shape: WindowShape, wanted: Wanted, draw: np.random.Generator) -> Rows:
    """Return for each window a row after one whose classes of the calendar are the wanted ones, or most of them."""
    beyond = facts.per_day
    last = np.arange(shape.lookback + beyond, facts.n_rows - shape.horizon - beyond) - 1
    columns = [at for at, factor in enumerate(facts.shared_factors) if isinstance(facts.factors[factor], Calendar)]
    classes = facts.classes[last][:, [facts.shared_factors[column] for column in columns]]
    weight = np.where(wanted.asked[columns], 1 + len(columns), 1)
    different, which = np.unique(wanted.labels[:, columns], axis=0, return_inverse=True)
    origins = np.empty(len(wanted.labels), dtype=np.int64)
    for number, row in enumerate(different):
        matches = (classes == row) @ weight
        windows = np.flatnonzero(which.ravel() == number)
        origins[windows] = draw.choice(last[matches == matches.max()], len(windows)) + 1
    return origins


def _effects_at(
    effects: Effects, facts: Facts, shape: WindowShape, origins: Rows, labels: NDArray[np.int64]
) -> WindowEffects:
    beyond, length = facts.per_day, shape.lookback + shape.horizon  # groups may describe a row by the day beside it
    rows = origins[:, None] + np.arange(-shape.lookback - beyond, shape.horizon + beyond)
    here = facts.in_a_row(rows)
    classes = here.classes.copy()
    for column, factor in enumerate(facts.shared_factors):
        if not isinstance(facts.factors[factor], Calendar):
            classes[:, factor] = np.repeat(labels[:, column], rows.shape[1])
    here = replace(here, classes=classes)
    inner = (np.arange(len(rows))[:, None] * rows.shape[1] + np.arange(beyond, beyond + length)).ravel()

    def cut(values: NDArray[np.float32]) -> tuple[torch.Tensor, torch.Tensor]:
        past, ahead = torch.from_numpy(values.reshape(len(rows), length, -1)).split(
            [shape.lookback, shape.horizon], dim=1
        )
        return past, ahead

    past, ahead = cut(effects.of(here, inner))
    if not effects.basis.is_told:
        return WindowEffects(past, ahead)
    told_past, told_ahead = cut(effects.told(here, inner))
    doubt, columns = (cut(values)[1] for values in (effects.doubt(here, inner), effects.columns(here, inner)))
    return WindowEffects(past, ahead, told_past, told_ahead, doubt, columns if effects.basis.columns else None)

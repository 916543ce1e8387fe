"""Forecasts of a few windows under every class of every factor, for a page."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from divecast._text import plural
from divecast.data import Windows
from divecast.errors import DataWarning
from divecast.explain.counterfactuals.counterfactual import Counterfactual
from divecast.explain.counterfactuals.label_effects import effects_for
from divecast.explain.counterfactuals.what_if import HandOver, what_if_windows
from divecast.inference.results import Floats, Forecast, Keys
from divecast.page.forecasts import observed, past_of
from divecast.page.packed import Packed, pack
from divecast.page.scope import Scope, spread, times_of
from divecast.page.series import pick_series, room_for, said_of

LEVELS = (0.05, 0.95)
"""Probabilities of the quantiles: the ends of the 90 % interval."""

_VALUES = 200_000
_MOST_ORIGINS, _MOST_SERIES = 8, 12


@dataclass(frozen=True, slots=True)
class WhatIfs:
    """Factual and counterfactual forecasts.

    Attributes:
        note: what was chosen, in words.
        origins: when each forecast starts, in words.
        series: names.
        times: (origin, past + horizon) text, or seconds of a recording.
        n_past: rows before the first step.
        before: (origin, factor) class each window has.
        truth: (origin, past + horizon, series).
        factual: (curve, origin, horizon, series): mean, 5 % and 95 % quantile.
        answers: (class, curve, origin, horizon, series), the classes of the factors one after another.
    """

    note: str
    origins: tuple[str, ...]
    series: tuple[str, ...]
    times: tuple[tuple[Any, ...], ...]
    n_past: int
    before: tuple[tuple[str, ...], ...]
    truth: Packed
    factual: Packed
    answers: Packed


def what_ifs_of(scope: Scope, origins: Windows, typical: str) -> WhatIfs | str:
    """Ask for every class of every factor, of some of the windows; a is adjusted as in ``DeepDIVE.what_if``.

    Args:
        scope: what the page is about.
        origins: windows to choose from.
        typical: a series to show in any case.

    Raises:
        DataError: the data are too short to adjust a.
    """
    if not scope.factors:
        return "The code has no labels, so there is none to change. A model fitted with factors has this part."
    shape, n_channels = scope.fitted.shape, len(scope.fitted.channels)
    each = shape.horizon * 3 * sum(len(v.classes) for v in scope.fitted.vocabularies)
    windows = origins.subset(spread(len(origins), room_for(_VALUES, 3 * each, 1, _MOST_ORIGINS)))
    kept = pick_series(scope, (typical,), room_for(_VALUES, each * len(windows), 1, min(n_channels, _MOST_SERIES)))
    answers, said = _answers(scope, windows)
    n_past, first = past_of(scope), answers[0]
    keys = Keys.of(windows.source, windows.origins, windows.segments, range(-n_past, shape.horizon))
    return WhatIfs(
        note=" ".join([_note(len(windows), said_of(len(kept), n_channels, "a typical one and the largest")), *said]),
        origins=scope.first_steps(windows),
        series=tuple(scope.fitted.channels[at] for at in kept),
        times=tuple(tuple(times_of(row)) for row in keys.stamps),
        n_past=n_past,
        before=tuple(tuple(map(str, row)) for row in first.before.names),
        truth=pack(observed(windows, n_past, shape.horizon)[:, :, kept]),
        factual=pack(_curves(first.factual)[..., kept]),
        answers=pack(np.stack([_curves(answer.counterfactual)[..., kept] for answer in answers])),
    )


def _answers(scope: Scope, windows: Windows) -> tuple[list[Counterfactual], list[str]]:
    """Return an answer a class, and what was warned of."""
    # What a knows of the labels is measured once for all classes: DeepDIVE.what_if would do it for each.
    fitted, every = scope.model._windows(scope.source, "all", "encode", 1)
    how = HandOver("known", effects_for(fitted, every, "adjusted"))
    found = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        for factor, vocabulary in enumerate(fitted.vocabularies):
            for label in range(len(vocabulary.classes)):
                wanted = torch.full((len(windows), len(fitted.vocabularies)), -1)
                wanted[:, factor] = label
                found.append(what_if_windows(fitted, windows, wanted, how, LEVELS))
    return found, [f"{str(each.message).capitalize()}." for each in caught]


def _curves(forecast: Forecast) -> Floats:
    """Return (curve, window, horizon, channel): mean and quantiles."""
    return np.concatenate([forecast.mean[None], forecast.quantiles])


def _note(n_origins: int, series: str) -> str:
    return (
        f"Precomputed for {plural(n_origins, 'origin')} and {series}, for one factor changed at a time. The rest of "
        "the code is kept; a moves by what the labels say of it on average. It is what the model makes of the same "
        "window under another label, not what would have happened."
    )

"""Section of the page: forecasts of a few windows under every class of every factor."""

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
from divecast.explain.counterfactuals.what_if import ClassChange, what_if_windows
from divecast.inference.results import Floats, Forecast, Keys
from divecast.page.forecasts import observed, past_of
from divecast.page.packed import Packed, pack
from divecast.page.scope import Scope, spread, times_of
from divecast.page.series import pick_series, room_for, shown_series

LEVELS = (0.05, 0.95)
"""Quantile levels: the bounds of the 90 % interval."""

_VALUES = 200_000
_MOST_ORIGINS, _MOST_SERIES = 8, 12


@dataclass(frozen=True, slots=True)
class WhatIfs:
    """Factual and counterfactual forecasts.

    Attributes:
        note: which origins and series are shown.
        origins: time of each first forecast step.
        series: names.
        times: (origin, past + horizon) text, or seconds since the start of a recording.
        n_past: rows before the first step.
        before: (origin, factor) class of each window.
        truth: (origin, past + horizon, series).
        factual: (curve, origin, horizon, series); the curves are mean, 5 % and 95 % quantile.
        answers: (class, curve, origin, horizon, series), over the classes of all factors, factor by factor.
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
    """Compute what-if forecasts for every class of every factor; a is adjusted as in ``DeepDIVE.what_if``.

    Args:
        scope: model, data and windows of the page.
        origins: windows to choose from.
        typical: a series to show in any case.

    Raises:
        DataError: the data are too short to adjust a.
    """
    if not scope.factors:
        return "The code of this model has no labels to change. Models fitted with factors have this section."
    shape, n_channels = scope.fitted.shape, len(scope.fitted.channels)
    per_series = shape.horizon * 3 * sum(len(v.classes) for v in scope.fitted.vocabularies)
    windows = origins.subset(spread(len(origins), room_for(_VALUES, 3 * per_series, 1, _MOST_ORIGINS)))
    most = room_for(_VALUES, per_series * len(windows), 1, min(n_channels, _MOST_SERIES))
    kept = pick_series(scope, (typical,), most)
    series = shown_series(len(kept), n_channels, "a typical one and the largest")
    answers, warned = _answers(scope, windows)
    n_past, first = past_of(scope), answers[0]
    keys = Keys.of(windows.source, windows.origins, windows.segments, range(-n_past, shape.horizon))
    return WhatIfs(
        note=" ".join([_note(len(windows), series), *warned]),
        origins=scope.first_steps(windows),
        series=tuple(scope.fitted.channels[channel] for channel in kept),
        times=tuple(tuple(times_of(row)) for row in keys.stamps),
        n_past=n_past,
        before=tuple(tuple(map(str, row)) for row in first.before.names),
        truth=pack(observed(windows, n_past, shape.horizon)[:, :, kept]),
        factual=pack(_curves(first.factual)[..., kept]),
        answers=pack(np.stack([_curves(answer.counterfactual)[..., kept] for answer in answers])),
    )


def _answers(scope: Scope, windows: Windows) -> tuple[list[Counterfactual], list[str]]:
    """Return one counterfactual per class, and the warnings as sentences."""
    # How a depends on the labels is estimated once; DeepDIVE.what_if would repeat it for every class.
    fitted, every = scope.fitted, scope.fitted.windows(scope.source)
    how = ClassChange("known", effects_for(fitted, every, "adjusted"))
    answers = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", DataWarning)
        for factor, vocabulary in enumerate(fitted.vocabularies):
            for label in range(len(vocabulary.classes)):
                wanted = torch.full((len(windows), len(fitted.vocabularies)), -1)
                wanted[:, factor] = label
                answers.append(what_if_windows(fitted, windows, wanted, how, LEVELS))
    return answers, [_sentence(str(warning.message)) for warning in caught]


def _curves(forecast: Forecast) -> Floats:
    """Return (curve, window, horizon, channel): mean and quantiles."""
    return np.concatenate([forecast.mean[None], forecast.quantiles])


def _note(n_origins: int, series: str) -> str:
    return (
        f"Precomputed for {plural(n_origins, 'forecast origin')} and {series}, with one factor changed at a time. The "
        "other blocks of the code are kept, and a is adjusted by how it depends on the labels on average. These are "
        "the model's forecasts of the same window under another label, not what would have happened."
    )


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")

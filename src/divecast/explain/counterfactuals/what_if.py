"""Forecasts of windows as if they were of another class: b is set to that class, the remaining code is kept.

The class is set as in the fit for half of the known labels: b at the centre of the class's component with probability
one, which also changes the covariates of the linear path. A window's deviation from its old class is not carried over:
where the label is used there is none, since the factual code is at the centre as well; and the model treats b given
the class as noise, whose directions differ between classes (the direction from six to seven o'clock means something
else at noon). The blocks of the other factors stay as in the factual code, and so does a, except for the effect of the
labels on it (``explain/counterfactuals/label_effects.py``).

The effects of the class on the rows move, too: abduction, action, prediction (Pearl 2009; Pawlowski et al. 2020). What
is inferred from the window are a and the residuals of its rows; both stay, and the effects of the rows of the window
and of the future become those of the class asked for (``effects/moved.py``), so that the forecaster reads the window as
it would have been.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from divecast._text import did_you_mean
from divecast.data import Windows
from divecast.data.labels.class_names import class_place
from divecast.data.names import listed
from divecast.effects import RowEffects
from divecast.errors import ConfigError, warn_data
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals.counterfactual import (
    Contrast,
    Counterfactual,
    Wanted,
    coded_factors,
    counterfactual_of,
)
from divecast.explain.counterfactuals.label_effects import LabelEffects
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode
from divecast.types import Batch, Code

_LEAST_SEEN = 0.5  # windows


@dataclass(frozen=True, eq=False, slots=True)
class ClassChange:
    """How the class of a code is changed.

    Attributes:
        labels: how the window's own code gets its classes.
        effects: effect of the labels on a, by which a is adjusted; None keeps a.
    """

    labels: LabelMode = "known"
    effects: LabelEffects | None = None


def what_if_windows(
    fitted: FittedModel,
    windows: Windows,
    wanted: Tensor,
    change: ClassChange,
    levels: Sequence[float],
    n_paths: int = 0,
) -> Counterfactual:
    """Forecast windows as they are and with other classes.

    Args:
        fitted: the model.
        windows: the windows to forecast.
        wanted: (window, factor) class indices, -1 keeps the class of the window.
        change: labels of the own code, and what happens to a.
        levels: probabilities of the quantiles.
        n_paths: number of paths of both forecasts.
    """
    if change.effects:
        _warn_unseen(fitted, wanted, change.effects)
    contrasts = _contrasts(fitted, windows, wanted, change, Wanted(levels, n_paths))
    return counterfactual_of(fitted, windows, contrasts, levels)


def as_mapping(factor: str | None, to: str | Mapping[str, str] | None) -> Mapping[str, str]:
    """Return the new class of each factor, from either form of the arguments.

    Raises:
        ConfigError: neither a factor with its class, nor a mapping alone.
    """
    if isinstance(to, Mapping) and factor is None:
        return to
    if isinstance(to, str) and isinstance(factor, str):
        return {factor: to}
    raise ConfigError(
        expected='a factor and its class, such as "weekday" and "Sun", or only a mapping {"weekday": "Sun"}',
        found=f"factor {factor!r} and class {to!r}",
        hint="Pass {factor} and {to}, or a mapping as {to} alone",
        argument="to",
    )


def wanted_classes(fitted: FittedModel, to: Mapping[str, str]) -> Tensor:
    """Return class indices, (1, factor), -1 for factors that are not named.

    Raises:
        ConfigError: nothing to change, or there is no such factor or class in the code.
    """
    names = coded_factors(fitted)
    if not names:
        raise ConfigError("The code of this model has no labels to change", hint="Fit the model with {factors}")
    if not to:
        raise ConfigError(f"No class to change to is given; the factors are {listed(names)}", argument="to")
    wanted = torch.full((1, len(names)), -1)
    for factor, name in to.items():
        if factor not in names and factor in [each.name for each in fitted.provenance.plan.factors]:
            raise ConfigError(
                f"Factor {factor!r} differs by series, so windows have no class of it",
                hint="Set it in rows to forecast, with {future}",
                argument="factor",
            )
        if factor not in names:
            raise ConfigError(
                f"The model has no factor {factor!r}",
                expected=listed(names),
                hint=did_you_mean(str(factor), names),
                argument="factor",
            )
        column = names.index(factor)
        wanted[0, column] = class_place(factor, fitted.vocabularies[column].classes, name)
    return wanted


@torch.inference_mode()
def with_classes(fitted: FittedModel, code: Code, wanted: Tensor) -> Code:
    """Return a code with other classes, (batch, factor) or -1 to keep one; a and the other factors stay."""
    b, clamped = fitted.network.marginal.clamp(code.b, wanted, noise=False)
    columns = zip(wanted.T, clamped, code.classes, strict=True)
    classes = tuple(torch.where(label[:, None] >= 0, new, old) for label, new, old in columns)
    return replace(code, b=b, classes=classes)


def _warn_unseen(fitted: FittedModel, wanted: Tensor, effects: LabelEffects) -> None:
    """Warn of classes to which a cannot be adjusted, as the data have no window of them."""
    for vocabulary, column, seen in zip(fitted.vocabularies, wanted.T, effects.seen, strict=True):
        indices = [int(index) for index in column.unique() if index >= 0]
        absent = [vocabulary.classes[index] for index in indices if float(seen[index]) < _LEAST_SEEN]
        if absent:
            warn_data(
                f"The data have no window of {vocabulary.name} {', '.join(absent)}, so a is not adjusted to it and the "
                "forecast may keep much of the old class",
                hint="Use data with such windows",
            )


def _contrasts(
    fitted: FittedModel, windows: Windows, wanted: Tensor, change: ClassChange, asked: Wanted
) -> Iterator[Contrast]:
    start = 0
    for piece, batch, contrast in asked.pieces(fitted, windows):
        own = infer_code(fitted, batch, change.labels)
        labels = wanted[start : start + len(batch.x)].to(batch.x.device)
        start += len(batch.x)
        moved = with_moved_effects(piece, batch, own, labels)
        changed = with_classes(fitted, own, labels)
        changed = change.effects.adjusted(own, changed) if change.effects else changed
        yield contrast(batch, own, changed, moved)


def with_moved_effects(windows: Windows, batch: Batch, own: Code, wanted: Tensor) -> Batch:
    """Return a batch as it would have been, had its windows been of other classes.

    Args:
        windows: the windows of the batch.
        batch: the windows.
        own: their code, whose most probable classes the effects move from where a class is not known.
        wanted: (window, factor) class indices, -1 keeps the class of the window.
    """
    if not isinstance(windows.effects, RowEffects) or batch.effects is None:
        return batch
    current = torch.stack([classes.argmax(1) for classes in own.classes], dim=1)
    change = windows.effects.change(windows.origins, current.cpu().numpy(), wanted.cpu().numpy())
    if change is None:
        return batch
    change, effects = change.to(batch.x.device), batch.effects
    return replace(batch, x=batch.x + change.past, effects=effects.moved_by(change))

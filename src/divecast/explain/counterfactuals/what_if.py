"""What if a window were of another class: b handed over as that class, and of a what no label tells is kept.

The class is handed over as the fit did it for half of the known labels: b at the centre of the class's component, its
probability one, which also moves the covariates of the linear path. The window's own deviation from its old class is
not carried over: where the label is told there is none, since the factual code is at the centre too; and the model
takes b given the class for noise whose directions mean nothing to another class (what leads from six to seven o'clock
leads elsewhere at noon). The blocks of the other factors stay as they were for the factual window, and so does a but
for what the labels say of it (``explain/label_effects.py``).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from divecast.data import Windows
from divecast.data.labels.class_names import class_place
from divecast.errors import ConfigError, warn_data
from divecast.explain.code import infer_code
from divecast.explain.counterfactuals.counterfactual import (
    Contrast,
    Counterfactual,
    coded_factors,
    contrast,
    counterfactual_of,
)
from divecast.explain.counterfactuals.label_effects import LabelEffects
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import LabelMode, batches
from divecast.types import Code

_LEAST_SEEN = 0.5  # windows


@dataclass(frozen=True, eq=False, slots=True)
class HandOver:
    """How a class is handed over.

    Attributes:
        labels: how the window's own code gets its classes.
        effects: what the labels say of a, which is moved along; None leaves a as it is.
    """

    labels: LabelMode = "known"
    effects: LabelEffects | None = None


def what_if_windows(
    fitted: FittedModel, windows: Windows, wanted: Tensor, how: HandOver, levels: Sequence[float]
) -> Counterfactual:
    """Forecast windows as they are and with other classes handed over.

    Args:
        fitted: the model.
        windows: to forecast.
        wanted: (window, factor) class indices, -1 keeps what the window has.
        how: the labels, and what becomes of a.
        levels: probabilities of the quantiles.
    """
    if how.effects:
        _report_unseen(fitted, wanted, how.effects)
    return counterfactual_of(fitted, windows, _contrasts(fitted, windows, wanted, how, levels), levels)


def as_mapping(factor: str | None, to: str | Mapping[str, str]) -> Mapping[str, str]:
    """Return the class each factor is moved to, from either way of saying it.

    Raises:
        ConfigError: neither a factor with its class, nor a mapping alone.
    """
    if isinstance(to, Mapping) and factor is None:
        return to
    if isinstance(to, str) and isinstance(factor, str):
        return {factor: to}
    raise ConfigError(
        f'expected factor="weekday", to="Sun", or to={{"weekday": "Sun"}} alone, got factor={factor!r}, to={to!r}'
    )


def wanted_classes(fitted: FittedModel, to: Mapping[str, str]) -> Tensor:
    """Return class indices, (1, factor), -1 for factors that are not named.

    Raises:
        ConfigError: nothing to change, or no such factor or class in the code.
    """
    names = coded_factors(fitted)
    if not names:
        raise ConfigError("expected a model with labels in its code, this one has none: fit it with factors")
    if not to:
        raise ConfigError(f"expected a factor and the class to move it to, got none; the factors are {list(names)}")
    wanted = torch.full((1, len(names)), -1)
    for factor, name in to.items():
        if factor not in names:
            raise ConfigError(f"expected one of the factors of the model {list(names)}, got {factor!r}")
        at = names.index(factor)
        wanted[0, at] = class_place(factor, fitted.vocabularies[at].classes, name)
    return wanted


@torch.inference_mode()
def with_classes(fitted: FittedModel, code: Code, wanted: Tensor) -> Code:
    """Hand classes, (batch, factor) or -1 to keep, over to a code; a and the other factors stay."""
    b, handed = fitted.network.marginal.clamp(code.b, wanted, noise=False)
    pairs = zip(wanted.T, handed, code.classes, strict=True)
    classes = tuple(torch.where(label[:, None] >= 0, new, old) for label, new, old in pairs)
    return replace(code, b=b, classes=classes)


def _report_unseen(fitted: FittedModel, wanted: Tensor, effects: LabelEffects) -> None:
    """Say which classes a could not be adjusted to: the data given do not show them."""
    for known, classes, seen in zip(fitted.vocabularies, wanted.T, effects.seen, strict=True):
        asked = [int(at) for at in classes.unique() if at >= 0]
        absent = [known.classes[at] for at in asked if float(seen[at]) < _LEAST_SEEN]
        if absent:
            warn_data(
                f"the data given have no window of {known.name} {', '.join(absent)}, so how a goes with it is not "
                "known, and the answer may keep much of the old class; give data that have it"
            )


def _contrasts(
    fitted: FittedModel, windows: Windows, wanted: Tensor, how: HandOver, levels: Sequence[float]
) -> Iterator[Contrast]:
    done = 0
    for batch in batches(fitted, windows):
        own = infer_code(fitted, batch, how.labels)
        asked = wanted[done : done + len(batch.x)].to(batch.x.device)
        changed = with_classes(fitted, own, asked)
        changed = how.effects.adjusted(own, changed) if how.effects else changed
        done += len(batch.x)
        yield contrast(fitted, batch.x, (own, changed), levels)

"""What a model that was read from a file must be, beyond the types and shapes of what it consists of.

Its numbers are those of a fit: shares that sum to 1, quantiles that rise, bounds below which nothing lies. A file that
says something else is damaged or made to mislead, and a forecast by it would be wrong without a word.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.data import Calendar, Factor, Vocabulary
from divecast.data.time.calendar import CALENDAR_CLASSES
from divecast.data.time.phase import n_phases_of
from divecast.data.time.step import parse_step
from divecast.effects.terms import Classes
from divecast.inference.bounds import Bounds
from divecast.inference.fitted_model import FittedModel
from divecast.inference.provenance import Provenance

MOST: Mapping[str, int] = {
    "vocabularies": 100,
    "added": 100,
    "pairs": 4950,
    "couplings": 50,
    "basis": 5000,
    "levels": 10_000,
    "static": 10_000,
}
"""Entries of each part of a document, far more than a fit has; very many would take minutes to read."""

_MOST_LOG_FACTOR = 20.0  # of a spread
_MOST_EFFECT = 1e8  # scaled units
_PANEL, _RECORDINGS, _RATE_UNIT = "a panel every ", "recordings at ", " Hz"


def check_sizes(document: Mapping[str, Any]) -> None:
    """Check the numbers of entries of a document before anything is made of them.

    Raises:
        ValueError: there are too many.
    """
    for name, most in MOST.items():
        count = len(document.get(name) or ())
        if count > most:
            raise ValueError(f"{name} has {count} entries, expected at most {most}")


def check_vocabularies(factors: Sequence[Factor], vocabularies: Sequence[Vocabulary]) -> None:
    """Check that vocabularies are those of factors.

    Raises:
        ValueError: a name, kind or class differs.
    """
    names, expected = [vocabulary.name for vocabulary in vocabularies], [factor.name for factor in factors]
    if names != expected:
        raise ValueError(f"expected the classes of factors {expected!r:.80}, got those of {names!r:.80}")
    for factor, vocabulary in zip(factors, vocabularies, strict=True):
        if vocabulary.kind != factor.kind:
            raise ValueError(f"factor {factor.name!r} is {factor.kind}, and its classes are {vocabulary.kind}")
        if isinstance(factor, Calendar):
            _check_calendar(factor, vocabulary)
        elif (vocabulary.edges is None) != (factor.bins is None) or (vocabulary.per_series and not factor.per_series):
            raise ValueError(f"the classes of factor {factor.name!r} are not those of its settings")


def check_buffers(built: Mapping[str, Tensor], found: Mapping[str, Tensor], prefix: str = "") -> None:
    """Check that the class weights of a network are the logarithms of the frequencies that its file declares.

    Args:
        built: tensors of a network of these frequencies.
        found: tensors of the file.
        prefix: of the names there.

    Raises:
        ValueError: some differ.
    """
    for name, expected in built.items():
        if name.endswith("log_pi") and not torch.allclose(found[prefix + name], expected, atol=1e-4):
            raise ValueError(f"tensor {prefix + name!r} is not the logarithm of the frequencies of the classes")


def check_model(fitted: FittedModel) -> None:
    """Check the numbers of a model.

    Raises:
        ValueError: they are not those of a fit; says which.
    """
    _check_frequency(fitted)
    _check_fit(fitted.provenance, fitted)
    _check_intervals(fitted)
    _check_ranges(fitted)
    _check_linear(fitted)
    _check_recalibration(fitted)
    _check_departures(fitted)
    _check_effects(fitted)
    _check_static(fitted)
    _check_added(fitted)


def _check_calendar(factor: Calendar, vocabulary: Vocabulary) -> None:
    """The classes are those of the calendar that occurred, in order."""
    every = CALENDAR_CLASSES[factor.name]
    unknown = [name for name in vocabulary.classes if name not in every]
    if unknown:
        raise ValueError(f"{unknown[0]!r:.80} is no class of the calendar factor {factor.name!r}, {every[0]} ...")
    places = [every.index(name) for name in vocabulary.classes]
    if any(a >= b for a, b in pairwise(places)) or vocabulary.edges is not None or vocabulary.per_series:
        raise ValueError(f"the classes of the calendar factor {factor.name!r} are not in their order")


def _check_frequency(fitted: FittedModel) -> None:
    """The sampling is a step or a rate, and tells the phases of a day, week or year."""
    text, slots = fitted.frequency, fitted.provenance.slots
    if text.startswith(_PANEL):
        n_phases = n_phases_of(*parse_step(text.removeprefix(_PANEL)), slots)
    elif text.startswith(_RECORDINGS) and text.endswith(_RATE_UNIT):
        n_phases = 1
        if float(text[len(_RECORDINGS) : -len(_RATE_UNIT)]) <= 0.0:
            raise ValueError(f"frequency is {text!r:.80}, expected a rate above 0")
    else:
        raise ValueError(f"frequency is {text!r:.80}, expected '{_PANEL}1h' or '{_RECORDINGS}50{_RATE_UNIT}'")
    if fitted.dimensions.n_phases != n_phases:
        raise ValueError(f"n_phases is {fitted.dimensions.n_phases}, and {text} has {n_phases}")


def _check_fit(provenance: Provenance, fitted: FittedModel) -> None:
    """What is told of the fit agrees with its settings."""
    decoder, shares = provenance.plan.model.decoder, fitted.network.forecaster.shares
    if provenance.linear_start not in ("shared", decoder.linear):
        raise ValueError(
            f"provenance.linear_start is {provenance.linear_start!r}, and model.decoder.linear {decoder.linear!r}"
        )
    outside = bool(((shares < 0.0) | (shares > 1.0)).any())
    if outside or (not decoder.shrink and bool((shares != 1.0).any())):
        raise ValueError("expected shares of the correction from 0 to 1, and 1 if they are not fitted")
    correction = provenance.correction
    if (correction is None) == decoder.shrink or not (correction is None or 0.0 <= correction <= 1.0):
        raise ValueError(f"provenance.correction is {correction}, expected a share if it is fitted")
    if (provenance.n_rows is not None and provenance.n_rows < 1) or any(
        update.n_rows < 1 or update.n_steps < 0 or not 0.0 <= update.calibrated <= 1.0 for update in provenance.updates
    ):
        raise ValueError("expected numbers of rows, steps and weights of provenance and its updates that can be")
    if provenance.plan.series != ("independent" if fitted.independent else "joint"):
        raise ValueError(f"provenance.plan.series is {provenance.plan.series!r}, and the file has other series")


def _check_intervals(fitted: FittedModel) -> None:
    """Quantiles rise with their level, and paths have errors to follow."""
    quantiles = fitted.calibration.quantiles
    falls = (quantiles.diff(dim=0) < 0.0).any(0)
    if bool(falls.any()):
        raise ValueError(f"the quantiles of the calibration fall at step {int(falls.nonzero()[0]) + 1}")
    if len(quantiles) == 1 or bool(len(quantiles)) != bool(len(fitted.dependence.errors)):
        raise ValueError("expected quantiles at several levels, and errors that paths follow, or neither")
    phases, n_phases = fitted.dependence.phases, fitted.dimensions.n_phases
    if not bool(((phases >= 0) & (phases < n_phases)).all()):
        raise ValueError(f"expected phases of errors from 0 to {n_phases - 1}")
    errors = fitted.seasonal_error
    names = fitted.series or fitted.channels
    _refuse_at(~(np.isnan(errors) | (errors > 0.0)), names, "the seasonal error of {} is not above 0")


def _check_ranges(fitted: FittedModel) -> None:
    """Limits and bounds lie apart, and bounds are those that were asked for."""
    limits, bounds, asked = fitted.limits, fitted.bounds, fitted.provenance.plan.bounds
    _refuse_at(limits.low >= limits.high, limits.channels, "the limits of {} do not rise")
    if fitted.provenance.plan.training.outliers == "keep":
        _refuse_at(~np.isnan(limits.low), limits.channels, "{} has limits, and outliers are kept")
    _refuse_at(bounds.low >= bounds.high, fitted.channels, "the bounds of {} do not rise")
    without = bounds.at_low.any(axis=0) & np.isnan(bounds.low)
    _refuse_at(without, fitted.channels, "{} is at its lower bound at some times, and has none")
    low, high = (np.full(len(fitted.channels), np.nan), np.nan) if asked in (None, "auto") else _pair(asked, bounds)
    if asked == "auto":
        low = np.where(bounds.low == 0.0, 0.0, low)
    as_asked = _equal(bounds.low, low) & _equal(bounds.high, np.broadcast_to(high, bounds.high.shape))
    _refuse_at(~as_asked, fitted.channels, f"the bounds of {{}} are not those of the settings, {asked}")


def _pair(asked: Any, bounds: Bounds) -> tuple[NDArray[Any], float]:
    low, high = (np.nan if each is None else float(np.float32(each)) for each in asked)
    return np.full(len(bounds.low), low), high


def _equal(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (one == other) | (np.isnan(one) & np.isnan(other))
    return found


def _check_linear(fitted: FittedModel) -> None:
    """The families of linear maps have shares."""
    share = fitted.network.forecaster.linear.share
    outside = (share < 0.0) | (share > 1.0) | (share.sum(0) > 1.0 + 1e-4)
    if bool(outside.any()):
        channel = int(outside.nonzero()[0][1])
        raise ValueError(f"expected shares of families of linear maps from 0 to 1 for {fitted.channels[channel]!r}")


def _check_recalibration(fitted: FittedModel) -> None:
    """Levels and ages rise, and a spread is multiplied by what is no overflow."""
    found = fitted.network.forecaster.recalibration
    if not bool((found.knots.diff(dim=0) > 0.0).all()):
        raise ValueError("expected levels of the recalibration that rise")
    if not bool((found.ages.diff() > 0.0).all() and found.ages[0] == 0.0):
        raise ValueError("expected ages of the recalibration that rise from 0")
    for name in ("by_phase", "by_level", "by_age"):
        if bool((getattr(found, name).abs() > _MOST_LOG_FACTOR).any()):
            raise ValueError(f"expected logarithms of factors up to {_MOST_LOG_FACTOR:g} in recalibration.{name}")


def _check_departures(fitted: FittedModel) -> None:
    """What is usual can be divided by, and the answers to what is not are bounded."""
    found = fitted.network.forecaster.departures
    if not bool((found.usual > 0.0).all() and (found.usual_run > 0.0).all()):
        raise ValueError("expected usual departures and constant runs above 0")
    if bool(((found.follow < 0.0) | (found.follow > 1.0)).any()):
        raise ValueError("expected shares of departures from 0 to 1")
    for name in ("by_size", "by_run"):
        if bool((getattr(found, name).abs() > _MOST_LOG_FACTOR).any()):
            raise ValueError(f"expected logarithms of factors up to {_MOST_LOG_FACTOR:g} in departures.{name}")


def _check_effects(fitted: FittedModel) -> None:
    """Numbers do not overflow, deviations are not negative, and classes have the frequencies of their factor."""
    effects = fitted.effects
    if effects is None:
        return
    names = ("weight", "own_weight", "spread", "name_spread", "root", "noise")
    arrays = {"expected": effects.design.expected, **{name: getattr(effects, name) for name in names}}
    for name, values in arrays.items():
        if bool((np.abs(values) > _MOST_EFFECT).any()):
            raise ValueError(f"expected numbers up to {_MOST_EFFECT:g} in effects.{name}")
    for name in ("spread", "name_spread", "noise"):
        if bool((getattr(effects, name) < 0.0).any()):
            raise ValueError(f"expected standard deviations of at least 0 in effects.{name}")
    for group in effects.basis.groups:
        for term in group.terms:
            if not isinstance(term, Classes):
                continue
            if term.frequencies != fitted.known_vocabularies[term.factor].frequencies:
                raise ValueError(f"group {group.name!r:.80} has other frequencies than the classes of its factor")


def _check_static(fitted: FittedModel) -> None:
    """Facts have names, and spreads that can be divided by."""
    facts = fitted.static.facts
    if len({fact.name for fact in facts}) < len(facts):
        raise ValueError("expected facts of different names")
    for fact in facts:
        if fact.spread < 0.0 or len(set(fact.categories)) < len(fact.categories):
            raise ValueError(f"fact {fact.name!r:.80} has a negative spread, or one category twice")


def _check_added(fitted: FittedModel) -> None:
    """Factors learned after the fit have names of their own."""
    taken = [factor.name for factor in fitted.known_factors]
    for added in fitted.added:
        check_vocabularies([added.factor], [added.vocabulary])
        if added.factor.name in taken or added.n_examples < 1:
            raise ValueError(f"factor {added.factor.name!r:.80} was learned twice, or from no example")
        taken.append(added.factor.name)


def _refuse_at(wrong: NDArray[np.bool_], names: Sequence[str], message: str) -> None:
    if wrong.any():
        raise ValueError(message.format(f"{names[int(np.flatnonzero(wrong)[0])]!r:.80}"))

"""Samples of windows and futures from the prior, around the effects of typical rows."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._device import own_random_state
from divecast.data import Panel
from divecast.data.labels.class_names import class_place
from divecast.data.tables.frames import default_backend
from divecast.data.time.regular import regular_clock
from divecast.data.time.step import parse_step
from divecast.effects import Facts, Wanted, facts_of, typical_effects
from divecast.errors import ConfigError
from divecast.inference.finite import check_finite
from divecast.inference.fitted_model import PANEL_EVERY, FittedModel
from divecast.inference.margins import Margins
from divecast.inference.results import Floats, Samples
from divecast.model.marginal import RBFBlocks
from divecast.types import Code, WindowEffects

_START, _MONTH_END = "2024-01-01", "2023-12-31"  # of the year of samples; any would do
_PER_YEAR = {"s": 366 * 86400, "D": 366, "M": 12, "ME": 12}
_WEEKS = 53
_MOST_ROWS = 600_000  # a year of minutes


def sample_windows(fitted: FittedModel, n: int, classes: Mapping[str, str], noise: bool, seed: int) -> Samples:
    """Draw windows and futures; see ``DeepDIVE.sample``.

    Raises:
        ConfigError: there is no such factor or class.
    """
    unknown = [name for name in classes if name not in fitted.factor_names]
    if unknown:
        raise ConfigError(
            f"The model has no factor {unknown[0]!r}",
            hint=f"Choose among {', '.join(fitted.factor_names)}" if fitted.factor_names else None,
            argument="classes",
        )
    generator = np.random.default_rng(seed)
    labels = _classes(fitted, n, classes, generator)
    names = {
        vocabulary.name: np.array(vocabulary.classes, dtype=object)[column]
        for vocabulary, column in zip(fitted.vocabularies, labels.T, strict=True)
    }
    asked = np.array([name in classes for name in fitted.factor_names], dtype=np.bool_)
    effects = _effects(fitted, Wanted(labels, asked), generator)
    with own_random_state(seed):
        x, y = sample_prior(fitted, torch.from_numpy(labels).to(fitted.device), noise, effects)
    return Samples(fitted.channels, x, y, names, default_backend())


def _classes(fitted: FittedModel, n: int, classes: Mapping[str, str], draw: np.random.Generator) -> NDArray[np.int64]:
    """Return (sample, factor) classes: those asked for, and others from the prior, of pairs given the other factor."""
    labels = np.full((n, len(fitted.vocabularies)), -1)
    for place, vocabulary in enumerate(fitted.vocabularies):
        if vocabulary.name in classes:
            labels[:, place] = class_place(vocabulary.name, vocabulary.classes, classes[vocabulary.name])
    marginal = fitted.network.marginal
    given: dict[int, tuple[int, Floats]] = {}  # by factor: its other one, and (class of that one, class) shares
    for pair in marginal.prior.pairs() if isinstance(marginal, RBFBlocks) else ():
        joint = pair.log_pi.exp().cpu().numpy()
        given |= {pair.first: (pair.second, joint.T), pair.second: (pair.first, joint)}
    for place, vocabulary in enumerate(fitted.vocabularies):
        frequencies = np.array(vocabulary.frequencies)
        drawn = draw.choice(len(frequencies), n, p=frequencies / frequencies.sum())
        if vocabulary.name in classes:
            continue
        if place in given and (labels[:, given[place][0]] >= 0).all():
            other, joint = given[place]
            shares = np.cumsum(joint[labels[:, other]], axis=1)
            drawn = (shares < shares[:, -1:] * draw.random((n, 1))).sum(axis=1)
        labels[:, place] = drawn
    return labels


@torch.no_grad()
def sample_prior(
    fitted: FittedModel, labels: Tensor, noise: bool, effects: WindowEffects | None = None
) -> tuple[Floats, Floats]:
    """Draw windows and futures of given classes, in original units.

    Args:
        fitted: the model.
        labels: (sample, factor) label indices.
        noise: whether to sample from the likelihoods, or to take their means.
        effects: effects of the rows of the windows; None for a model without effects.

    Returns:
        Windows, (sample, time, channel), and futures, (sample, horizon, channel).
    """
    network = fitted.network
    b, classes = network.marginal.b_of_labels(labels[:, : network.n_factors], noise=True)
    code = Code(torch.randn(len(labels), network.n_conditional, device=labels.device), b, classes)
    x = network.draw_window(code, effects) if noise else network.reconstruct(code, effects).mean
    future = network.forecaster(x, network.fuse_for_forecast(code)[0], classes, effects)
    y = future.sample() if noise else future.mean
    check_finite(future.mean.cpu().numpy(), fitted.channels)
    if fitted.independent:  # of no series, and so in scaled units
        return x.cpu().numpy(), y.cpu().numpy()
    values = fitted.original(y)
    if noise and fitted.counts.there_are:  # drawn anew, since the likelihood of the network is not one of counts
        values = Margins.of(fitted, future).values(torch.randn(y.shape).numpy())
    return fitted.original(x), fitted.bounds.clip(values)


def _effects(fitted: FittedModel, wanted: Wanted, draw: np.random.Generator) -> WindowEffects | None:
    """Return the effects of typical rows of the wanted classes; None if the model has no effects."""
    if fitted.effects is None:
        return None
    return typical_effects(fitted.effects, _facts(fitted), fitted.shape, wanted, draw).to(fitted.device)


def _facts(fitted: FittedModel) -> Facts:
    """Return what the calendar alone says of a year of rows, fewer if the step is below a minute, and of a window."""
    plan, text = fitted.provenance.plan, fitted.frequency.removeprefix(PANEL_EVERY)
    start = _MONTH_END if parse_step(text)[1] == "ME" else _START
    first = regular_clock(start, text, 1, fitted.provenance.time_zone)
    per_year = -(-_PER_YEAR[first.unit] // first.step)
    if fitted.provenance.slots is not None:
        first, per_year = first.on(fitted.provenance.slots), _WEEKS * fitted.provenance.slots.per_week
    around = plan.lookback + plan.horizon + 2 * first.rows_a_day
    clock = replace(first, length=min(per_year, _MOST_ROWS) + around)
    unknown = np.broadcast_to(np.float32(np.nan), (clock.length, len(fitted.channels)))
    year = Panel(unknown, fitted.channels, clock)
    return facts_of(year, plan.factors, fitted.known_vocabularies, plan.covariates, n_after=0)

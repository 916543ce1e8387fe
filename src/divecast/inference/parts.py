"""Cuts forecasts into parts that add up: level, effects, carry-over by span of lags, and the network's correction.

The linear path is a sum: W x + covariates of the classes + C (x - T past) + share T ahead, the latter two for each
family of residuals: those from all effects T, and those from the effects that are not of the calendar. Nothing is
estimated here: its terms are sorted by where they come from (docs/effects.md).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from divecast.data import Clock, Windows
from divecast.effects import RowEffects
from divecast.effects.facts import is_cyclic
from divecast.errors import ConfigError
from divecast.inference.fitted_model import FittedModel
from divecast.inference.plain_rule import PlainForecast
from divecast.inference.predict import LabelMode, batches, pieces, predict, target_phases
from divecast.inference.results.keys import Keys
from divecast.inference.results.parts import ForecastParts, PartKind
from divecast.model.forecaster import Past
from divecast.types import Batch

LEVEL, NETWORK, CARRIED, BOUNDS, OWN = "level", "code and network", "carry-over", "bounds", "models of the series alone"


def forecast_parts(fitted: FittedModel, windows: Windows, mode: LabelMode) -> ForecastParts:
    """Return the parts of the forecasts of windows, in original units.

    Args:
        fitted: the model.
        windows: one or more.
        mode: how the forecasts get their classes.

    Raises:
        ConfigError: the model reads powers or logarithms of series, whose parts do not add up in original units.
    """
    if fitted.scale.powers is not None:
        raise ConfigError(
            "The parts of these forecasts do not add up to their mean, since they are those of a power or logarithm",
            hint='Fit a model with {model.scale} "standard"',
            argument="model.scale",
        )
    spans, found = lag_spans(windows.source.clock, fitted.shape.lookback), []
    for piece, batch in zip(pieces(fitted, windows), batches(fitted, windows), strict=True):
        terms, scale = _terms(fitted, piece, batch, mode, spans), fitted.at(piece).scale
        spread, center = (getattr(scale, name).astype(np.float64) for name in ("spread", "center"))
        values = np.stack([value.numpy() for value in terms.values]) * spread
        values[0] += center
        names, kinds = [*terms.names], [*terms.kinds]
        if fitted.bounds.there_are:
            mean = values.sum(0)
            values = np.concatenate([values, (fitted.bounds.clip(mean, target_phases(fitted, piece)) - mean)[None]])
            names, kinds = [*names, BOUNDS], [*kinds, "bounds"]
        if (plain := PlainForecast.of(fitted, piece)) is not None:  # a level, which nothing else moves
            values[plain.cells] = 0.0
            values[0][plain.cells] = plain.mean
        keys = Keys.of(piece.source, piece.origins, piece.segments, range(-1, fitted.shape.horizon))
        found.append(ForecastParts(keys, fitted.channels, tuple(names), tuple(kinds), values.astype(np.float32)))
    parts = ForecastParts.joined(found)
    moved = parts.kinds[-1] != "bounds" or bool(np.any(parts.values[-1]))
    return parts if moved else replace(parts, names=parts.names[:-1], kinds=parts.kinds[:-1], values=parts.values[:-1])


def lag_spans(clock: Clock | None, lookback: int) -> dict[str, slice]:
    """Return the steps of a window by spans of lags, the last one first: last day, rest of the week, and before.

    Args:
        clock: of the rows; None for recordings, whose windows are one span.
        lookback: steps of a window.
    """
    names = {"day": "last day", "week": "last week", "year": "last year"}
    periods = {} if clock is None else {name: clock.steps_per(name) for name in ("day", "week", "year")}
    spans: dict[str, slice] = {}
    end = lookback
    for period, steps in periods.items():
        if end and steps is not None and steps > 1:
            first = max(0, lookback - steps)
            spans[f"{CARRIED}: rest of the {period}" if spans else f"{CARRIED}: {names[period]}"] = slice(first, end)
            end = first
    if end:
        spans[f"{CARRIED}: before" if spans else CARRIED] = slice(0, end)
    return spans


@dataclass(slots=True)
class _Terms:
    """Terms of the forecasts of a batch, (batch, horizon, channel) each, float64 in scaled units."""

    names: list[str] = field(default_factory=list)
    kinds: list[PartKind] = field(default_factory=list)
    values: list[Tensor] = field(default_factory=list)

    def add(self, name: str, kind: PartKind, value: Tensor) -> None:
        """Add a term, (channel, batch, horizon)."""
        self.names.append(name)
        self.kinds.append(kind)
        self.values.append(value.permute(1, 2, 0))


@torch.inference_mode()
def _terms(fitted: FittedModel, windows: Windows, batch: Batch, mode: LabelMode, spans: dict[str, slice]) -> _Terms:
    forecaster, outputs = fitted.network.forecaster, predict(fitted, batch, mode)
    forecast: Any = outputs.forecast
    classes = outputs.code.classes
    linear = forecaster.linear_forecast(batch.x, classes, batch.effects).cpu().double()
    own, share = torch.zeros_like(linear), torch.zeros_like(linear)
    if fitted.own is not None and batch.own is not None:
        own = batch.own.mean.cpu().double()
        share = torch.where(own.isnan(), 0.0, fitted.own.share_of(batch.own).cpu().double())
    own = share * own.nan_to_num()
    correction = forecast.loc.cpu().double() - (1.0 - share) * linear - own
    past = Past.of(batch.x, batch.effects, forecaster.season).window.transpose(0, 1).cpu().double()
    level = past.mean(2, keepdim=True)
    paths = _paths(fitted)
    constant, of_classes = _class_terms(fitted, classes)
    carried = [(name, torch.bmm((past - level)[:, :, span], paths[:, span])) for name, span in spans.items()]
    terms, own_names = _Terms(), {LEVEL, NETWORK, BOUNDS, OWN, *spans}
    terms.add(LEVEL, "level", level * paths.sum(1, keepdim=True) + constant)
    effects = {name: value + of_classes.pop(name, 0.0) for name, value in _effect_terms(fitted, windows)}
    for name, value in (effects | of_classes).items():
        terms.add(f"{name} (column)" if name in own_names else name, "effect", value)
    for name, value in carried:
        terms.add(name, "carry-over", value)
    terms.values = [value * (1.0 - share) for value in terms.values]
    terms.add(NETWORK, "network", correction.permute(2, 0, 1))
    if fitted.own is not None and batch.own is not None:
        terms.add(OWN, "own", own.permute(2, 0, 1))
    return terms


def _paths(fitted: FittedModel) -> Tensor:
    """Return the sum of the maps of the window of all families, (channel, time, horizon) float64."""
    linear = fitted.network.forecaster.linear
    paths = linear.weight[:, : fitted.shape.lookback].cpu().double()
    return paths + linear.carry.sum(0).cpu().double()


def _effect_terms(fitted: FittedModel, windows: Windows) -> Iterator[tuple[str, Tensor]]:
    """Yield what each group of effects adds, beyond what the window carries on of it: (channel, batch, horizon)."""
    rows, linear = windows.effects, fitted.network.forecaster.linear
    if not isinstance(rows, RowEffects):
        return
    carry, share = linear.carry.cpu().double(), linear.share.cpu().double()
    calendar = {group.name for group in rows.effects.basis.calendar}
    for name, past, ahead in rows.by_name(windows.origins):
        families = slice(1) if name in calendar else slice(None)
        added = ahead.permute(2, 0, 1).double() * share[families].sum(0)[:, None]
        yield name, added - torch.bmm(past.permute(2, 0, 1).double(), carry[families].sum(0))


def _class_terms(fitted: FittedModel, classes: tuple[Tensor, ...]) -> tuple[Tensor, dict[str, Tensor]]:
    """Return what the covariates of the classes add, (channel, batch, horizon), by factor and pair of factors.

    Each term is a deviation from its mean over the training rows, which goes up: from a pair to its factors, and from a
    factor to the level, (channel, 1, horizon). So a pair has only what neither of its factors tells alone.
    """
    forecaster, names = fitted.network.forecaster, fitted.factor_names
    weight = forecaster.linear.weight[:, fitted.shape.lookback :].cpu().double()
    level, sizes = weight.new_zeros(len(weight), 1, weight.shape[2]), forecaster.n_classes
    if not sizes:
        return level, {}
    split = weight.split([*sizes, *(sizes[i] * sizes[j] for i, j in forecaster.pairs)], dim=1)
    shares = [torch.tensor(pi, dtype=torch.float64)[:, None] for pi in fitted.dimensions.frequencies]
    single, given = list(split[: len(sizes)]), [each.cpu().double() for each in classes]
    pairs: dict[str, Tensor] = {}
    for (i, j), table in zip(forecaster.pairs, split[len(sizes) :], strict=True):
        both = table.unflatten(1, (sizes[i], sizes[j]))
        of_i, of_j = (both * shares[j]).sum(2), (both * shares[i][:, None]).sum(1)
        overall = (of_i * shares[i]).sum(1, keepdim=True)
        single[i], single[j] = single[i] + of_i, single[j] + of_j - overall
        rest = both - of_i[:, :, None] - of_j[:, None] + overall[:, None]
        joint = (given[i][:, :, None] * given[j][:, None]).flatten(1)
        name = _name_of_pair(fitted, i, j)
        pairs[name] = pairs.get(name, 0.0) + torch.einsum("bk,ckh->cbh", joint, rest.flatten(1, 2))
    terms: dict[str, Tensor] = {}
    for name, table, share, probabilities in zip(names, single, shares, given, strict=True):
        overall = (table * share).sum(1, keepdim=True)
        level = level + overall
        terms[name] = pairs.pop(name, 0.0) + torch.einsum("bk,ckh->cbh", probabilities, table - overall)
    return level, terms | pairs


def _name_of_pair(fitted: FittedModel, i: int, j: int) -> str:
    """Return the name of the effect of a pair of factors; a label by the time of day counts to the label."""
    name = f"{fitted.factor_names[i]} x {fitted.factor_names[j]}"
    if fitted.effects is None or name in fitted.effects.basis.names:
        return name
    labels = [fitted.factor_names[at] for at in (i, j) if not is_cyclic(fitted.factors[at])]
    return labels[0] if len(labels) == 1 else name

"""Reads the curves of a fitted model from the weights of its effects."""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from divecast.data import CALENDAR_CLASSES, Calendar, Panel, Source, calendar_codes
from divecast.data.source import Values
from divecast.data.tables.frames import default_backend
from divecast.data.windows.own_scale import at_names
from divecast.effects import Effects, Group
from divecast.effects.terms import BEYOND, NEVER, Classes, DayPart, Number, Season
from divecast.errors import ConfigError, DataError
from divecast.explain.effects.curves import EffectCurve, EffectCurves
from divecast.inference.fitted_model import FittedModel

_POINTS = 33  # of the curve of a number
_MOST_ROWS = 20_000
_YEAR = 365.2425


def effect_curves(fitted: FittedModel, source: Source | None) -> EffectCurves:
    """Return the curves of the effects of a model.

    Args:
        fitted: the model.
        source: rows in which the shares are measured; None for those of the training part, which the fit measured.

    Raises:
        ConfigError: the model has no effects.
        DataError: the source has no clock.
    """
    if fitted.effects is None:
        raise ConfigError(
            "This model has no effects: it has no factor or covariate whose rows have times, or was fitted without",
            hint="Fit it on a panel with {factors} or {covariates}",
        )
    curves = tuple(
        replace(curve, effect=np.ascontiguousarray(curve.effect * fitted.scale.spread.ravel(), dtype=np.float32))
        for curve in _Reader(fitted, fitted.effects).curves()
    )
    if source is None:
        shares, backend = _shares_of_fit(fitted.effects), default_backend()
    else:
        shares, backend = _shares_in(fitted, fitted.effects, source), source.backend
    if fitted.independent:  # one effect for all, in units of the spread of each
        shares = {name: np.repeat(share, len(fitted.series)) for name, share in shares.items()}
    return EffectCurves(fitted.series or fitted.channels, curves, shares, backend)


def _shares_of_fit(effects: Effects) -> dict[str, NDArray[np.float64]]:
    return dict(zip(effects.basis.names, np.square(effects.name_spread.astype(np.float64)), strict=True))


def _shares_in(fitted: FittedModel, effects: Effects, source: Source) -> dict[str, NDArray[np.float64]]:
    separate = fitted.separate(source) if fitted.independent else source
    rows_of, source = fitted.row_effects(separate), separate
    if rows_of is None or not isinstance(source, Panel):
        raise DataError("Recordings have no clock, so they have no effects", argument="data")
    rows = np.arange(0, len(source.values), -(-len(source.values) // _MOST_ROWS))
    scale = at_names(fitted.scale, fitted.series, source) if fitted.independent else fitted.scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # a series without values has no variance: NaN
        variance = np.nanvar(scale.of_rows(rows).apply(source.values[rows]), axis=0, dtype=np.float64)
    shares = {}
    for name in effects.basis.names:
        of_effect = effects.sum_of(effects.groups_of(name), rows_of.facts, rows).var(axis=0, dtype=np.float64)
        shares[name] = of_effect / np.maximum(variance, np.finfo(np.float32).tiny)
    return shares


@dataclass(frozen=True, eq=False, slots=True)
class _Reader:
    """The effects of a model, with the names of its classes."""

    fitted: FittedModel
    effects: Effects

    def curves(self) -> Iterator[EffectCurve]:
        """Yield the curves, those of a name one after another, in scaled units."""
        found = [curve for group in self.effects.basis.groups for curve in self._of(group)]
        for name in self.effects.basis.names:
            yield from (curve for curve in found if curve.name == name)

    def _of(self, group: Group) -> Iterator[EffectCurve]:
        match group.terms:
            case (Classes() as term,):
                yield self._of_classes(group, term)
            case (Classes() as one, Classes() as other):
                yield self._of_pair(group, one, other)
            case (Season() as season,):
                yield self._of_season(group, season)
            case (Number() as number, *parts):
                yield self._of_number(group, number, parts[0].n_parts if parts else 1)  # type: ignore[union-attr]

    def _of_classes(self, group: Group, term: Classes) -> EffectCurve:
        """Return the curve of a factor; by the hour of the day if another group has that."""
        features = _centred(term)
        effect = np.einsum("vf,fc->vc", features, self._weight(group))[:, None]
        by: tuple[str, ...] = ("",)
        hours = self._by_hour(group, term)
        if hours is not None:
            by = CALENDAR_CLASSES["hour"]
            weight = self._weight(hours).reshape(term.width, len(by), -1)
            effect = effect + np.einsum("vf,fhc->vhc", features, weight)
        values = np.array(self.fitted.known_vocabularies[term.factor].classes, dtype=object)
        return EffectCurve(group.name, self._beside(term.shift), "classes", values, by, effect)

    def _by_hour(self, group: Group, term: Classes) -> Group | None:
        day = DayPart(len(CALENDAR_CLASSES["hour"]))
        return next(
            (each for each in self.effects.basis.groups if each.name == group.name and each.terms == (term, day)), None
        )

    def _of_pair(self, group: Group, one: Classes, other: Classes) -> EffectCurve:
        weight = self._weight(group).reshape(one.width, other.width, -1)
        effect = np.einsum("vf,wg,fgc->vwc", _centred(one), _centred(other), weight)
        values, by = (self.fitted.known_vocabularies[term.factor].classes for term in (one, other))
        return EffectCurve(group.name, "", "classes", np.array(values, dtype=object), by, effect)

    def _of_season(self, group: Group, season: Season) -> EffectCurve:
        """Return the mean over each month or season of a year."""
        days = np.datetime64("2023-01-01T12:00:00") + np.arange(365) * np.timedelta64(1, "D")
        classes = calendar_codes(days, Calendar(group.name))  # type: ignore[arg-type]
        of_days = season.of_years(((np.arange(365) + 0.5) / _YEAR).astype(np.float32)) @ self._weight(group)
        names = CALENDAR_CLASSES[group.name]
        effect = np.stack([of_days[classes == number].mean(axis=0) for number in range(len(names))])
        return EffectCurve(group.name, "", "classes", np.array(names, dtype=object), ("",), effect[:, None])

    def _of_number(self, group: Group, number: Number, n_parts: int) -> EffectCurve:
        """Return the curve of a covariate over the range of the training part, as a deviation from that of its mean."""
        centre, spread = number.scale()
        spread = np.where(spread < NEVER, spread, np.float32(0.0))
        first, last = (centre + edge * spread for edge in (number.lowest + BEYOND, number.highest - BEYOND))
        values = np.linspace(first, last, _POINTS, dtype=np.float64)
        weight = self._weight(group).reshape(number.width, n_parts, -1)
        n_series = max(weight.shape[2], centre.size)  # of independent series: one weight, and units of each
        weight = np.broadcast_to(weight, (*weight.shape[:2], n_series))
        at = np.broadcast_to(values.reshape(_POINTS, -1), (_POINTS, n_series)).astype(np.float32)
        features = number.of_values(at) - number.of_values(np.broadcast_to(centre, at.shape[1:]))
        effect = np.einsum("vcf,fpc->vpc", features, weight)
        hours = [24 * part // n_parts for part in range(n_parts + 1)]
        by = ("",) if n_parts == 1 else tuple(f"{a:02}-{b:02}" for a, b in pairwise(hours))
        aspect = "mean of the last day" if number.trailing > 1 else ""
        return EffectCurve(group.name, aspect, "number", values, by, effect)

    def _weight(self, group: Group) -> Values:
        """Return the weights of a group, (feature, channel)."""
        effects, place = self.effects, self.effects.basis.place(group)
        return effects.own_weight[:, place].T if group.of_series else effects.weight[place]

    def _beside(self, shift: int) -> str:
        """Return whose class it is, by the rows from the row that it acts on."""
        if not shift:
            return ""
        return f"{'row' if abs(shift) == 1 else 'day'} {'before' if shift < 0 else 'after'}"


def _centred(term: Classes) -> Values:
    """Return the features of each class, (class, feature)."""
    centred: Values = np.eye(term.width, dtype=np.float32) - np.array(term.frequencies, dtype=np.float32)
    return centred

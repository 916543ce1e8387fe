"""All that a fit needs before it trains: scales, effects, windows, and a network with its linear path solved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray

from divecast._text import plural
from divecast.config import ModelConfig, TrainingConfig
from divecast.data import (
    Panel,
    Part,
    Parts,
    Recordings,
    Scale,
    Source,
    Vocabulary,
    Windows,
    check_seen,
    encode_labels,
    fit_scale,
    fit_vocabularies,
    seasons,
)
from divecast.data.labels.unusual_classes import warn_unusual_classes
from divecast.data.names import listed
from divecast.data.outliers import Limits
from divecast.data.sources.series_rows import SeriesRows, series_names
from divecast.data.time.phase import n_phases
from divecast.data.windows.own_scale import OwnScale, fit_own_scale
from divecast.data.windows.powers import Powers
from divecast.data.windows.range_check import check_range
from divecast.data.windows.windows import EffectsSource
from divecast.effects import Basis, Effects, RowEffects, choose_basis, facts_of, fit_effects
from divecast.effects.terms import NEVER, Number
from divecast.errors import ConfigError, DataError, warn_data
from divecast.fit.gaps import SCATTERED, TrainingGap, find_gaps
from divecast.fit.linear_start import Mix, Start, start_linear, takes_seconds
from divecast.fit.solve_movement import solve_movement
from divecast.fit.static_features import static_features
from divecast.inference.bounds import Bounds
from divecast.inference.calibration import Calibration
from divecast.inference.counts import Counts
from divecast.inference.dependence import Dependence
from divecast.inference.fitted_model import (
    FittedModel,
    build_network,
    dimensions_of,
    effects_of_series,
    frequency_of,
    with_effects,
)
from divecast.inference.provenance import FitPlan, Provenance
from divecast.inference.static_facts import StaticFacts
from divecast.metrics import seasonal_scale
from divecast.model.linear.label_covariates import recurring_pairs
from divecast.model.network import Dimensions, Network
from divecast.model.pairing import find_couplings
from divecast.persistence.page_cache import free_heap
from divecast.train.distributed.ranks import ALONE, Ranks

_LINEAR_WINDOWS = 400_000  # of independent series, which share one map; more would not change it


@dataclass(frozen=True, eq=False, slots=True)
class Stage:
    """All that a fit needs before it trains.

    Attributes:
        source: the data.
        plan: all settings.
        parts: the parts of its rows.
        vocabularies: classes of each factor in the training part.
        scale: of the training part.
        labels: (row, factor) label indices of the factors that all series share.
        effects: effects of the rows; None without.
        train: training windows.
        valid: validation windows.
        network: the network, with its linear path solved.
        dimensions: its sizes.
        mix: how the linear path weighs its maps.
        facts: facts of independent series, which their windows have.
        gaps: what the training part lacks of labels and covariates that have effects, by name.
        without: labels and covariates that are given no effect.
    """

    source: Source
    plan: FitPlan
    parts: Parts
    vocabularies: tuple[Vocabulary, ...]
    scale: Scale
    labels: NDArray[np.int16]
    effects: Effects | None
    train: Windows
    valid: Windows
    network: Network
    dimensions: Dimensions
    mix: Mix
    facts: StaticFacts
    gaps: Mapping[str, TrainingGap]
    without: tuple[str, ...]

    @classmethod
    def of(
        cls,
        source: Source,
        plan: FitPlan,
        parts: Parts,
        ranks: Ranks = ALONE,
        former: "Stage | None" = None,
        without: tuple[str, ...] = (),
    ) -> "Stage":
        """Solve all that has a closed form on the training part.

        Args:
            source: the data.
            plan: all settings.
            parts: the parts of its rows.
            ranks: processes of the fit.
            former: an earlier fit, which says what series are learned and what has no effect, and has the weights of
                the maps of the linear path; by default the parts give them.
            without: labels and covariates that are given no effect.

        Raises:
            DataError: the data cannot be used.
            ConfigError: the settings do not suit the data.
        """
        source, scale = _scaled(source, parts.train, plan, former)
        if plan.model.own_scale and isinstance(source, Recordings):
            scale = OwnScale.of_past(source, scale)
        vocabularies = tuple(fit_vocabularies(source, plan.factors, parts.train))
        labelled_by = [(f, v) for f, v in zip(plan.factors, vocabularies, strict=True) if not v.per_series]
        labels = encode_labels(source, [f for f, _ in labelled_by], [v for _, v in labelled_by])
        check_range(source, parts.valid, scale)
        without = without if former is None else former.without
        effects, of_rows, gaps = _effects(source, parts, scale, vocabularies, plan, without)
        facts, row_effects = StaticFacts(), cast(EffectsSource | None, of_rows)
        if isinstance(source, SeriesRows):
            facts = StaticFacts.of(source.panel)
            row_effects = effects_of_series(of_rows, facts, source, plan.shape, source.names)

        def windows(stride: int) -> tuple[Windows, Windows]:
            in_training = Windows.of(source, parts.train, labels, scale, plan.shape, "fit", stride).scaled()
            in_validation = Windows.of(source, parts.valid, labels, scale, plan.shape, "score", stride).scaled()
            return replace(in_training, effects=row_effects), replace(in_validation, effects=row_effects)

        train, valid = windows(plan.training.stride)
        check_seen(source, plan.factors, vocabularies, parts)
        if former is None:
            warn_unusual_classes(source, plan.factors, vocabularies, parts.train)
        _check_windows(train, valid, [v for _, v in labelled_by], plan.training)
        dimensions = _with_pairs(
            dimensions_of(plan.shape, len(source.channels), vocabularies), labels, parts, plan.model
        )
        basis = None if effects is None else effects.basis
        sizes = replace(dimensions, season=_season(source, plan.lookback), n_phases=n_phases(source.clock))
        dimensions = with_effects(sizes, basis, facts)
        static = static_features(source)
        dimensions = dimensions if facts.facts else replace(dimensions, n_static=static.shape[1])
        network = build_network(dimensions, plan.model, plan.seed)
        if static.shape[1]:
            network.forecaster.static.copy_(static)
        start = start_of(network, plan, parts.train)
        read, start = _enough_windows(windows(start.stride), start)
        if network.movement is not None:
            solve_movement(network.movement, train, plan.seed)
        solved = ranks.once(lambda: start_linear(network, *read, start, None if former is None else former.mix))
        free_heap()
        known = (vocabularies, scale, labels, effects)
        return cls(source, plan, parts, *known, train, valid, network, dimensions, solved, facts, gaps, without)

    def fitted(self, provenance: Provenance) -> FittedModel:
        """Return the model of the trained network, not calibrated yet."""
        return FittedModel(
            network=self.network,
            dimensions=self.dimensions,
            channels=self.source.channels,
            known_vocabularies=self.vocabularies,
            scale=self.scale.kept(),
            seasonal_error=seasonal_error(self.source, self.parts.train),
            calibration=Calibration((), torch.empty(0, self.plan.horizon)),
            dependence=Dependence.none(self.plan.horizon, len(self.source.channels)),
            limits=Limits.none(self.source.channels),
            counts=Counts.none(len(series_names(self.source))),
            bounds=Bounds.of(self.source, self.parts.train, self.plan.bounds, self.parts.valid),
            frequency=frequency_of(self.source),
            provenance=provenance,
            effects=self.effects,
            series=self.source.names if isinstance(self.source, SeriesRows) else (),
            static=self.facts,
        )


def _scaled(source: Source, train: Part, plan: FitPlan, former: Stage | None) -> tuple[Source, Scale]:
    """Return the source and its scale, without the series that cannot be learned from if they are to be dropped."""
    training, powers = plan.training, None if former is None else former.scale.powers
    if former is None and plan.model.scale != "standard":
        powers = Powers.fit(source, train, plan.model.scale, next(iter(seasons(source.clock)), 1))
        powers = powers if powers.changed.any() else None
    if isinstance(source, SeriesRows):
        return source, fit_own_scale(source, train, powers)
    among = None if former is None else former.scale.learned
    scale = fit_scale(source, train, training.unlearnable, among, powers)
    if training.unlearnable == "plain" or scale.learned.all():
        return source, scale
    learned = [name for name, kept in zip(source.channels, scale.learned, strict=True) if kept]
    return source.select(learned), scale.of(scale.learned)


def _effects(
    source: Source,
    parts: Parts,
    scale: Scale,
    vocabularies: Sequence[Vocabulary],
    plan: FitPlan,
    without: tuple[str, ...],
) -> tuple[Effects | None, RowEffects | None, dict[str, TrainingGap]]:
    """Return the effects of the known columns, of the rows, and gaps; None of recordings, or if nothing is to fit."""
    if not isinstance(source, Panel) or not plan.model.effects:
        own = [each.name for each in vocabularies if each.per_series]
        unused = [*(each.name for each in plan.covariates), *own]
        if unused:  # only effects use them
            why = "model.effects is off" if isinstance(source, Panel) else "recordings have no effects"
            raise ConfigError(
                f"Covariates and labels per series cannot be used, since {why}: {', '.join(unused)}",
                hint="Leave them out, or set {model.effects}" if isinstance(source, Panel) else "Leave them out",
                argument="covariates" if plan.covariates else "factors",
            )
        return None, None, {}
    facts = facts_of(source, plan.factors, vocabularies, plan.covariates, plan.horizon)
    without_labels = plan.model.code.labels in ("unused", "merged")
    factors = () if without_labels else plan.factors
    gaps = find_gaps(facts, plan, vocabularies, parts.train)
    scattered = [name for name, gap in gaps.items() if gap.scattered > SCATTERED]
    basis = choose_basis(factors, vocabularies, plan.covariates, facts, parts.train, without).with_scattered(scattered)
    if not basis.groups:
        return None, None, {}
    _warn_unvaried(basis, series_names(source))
    effects = fit_effects(source, parts.train, scale, basis, facts)
    gaps = {name: gap for name, gap in gaps.items() if name in basis.names}
    return effects, RowEffects(effects, facts, plan.shape, keep=True), gaps


def _warn_unvaried(basis: Basis, names: Sequence[str]) -> None:
    """Name the series in which a covariate that differs by series has no effect."""
    for name in basis.names:
        terms = [term for group in basis.groups if group.name == name for term in group.terms]
        numbers = [term for term in terms if isinstance(term, Number)]
        spread = np.atleast_1d(numbers[0].scale()[1]) if numbers else np.empty(0)
        if unvaried := [names[at] for at in np.flatnonzero(spread >= NEVER).tolist()]:
            warn_data(
                f"Covariate {name!r} has no effect in {plural(len(unvaried), 'series')}, where it does not vary or is "
                f"missing in the training part: {listed(unvaried)}"
            )


def start_of(network: Network, plan: FitPlan, train: Part) -> Start:
    """Return how to solve the linear path; ``stacked`` uses windows at every row where that takes seconds."""
    decoder, stride = plan.model.decoder, plan.training.stride
    if decoder.linear == "stacked" and takes_seconds(network, train.n_rows):
        stride = 1
    return Start(decoder.linear, decoder.ridge_penalty, stride, plan.seed)


def _enough_windows(windows: tuple[Windows, Windows], start: Start) -> tuple[tuple[Windows, Windows], Start]:
    """Return training and validation windows for the linear path; some of those of many independent series."""
    train, valid = windows
    share = min(1.0, _LINEAR_WINDOWS / len(train))
    if not isinstance(train.source, SeriesRows) or share == 1.0:
        return windows, start
    draw = np.random.default_rng(start.seed)

    def some(every: Windows) -> Windows:
        n_kept = max(1, round(share * len(every)))
        return every.subset(np.sort(draw.choice(len(every), n_kept, replace=False, shuffle=False)))

    return (some(train), some(valid)), replace(start, stride=max(start.stride, round(start.stride / share)))


def _check_windows(
    train: Windows, valid: Windows, vocabularies: Sequence[Vocabulary], training: TrainingConfig
) -> None:
    """Check that training windows have all classes, and validation windows the labels that early stopping needs."""
    if training.monitor == "labels" and not (valid.labels[valid.origins - 1] >= 0).any():
        raise ConfigError(
            'training.monitor="labels" needs labels in the validation part, and it has none',
            hint='Set {training.monitor} to "tasks" or "forecast", or choose another {split}',
            argument="training.monitor",
        )
    labels = train.labels[train.origins - 1]
    for column, vocabulary in zip(labels.T, vocabularies, strict=True):
        missing = np.setdiff1d(np.arange(vocabulary.n_classes), column)
        if len(missing):
            names = ", ".join(vocabulary.classes[index] for index in missing[:12])
            what = (
                f"No training window has the label of {len(missing)} of {vocabulary.n_classes} classes of factor "
                f"{vocabulary.name!r} ({names}{', ...' if len(missing) > 12 else ''})"
            )
            if training.stride == 1:
                raise DataError(
                    f"{what}: the rows that have it lie in the first look-back, or after the last window",
                    hint="Use more data, or leave the factor out",
                )
            raise DataError(
                f"{what} with training.window_stride={training.stride}",
                hint="Choose a {training.window_stride} without a common divisor with the season, such as 5 instead of "
                "8 for hourly data, or use more data",
                argument="training.window_stride",
            )


def _with_pairs(dimensions: Dimensions, labels: NDArray[np.int16], parts: Parts, model: ModelConfig) -> Dimensions:
    """Add the pairs of factors whose labels recur together, for the linear path, and the couplings of a pairs prior."""
    rows = torch.from_numpy(labels[parts.train.rows()].astype(np.int64))
    couplings = find_couplings(rows, dimensions.frequencies) if model.code.prior == "pairs" else ()
    return replace(dimensions, pairs=recurring_pairs(rows, dimensions.n_classes), couplings=couplings)


def _season(source: Source, lookback: int) -> int:
    """Return the season for filling missing values: the shortest, if a window spans it twice, else 1."""
    return next((season for season in seasons(source.clock) if 2 * season <= lookback), 1)


def seasonal_error(source: Source, train: Part) -> NDArray[np.float64]:
    """Return the mean absolute seasonal naive error by channel in training; the season is the shortest, else a step.

    Of independent series, that of each series.
    """
    period = next(iter(seasons(source.clock)), 1)
    if isinstance(source, SeriesRows):
        of_series = [
            seasonal_scale(source.values[a:b], period) if b - a > period else [np.nan]
            for a, b in zip(train.start, train.stop, strict=True)
        ]
        return _above_zero(np.concatenate(of_series))
    ranges = [rows for rows in train.ranges() if rows.stop - rows.start > period]
    if not ranges:
        return np.full(len(source.channels), np.nan)
    errors = np.stack([seasonal_scale(source.values[rows], period) for rows in ranges])
    lengths = np.array([rows.stop - rows.start - period for rows in ranges], dtype=np.float64)
    weights = np.where(np.isnan(errors), 0.0, lengths[:, None])
    total, weight = np.nansum(errors * weights, axis=0), weights.sum(axis=0)
    return _above_zero(np.divide(total, weight, where=weight > 0, out=np.full(len(weight), np.nan)))


def _above_zero(error: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return errors, NaN where a series repeats itself exactly, of which there is no MASE."""
    return np.where(error > 0.0, error, np.nan)

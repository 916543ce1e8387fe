"""Fit of a model: split and scale the data, solve the linear path, train, and calibrate."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast.config import ModelConfig, TrainingConfig
from divecast.data import (
    Panel,
    Parts,
    Scale,
    Source,
    Split,
    Vocabulary,
    Windows,
    check_seen,
    encode_labels,
    fit_scale,
    fit_vocabularies,
    past_rows,
    seasons,
)
from divecast.data import split as split_rows
from divecast.data.reading import read_source
from divecast.data.windows.range_check import check_range
from divecast.effects import Effects, RowEffects, choose_basis, facts_of, fit_effects
from divecast.errors import ConfigError, DataError
from divecast.fit.linear_start import Start, start_linear, takes_seconds
from divecast.fit.shrink_correction import shrink_correction
from divecast.fit.static_features import static_features
from divecast.inference.calibration import Calibration
from divecast.inference.fitted_model import FittedModel, build_network, dimensions_of, frequency_of, with_effects
from divecast.inference.predict import batches, predict
from divecast.inference.provenance import FitPlan, Provenance
from divecast.metrics import seasonal_scale
from divecast.model.linear.label_covariates import recurring_pairs
from divecast.model.network import Dimensions, Network
from divecast.model.pairing import find_couplings
from divecast.train.callbacks import Callback
from divecast.train.channels import ChannelAxes
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.history import History
from divecast.train.loop import Checkpointing, Probe, Task, fit_network

_CALIBRATION_VALUES = 500_000  # residuals per step; more would not change a quantile


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What is fitted, and who watches.

    Attributes:
        split: how the data are cut.
        plan: all settings.
        checkpointing: checkpoint of the fit, or None.
        callbacks: called on rank 0 alone.
        probe: looks at gradients; one process only.
    """

    split: Split
    plan: FitPlan
    checkpointing: Checkpointing | None = None
    callbacks: Sequence[Callback] = ()
    probe: Probe | None = None


def fit_model(data: Any, request: FitRequest, device: torch.device, ranks: Ranks = ALONE) -> FittedModel:
    """Return the model fitted to data; see ``DeepDIVE.fit``.

    All ranks call it with equal arguments and get the same model.

    Args:
        data: the data.
        request: what to fit on them, and what runs beside the fit.
        device: where to compute.
        ranks: the processes of the fit.

    Raises:
        DataError: the data cannot be used.
        ConfigError: the settings do not suit the data.
        ArtifactError: the checkpoint cannot be used.
    """
    plan, split = request.plan, request.split
    source = past_rows(read_source(data, factors=plan.factors, covariates=plan.covariates))
    plan = replace(plan, model=_with_encoder(plan.model, source))
    parts = split_rows(source, split)
    vocabularies = fit_vocabularies(source, plan.factors, parts.train)
    labelled_by = [(f, v) for f, v in zip(plan.factors, vocabularies, strict=True) if not v.per_series]
    scale = fit_scale(source, parts.train)
    labels = encode_labels(source, [f for f, _ in labelled_by], [v for _, v in labelled_by])
    check_range(source, parts.valid, scale)
    effects, row_effects = _effects(source, parts, scale, vocabularies, plan)

    def windows(stride: int) -> tuple[Windows, Windows]:
        in_training = Windows.of(source, parts.train, labels, scale, plan.shape, "fit", stride)
        in_validation = Windows.of(source, parts.valid, labels, scale, plan.shape, "score", stride)
        return replace(in_training, effects=row_effects), replace(in_validation, effects=row_effects)

    train, valid = windows(plan.training.window_stride)
    check_seen(source, plan.factors, vocabularies, parts)
    _check_windows(train, valid, [v for _, v in labelled_by], plan.training)
    dimensions = _with_pairs(dimensions_of(plan.shape, len(source.channels), vocabularies), labels, parts, plan.model)
    basis = None if effects is None else effects.basis
    dimensions = with_effects(replace(dimensions, season=_season(source, plan.lookback)), basis)
    static = static_features(source)
    dimensions = replace(dimensions, n_static=static.shape[1])
    network = build_network(dimensions, plan.model, plan.seed)
    if dimensions.n_static:
        network.forecaster.static.copy_(static)
    start = _start(network, plan, parts)
    linear = ranks.once(lambda: start_linear(network, *windows(start.stride), start))
    sampled = 0 < plan.training.channels < dimensions.n_channels
    axes = ChannelAxes.of(dimensions, plan.model) if sampled else None
    provenance = Provenance(
        plan=plan,
        split=split,
        time_zone="UTC" if source.clock is None else source.clock.tz,
        fingerprint=source.fingerprint(),
        linear_start=linear,
        correction=None,
        history=History(),
        stamps="end" if source.clock is not None and source.clock.ends else "start",
        slots=None if source.clock is None else source.clock.slots,
    )
    identity = {**provenance.to_json(), "labels": hashlib.sha256(labels.tobytes()).hexdigest()}
    labelled = _few_labelled(train, plan.training)
    task = Task(train, valid, plan.training, plan.losses, plan.seed, device, identity, labelled, axes, ranks)
    history = fit_network(
        ranks.align(network.to(device)), task, request.checkpointing, request.callbacks, request.probe
    )
    fitted = FittedModel(
        network=network,
        dimensions=dimensions,
        channels=source.channels,
        known_vocabularies=vocabularies,
        scale=scale,
        seasonal_error=_seasonal_error(source, parts),
        calibration=Calibration((), torch.empty(0, plan.horizon)),
        frequency=frequency_of(source),
        provenance=replace(provenance, history=history),
        effects=effects,
    )
    drawn = _draw_windows(valid, plan.seed)
    if plan.model.decoder.shrink:
        fitted = shrink_correction(fitted, drawn, len(valid) * plan.training.window_stride / plan.horizon)
    return replace(fitted, calibration=Calibration.of(_residuals(fitted, drawn)))


def _effects(
    source: Source, parts: Parts, scale: Scale, vocabularies: Sequence[Vocabulary], plan: FitPlan
) -> tuple[Effects | None, RowEffects | None]:
    """Return the effects of the known columns, and of the rows; None of recordings, or if there is nothing to fit."""
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
        return None, None
    facts = facts_of(source, plan.factors, vocabularies, plan.covariates, plan.horizon)
    without_labels = plan.model.code.labels in ("unused", "merged")
    basis = choose_basis(() if without_labels else plan.factors, vocabularies, plan.covariates, facts, parts.train)
    if not basis.groups:
        return None, None
    effects = fit_effects(source, parts.train, scale, basis, facts)
    return effects, RowEffects(effects, facts, plan.shape, keep=True)


def _start(network: Network, plan: FitPlan, parts: Parts) -> Start:
    """Return how to solve the linear path; ``stacked`` uses windows at every row where that takes seconds."""
    decoder, stride = plan.model.decoder, plan.training.window_stride
    if decoder.linear == "stacked" and takes_seconds(network, parts.train.n_rows):
        stride = 1
    return Start(decoder.linear, decoder.ridge_penalty, stride, plan.seed)


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
            raise DataError(
                f"No training window has the label of {len(missing)} of {vocabulary.n_classes} classes of factor "
                f"{vocabulary.name!r} ({names}{', ...' if len(missing) > 12 else ''}) with "
                f"training.window_stride={training.window_stride}",
                hint="Choose a {training.window_stride} without a common divisor with the season, such as 5 instead of "
                "8 for hourly data, or use more data",
                argument="training.window_stride",
            )


def _few_labelled(train: Windows, training: TrainingConfig) -> Tensor | None:
    """Return the indices of the labelled training windows if their share is below ``training.labelled``, else None."""
    known = (train.labels[train.origins - 1] >= 0).any(axis=1)
    return torch.from_numpy(np.flatnonzero(known)) if 0.0 < known.mean() < training.labelled else None


def _with_encoder(model: ModelConfig, source: Source) -> ModelConfig:
    if model.encoder.kind != "auto":
        return model
    kind: Literal["panel", "recording"] = "recording" if source.clock is None else "panel"
    return replace(model, encoder=replace(model.encoder, kind=kind))


def _with_pairs(dimensions: Dimensions, labels: NDArray[np.int16], parts: Parts, model: ModelConfig) -> Dimensions:
    """Add the pairs of factors whose labels recur together, for the linear path, and the couplings of a pairs prior."""
    rows = torch.from_numpy(labels[parts.train.rows()].astype(np.int64))
    couplings = find_couplings(rows, dimensions.frequencies) if model.code.prior == "pairs" else ()
    return replace(dimensions, pairs=recurring_pairs(rows, dimensions.n_classes), couplings=couplings)


def _season(source: Source, lookback: int) -> int:
    """Return the season for filling missing values: the shortest, if a window spans it twice, else 1."""
    return next((season for season in seasons(source.clock) if 2 * season <= lookback), 1)


def _seasonal_error(source: Source, parts: Parts) -> NDArray[np.float64]:
    """Return the mean absolute seasonal naive error by channel in training; the season is the shortest, else a step."""
    period = next(iter(seasons(source.clock)), 1)
    ranges = [rows for rows in parts.train.ranges() if rows.stop - rows.start > period]
    if not ranges:
        return np.full(len(source.channels), np.nan)
    errors = np.stack([seasonal_scale(source.values[rows], period) for rows in ranges])
    lengths = np.array([rows.stop - rows.start - period for rows in ranges], dtype=np.float64)
    weights = np.where(np.isnan(errors), 0.0, lengths[:, None])
    total, weight = np.nansum(errors * weights, axis=0), weights.sum(axis=0)
    error: NDArray[np.float64] = np.divide(total, weight, where=weight > 0, out=np.full(len(weight), np.nan))
    return error


def _draw_windows(valid: Windows, seed: int) -> Windows:
    """Return validation windows for calibration, drawn at random: a regular stride might show one hour only."""
    n = max(1, min(len(valid), _CALIBRATION_VALUES // len(valid.source.channels)))
    drawn = torch.randperm(len(valid), generator=torch.Generator().manual_seed(seed))[:n]
    return valid.subset(drawn.sort().values.numpy())


def _residuals(fitted: FittedModel, valid: Windows) -> Iterator[Tensor]:
    """Yield standardised residuals, (batch, horizon, channel), at the mean code with known labels."""
    for batch in batches(fitted, valid):
        forecast: Any = predict(fitted, batch, "known").forecast
        yield (batch.y - forecast.loc) / forecast.scale

"""Fit of a model: solve what has a closed form, train and calibrate; then, on request, once more on all rows."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from divecast._text import plural
from divecast.config import ModelConfig, TrainingConfig
from divecast.data import ByTime, Panel, Part, Parts, Recordings, Source, Split, Windows, past_rows
from divecast.data import split as split_rows
from divecast.data.describe import described
from divecast.data.flat_channels import warn_flat
from divecast.data.outliers import Limits, clean_covariates
from divecast.data.parts import recording_units, whole
from divecast.data.reading import read_source
from divecast.fit.calibrate import calibrated, draw_windows
from divecast.fit.choose_stage import staged
from divecast.fit.default_split import default_split
from divecast.fit.new_scale import to_new_scale
from divecast.fit.own_models import with_own_models
from divecast.fit.read_classes import fit_reader, solve_reader
from divecast.fit.separate_series import own_length, separate, series_mode
from divecast.fit.short_data import lookback_and_split
from divecast.fit.shrink_correction import shrink_correction
from divecast.fit.stage import Stage
from divecast.fit.static_features import static_features
from divecast.inference.counts import low_counts
from divecast.inference.fitted_model import FittedModel
from divecast.inference.provenance import FitPlan, Provenance, fingerprint_of
from divecast.train.callbacks import Callback
from divecast.train.channels import ChannelAxes
from divecast.train.distributed.ranks import ALONE, Ranks
from divecast.train.history import History
from divecast.train.loop import Checkpointing, Probe, Task, fit_network

# Of a pass over independent series, our choice: with more windows than this many steps take, a batch is larger by up to
# this factor, and a pass takes some of the windows. A step costs a small batch as much as a larger one.
_MOST_STEPS, _LARGER_BATCH = 150, 4


@dataclass(frozen=True, slots=True)
class FitRequest:
    """What is fitted, and who watches.

    Attributes:
        split: how the data are cut; None for the usual parts, or those that short data can afford.
        plan: all settings.
        checkpointing: checkpoint of the fit, or None.
        callbacks: called on rank 0 alone.
        probe: looks at gradients; one process only.
        refit: whether to fit once more, on all rows, as validation has shown to be best.
        say: is told how a table was read.
    """

    split: Split | None
    plan: FitPlan
    checkpointing: Checkpointing | None = None
    callbacks: Sequence[Callback] = ()
    probe: Probe | None = None
    refit: bool = False
    say: Callable[[str], None] | None = None


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
    plan, source = request.plan, past_rows(_read(data, request, ranks))
    plan = replace(plan, model=_with_encoder(plan.model, source), series=series_mode(source, plan.series))
    independent = isinstance(source, Panel) and plan.series == "independent"
    n_rows = own_length(source) if independent else None
    lookback, split = lookback_and_split(source, plan.horizon, plan.lookback or None, request.split, n_rows)
    plan = _with_lookback(plan, source, lookback)
    if request.split is None and isinstance(source, Recordings):
        split = default_split(source, plan.factors, plan.shape)
    raw, source, limits = source, _without_absurd_covariates(source, plan, split), Limits.none(source.channels)
    searched = plan.training.outliers == "missing" and not plan.model.own_scale
    if searched and not independent:
        limits = Limits.of(source, split_rows(source, split).train)
    if independent:
        source, rows = separate(source, split, plan)
        if searched:
            limits = Limits.of(rows, split_rows(rows, split).train)
            rows = limits.clean(rows)
        stage = staged(rows, plan, split_rows(rows, split), ranks)
    else:
        source = limits.clean(source)
        stage = staged(source, plan, split_rows(source, split), ranks)
        source = stage.source
    plan = _with_passes(stage.plan, stage, request, ranks)
    stage = replace(stage, plan=plan)
    provenance = Provenance(
        plan=plan,
        split=split,
        time_zone="UTC" if source.clock is None else source.clock.tz,
        fingerprint=fingerprint_of(raw if raw.channels == source.channels else raw.select(source.channels)),
        linear_start=stage.mix.kind,
        correction=None,
        history=History(),
        stamps="end" if source.clock is not None and source.clock.ends else "start",
        slots=None if source.clock is None else source.clock.slots,
        until=last_time(source),
        trained_until=last_time(stage.source, stage.parts.train),
        read=source.as_read.named(source.rate),
        n_rows=None if source.clock is None else len(source.values),
    )
    task = _task(stage, provenance, device, ranks)
    network = ranks.align(stage.network.to(device))
    history = fit_network(network, task, request.checkpointing, request.callbacks, request.probe)
    fit_reader(network.marginal, (stage.train, stage.valid), _groups(source, split), plan.seed)
    fitted = stage.fitted(replace(provenance, history=history))
    fitted = replace(fitted, limits=limits.only(fitted.series or fitted.channels))
    drawn = draw_windows(stage.valid, plan.seed)
    if plan.model.decoder.shrink:
        fitted = shrink_correction(fitted, drawn, len(stage.valid) * plan.training.stride / plan.horizon)
    fitted, drawn = with_own_models(fitted, stage, drawn)
    hold_counts = np.zeros(len(fitted.series or fitted.channels), np.bool_)
    if plan.model.counts != "never" and stage.scale.powers is None:
        hold_counts = low_counts(stage.source, stage.parts.train)
    fitted = calibrated(fitted, stage.train, drawn, hold_counts, _groups(source, split))
    return _fitted_again(fitted, stage, request, ranks) if request.refit else fitted


def _without_absurd_covariates(source: Source, plan: FitPlan, split: Split) -> Source:
    if plan.training.outliers != "missing" or not isinstance(source, Panel) or not plan.covariates:
        return source
    return clean_covariates(source, [each.name for each in plan.covariates], split_rows(source, split).train)


def _groups(source: Source, split: Split) -> NDArray[np.int64] | None:
    """Return the group of each recording, which the split keeps together; None if it keeps none."""
    group = None if isinstance(split, ByTime) else split.group
    return None if group is None else recording_units(source, group)[0]


def _with_lookback(plan: FitPlan, source: Source, lookback: int) -> FitPlan:
    """Return the plan with the look-back, and of recordings the window stride, in numbers."""
    training = plan.training.for_recordings(lookback) if isinstance(source, Recordings) else plan.training
    return replace(plan, lookback=lookback, training=training)


def _with_passes(plan: FitPlan, stage: Stage, request: FitRequest, ranks: Ranks) -> FitPlan:
    """Return the plan with passes and batch size in numbers, and say so if they follow the number of windows."""
    usual, training = plan.training, plan.training.for_windows(len(stage.train))
    if request.say is not None and ranks.first and training.n_epochs != usual.n_epochs:
        request.say(
            f"There are {plural(len(stage.train), 'training window')}: {training.n_epochs} passes in batches "
            f"of {training.n_batch}, instead of {usual.n_epochs} in batches of {usual.n_batch}"
        )
    return replace(plan, training=training)


def _fitted_again(fitted: FittedModel, former: Stage, request: FitRequest, ranks: Ranks) -> FittedModel:
    """Return a model fitted to all rows, with all that validation has chosen in the former fit.

    That is the number of passes, the weights of the maps of the linear path, the shares of the correction, and the
    spread and the intervals in units of the scale of the likelihood.
    """
    source, parts = former.source, former.parts
    everything = whole(source)
    stage = Stage.of(source, former.plan, Parts(everything, parts.valid, parts.test), ranks, former)
    history = fitted.provenance.history
    provenance = replace(fitted.provenance, refit=True, trained_until=last_time(source))
    passes = len(history.records) if history.best_epoch is None else history.best_epoch + 1
    task = replace(_task(stage, replace(provenance, history=History()), fitted.device, ranks), passes=passes)
    network = ranks.align(stage.network.to(fitted.device))
    fit_network(network, task, _after(request.checkpointing), request.callbacks)
    solve_reader(network.marginal, stage.train, _groups(source, provenance.split), former.plan.seed)
    network.marginal.take_encoder_share(fitted.network.marginal)
    network.forecaster.shares.copy_(fitted.network.forecaster.shares)
    for name in ("recalibration", "departures"):
        getattr(network.forecaster, name).load_state_dict(getattr(fitted.network.forecaster, name).state_dict())
    to_new_scale(network.forecaster, former.scale, stage.scale)
    kept = {name: getattr(fitted, name) for name in ("calibration", "dependence", "counts", "limits", "own")}
    return replace(stage.fitted(provenance), **kept)


def _task(stage: Stage, provenance: Provenance, device: torch.device, ranks: Ranks) -> Task:
    plan = stage.plan
    beside = {"labels": stage.labels, "static": static_features(stage.source).numpy()}
    digests = {name: hashlib.sha256(values.tobytes()).hexdigest() for name, values in beside.items()}
    identity = {**provenance.to_json(), **digests}
    labelled = few_labelled(stage.train, plan.training)
    axes = channel_axes(stage, plan)
    training, most = plan.training, None
    if plan.series == "independent":
        batch_size = min(_LARGER_BATCH * training.n_batch, len(stage.train) // _MOST_STEPS)
        training = replace(training, batch_size=max(training.n_batch, batch_size))
        most = _MOST_STEPS * training.n_batch
    return Task(
        stage.train,
        stage.valid,
        training,
        plan.losses,
        plan.seed,
        device,
        identity,
        labelled,
        axes,
        ranks,
        most_windows=most,
    )


def channel_axes(stage: Stage | FittedModel, plan: FitPlan) -> ChannelAxes | None:
    """Return the channel axes of the network if each step takes a sample of the channels, else None."""
    sampled = 0 < plan.training.channels < stage.dimensions.n_channels
    return ChannelAxes.of(stage.dimensions, plan.model) if sampled else None


def _read(data: Any, request: FitRequest, ranks: Ranks) -> Source:
    plan = request.plan
    source = read_source(data, factors=plan.factors, covariates=plan.covariates)
    if source is not data and request.say is not None and ranks.rank == 0:
        names = [factor.name for factor in plan.factors], [covariate.name for covariate in plan.covariates]
        request.say(described(source, *names))
    if isinstance(source, Recordings):
        warn_flat(source)
    return source


def _after(checkpointing: Checkpointing | None) -> Checkpointing | None:
    """Return the checkpoint of the fit to all rows, a file beside that of the fit before."""
    if checkpointing is None:
        return None
    return replace(checkpointing, path=refit_checkpoint(checkpointing.path))


def refit_checkpoint(path: Path) -> Path:
    """Return the checkpoint of the fit to all rows, given that of the fit before."""
    return path.with_name(f"{path.name}.refit")


def last_time(source: Source, part: Part | None = None) -> str | None:
    """Return the UTC time of the last row of a panel, or of a part of it, as text; None for recordings."""
    if source.clock is None:
        return None
    last = np.array([len(source.values)]) if part is None else part.stop
    return str(source.clock.at(last - 1).max())


def few_labelled(train: Windows, training: TrainingConfig) -> Tensor | None:
    """Return the indices of the labelled training windows if their share is below ``training.labelled``, else None."""
    known = (train.labels[train.origins - 1] >= 0).any(axis=1)
    return torch.from_numpy(np.flatnonzero(known)) if 0.0 < known.mean() < training.labelled else None


def _with_encoder(model: ModelConfig, source: Source) -> ModelConfig:
    if model.encoder.kind != "auto":
        return model
    kind: Literal["panel", "recording"] = "recording" if source.clock is None else "panel"
    return replace(model, encoder=replace(model.encoder, kind=kind))

"""The scores of a run with few labels, all on the test part with all of its labels."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from divecast.config import EncoderConfig
from divecast.data import Windows, encode_labels, fit_scale, fit_vocabularies, split
from divecast.data import WindowShape as Shape
from divecast.fit import FitRequest
from divecast.fit.fit_model import fit_model
from divecast.inference import (
    MODEL_NAME,
    FitPlan,
    encode_windows,
    evaluate_windows,
    infer_window_labels,
    pool_recordings,
)
from divecast.metrics.latents import FactorLabels, MeasureConfig, Units, disentanglement
from research.few_labels.classifiers import LabelledParts, accuracies, classify, classify_components
from research.paper.cases import Case, Settings
from research.paper.run import HeldOut

# Of the measures only MIG and the own unit's gap are kept, so the forests of the others are as small as may be.
_MEASURES = MeasureConfig(n_boot=0, n_trees=1, n_folds=2)


def score_model(case: Case, settings: Settings, seed: int) -> dict[str, Any]:
    """Fit the model and return accuracy, MIG, the gap of the own unit, and forecast RRSE with labels inferred."""
    plan = FitPlan(
        case.horizon, case.lookback, case.factors, (), settings.model, settings.training, settings.losses, seed
    )
    fitted = fit_model(case.data, FitRequest(case.split, plan), torch.device("cpu"))
    held_out = HeldOut.of(fitted, case)
    labels = infer_window_labels(fitted, held_out.encode)
    pooled = pool_recordings(labels, held_out.encode.segments).accuracy() if case.data.clock is None else None
    scores = evaluate_windows(fitted, held_out.score, "infer", with_rivals=False).scores[MODEL_NAME]
    rrse = {step: float(scores.rrse[scores.horizon.index(step)]) for step in (*map(str, case.steps), "all")}
    return {
        "accuracy": labels.accuracy(),
        "recording_accuracy": pooled,
        **_measures(held_out),
        "rrse": rrse,
        "epochs": len(fitted.provenance.history.records),
    }


def score_rival(case: Case, arm: str, seed: int) -> dict[str, Any]:
    """Fit a rival on the labelled windows and return its accuracy."""
    parts = split(case.data, case.split)
    vocabularies = fit_vocabularies(case.data, case.factors, parts.train)
    codes, scale = encode_labels(case.data, case.factors, vocabularies), fit_scale(case.data, parts.train)
    shape, stride = Shape(case.lookback, case.horizon), case.settings.training.stride
    train = Windows.of(case.data, parts.train, codes, scale, shape, "fit", stride)
    valid = Windows.of(case.data, parts.valid, codes, scale, shape, "score", stride)
    test = Windows.of(case.data, parts.test, codes, scale, shape, "encode").subset(slice(None, None, case.every))
    labelled = LabelledParts.of((train, valid, test), vocabularies)
    read = (
        classify(labelled, _encoder(case), seed) if arm == "classifier" else classify_components(labelled, train, seed)
    )
    return {"accuracy": accuracies(read, test, [factor.name for factor in case.factors])}


def _encoder(case: Case) -> EncoderConfig:
    encoder = case.settings.model.encoder
    if encoder.kind != "auto":
        return encoder
    return replace(encoder, kind="recording" if case.data.clock is None else "panel")


def _measures(held_out: HeldOut) -> dict[str, Any]:
    codes, windows = encode_windows(held_out.fitted, held_out.encode), held_out.encode
    labels = FactorLabels(codes.factors, codes.classes, windows.labels[windows.origins - 1].astype(np.int64))
    units = Units.of_code(codes.a_mean, dict(zip(codes.factors, codes.b_mean, strict=True)))
    groups = windows.segments if windows.source.clock is None else None
    found = disentanglement(units, labels, _MEASURES, groups)
    return {
        name: {"all": _plain(measure.value), **{part: _plain(each.value) for part, each in measure.parts.items()}}
        for name, measure in (("mig", found.mig), ("own_gap", found.own_gap))
    }


def _plain(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None

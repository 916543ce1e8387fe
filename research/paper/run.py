"""One run: fit an arm of a case with one seed, and score it on the test part."""

from dataclasses import dataclass
from time import perf_counter, process_time

import numpy as np
import torch

from divecast.data import Source, Windows, encode_labels, fit_scale, fit_vocabularies, split
from divecast.fit import FitRequest
from divecast.fit.fit_model import fit_model
from divecast.inference import (
    MODEL_NAME,
    Codes,
    FitPlan,
    FittedModel,
    LabelMode,
    batches,
    complete,
    encode_windows,
    evaluate_windows,
    infer_window_labels,
    pool_recordings,
)
from divecast.metrics import ForecastScores, ScoreSums
from research.common import forget_peak, peak_mib, versions
from research.paper.asked import FULL, asked_of, plan_of
from research.paper.cases import Case
from research.paper.measured import labels_to_measure, measure_code
from research.paper.record import Cost, Measure, Record, Score

BASELINES = ("per-channel ridge", "last value")
_ACTIVE = 0.01


@dataclass(frozen=True, eq=False, slots=True)
class Run:
    """What a run leaves behind.

    Attributes:
        record: its line.
        fitted: the model.
    """

    record: Record
    fitted: FittedModel


@dataclass(frozen=True, eq=False, slots=True)
class HeldOut:
    """A fitted model with the test windows.

    Attributes:
        fitted: the model.
        score: windows whose targets lie in the test part, every so many.
        encode: windows that end in the test part, every so many.
    """

    fitted: FittedModel
    score: Windows
    encode: Windows

    @classmethod
    def of(cls, fitted: FittedModel, case: Case) -> "HeldOut":
        """Take the windows of a case."""
        source: Source = fitted.source(case.data)
        part, every = split(source, case.split).test, slice(None, None, case.every)
        windows = [fitted.windows_of(source, part, role).subset(every) for role in ("score", "encode")]
        return cls(fitted, *windows)

    @property
    def infers(self) -> bool:
        """Whether the model infers labels."""
        return self.fitted.network.marginal.infers_labels

    @property
    def modes(self) -> tuple[LabelMode, ...]:
        """How labels are used: inferred and known, inferred only if they are no part of the code, or known only."""
        if self.infers:
            return ("infer", "known")
        return ("known",) if self.fitted.network.n_factors else ("infer",)


def run_once(case: Case, arm: str, seed: int) -> Run:
    """Fit and score; the same seed on the same machine gives the same numbers but for time and memory.

    Raises:
        ConfigError: there is no such arm.
        DataError: the data do not allow it, such as a factor with one class in the test part.
    """
    plan = plan_of(case, arm, seed)
    _check_labels(case, plan)
    forget_peak()
    began, cpu_began = perf_counter(), process_time()
    fitted = fit_model(case.data, FitRequest(case.split, plan), torch.device("cpu"))
    fit_seconds, cpu_seconds = perf_counter() - began, process_time() - cpu_began
    held_out = HeldOut.of(fitted, case)
    codes = encode_windows(fitted, held_out.encode, held_out.modes[0])
    forecast = _forecasts(held_out, case.steps, arm == FULL)
    parts = (forecast, _reconstruction(held_out), _accuracy(held_out), _measures(held_out, codes, case.every))
    kl = 0.5 * (codes.a_mean**2 + codes.a_sd**2 - 1.0) - np.log(codes.a_sd)
    cost = Cost(
        fit_seconds=fit_seconds,
        fit_cpu_seconds=cpu_seconds,
        score_seconds=perf_counter() - began - fit_seconds,
        peak_mib=peak_mib(),
        weights=sum(weight.numel() for weight in fitted.network.parameters()),
        epochs=len(fitted.provenance.history.records),
    )
    record = Record(
        case.name, arm, seed, case.about, *parts,
        tuple(kl.mean(axis=0).tolist()), int((codes.a_mean.var(axis=0) > _ACTIVE).sum()), len(held_out.encode),
        cost, asked_of(case, arm, seed), versions(),
    )  # fmt: skip
    return Run(record, fitted)


def _check_labels(case: Case, plan: FitPlan) -> None:
    """Refuse before the fit what could not be measured after it."""
    parts = split(case.data, case.split)
    vocabularies = fit_vocabularies(case.data, case.factors, parts.train)
    labels = encode_labels(case.data, case.factors, vocabularies)
    scale = fit_scale(case.data, parts.train)
    windows = Windows.of(case.data, parts.test, labels, scale, plan.shape, "encode").subset(
        slice(None, None, case.every)
    )
    labels_to_measure(labels[windows.origins - 1], vocabularies)


def _forecasts(held_out: HeldOut, steps: tuple[int, ...], with_baselines: bool) -> dict[str, dict[str, Score]]:
    found: dict[str, dict[str, Score]] = {}
    for mode in held_out.modes:
        rivals = with_baselines and mode == "known"
        scores = evaluate_windows(held_out.fitted, held_out.score, mode, rivals).scores
        found[mode] = _by_step(scores[MODEL_NAME], steps)
        found |= {name: _by_step(scores[name], steps) for name in BASELINES if name in scores}
    return found


def _by_step(scores: ForecastScores, steps: tuple[int, ...]) -> dict[str, Score]:
    rows = [scores.horizon.index(name) for name in (*map(str, steps), "all")]
    return {scores.horizon[at]: Score(float(scores.rrse[at]), float(scores.corr[at])) for at in rows}


def _reconstruction(held_out: HeldOut) -> dict[str, Score]:
    """Score the windows reconstructed from the code, with labels inferred, or known if the arm infers none."""
    fitted, mode = held_out.fitted, held_out.modes[0]
    zero = np.zeros(len(fitted.channels))
    original = ScoreSums(fitted.shape.lookback, fitted.scale.center)
    scaled = ScoreSums(fitted.shape.lookback, zero)
    for batch in batches(fitted, held_out.encode):
        truth, mean = batch.x.cpu().numpy(), complete(fitted, batch, mode).reconstruction.mean.cpu().numpy()
        scaled.update(truth, mean)
        original.update(fitted.scale.invert(truth), fitted.scale.invert(mean))
    sums = {"original": original.result().overall(), "scaled": scaled.result().overall()}
    return {name: Score(scores["rrse"], scores["corr"]) for name, scores in sums.items()}


def _accuracy(held_out: HeldOut) -> dict[str, dict[str, float | None]]:
    if not held_out.infers:
        return {}
    labels = infer_window_labels(held_out.fitted, held_out.encode)
    found: dict[str, dict[str, float | None]] = {"window": {**labels.accuracy()}}
    if held_out.encode.source.clock is None:
        found["recording"] = {**pool_recordings(labels, held_out.encode.segments).accuracy()}
    return found


def _measures(held_out: HeldOut, codes: Codes, every: int) -> dict[str, Measure]:
    """Measure the code: each dimension of a is a unit, and each block of b where labels are inferred."""
    windows, fitted = held_out.encode, held_out.fitted
    blocks = dict(zip(codes.factors, codes.b_mean, strict=True)) if held_out.infers else {}
    labels = windows.labels[windows.origins - 1].astype(np.int64)
    groups = windows.segments if windows.source.clock is None else None
    overlap = (fitted.shape.lookback - 1) // every
    return measure_code((codes.a_mean, blocks), labels, fitted.vocabularies, groups, overlap)

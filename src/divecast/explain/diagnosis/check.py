"""Measurement of the code of a fitted model."""

import numpy as np
from numpy.typing import NDArray

from divecast.data import Windows
from divecast.errors import DataError
from divecast.explain.diagnosis.diagnosis import Diagnosis, LabelAccuracy, Measurements, RareClasses
from divecast.explain.diagnosis.divergence import block_kl, class_kl, dimension_kl, standard_kl
from divecast.explain.diagnosis.findings import findings_of
from divecast.explain.diagnosis.ownership import ProbeResults, probe_code
from divecast.explain.diagnosis.separation import Separation
from divecast.explain.diagnosis.usage import Usage
from divecast.inference.fitted_model import FittedModel
from divecast.inference.predict import encode_windows
from divecast.inference.results import Codes, Labels

RARE = 0.1
"""Share of the training labels that are not of the most frequent class, up to which these are rare (our choice)."""

LEAST_WINDOWS = 20
"""Number of windows below which a code is not diagnosed (our choice)."""


def check_code(fitted: FittedModel, windows: Windows, part: str = "all") -> Diagnosis:
    """Diagnose the code of windows, inferred without labels.

    Args:
        fitted: the model.
        windows: 20 or more, in time order.
        part: part of the data of the fit that they are; named in the result.

    Raises:
        DataError: there are too few windows.
    """
    if len(windows) < LEAST_WINDOWS:
        raise DataError(
            "There are too few windows for a diagnosis",
            expected=f"at least {LEAST_WINDOWS}",
            found=str(len(windows)),
            hint="Use more data, another {part}, or a smaller {every}",
        )
    measured = _measure(fitted, windows, part)
    return Diagnosis(measured, findings_of(fitted, measured), windows.source.backend)


def _measure(fitted: FittedModel, windows: Windows, part: str) -> Measurements:
    codes, path = encode_windows(fitted, windows), fitted.network.marginal
    given = windows.labels[windows.origins - 1].astype(np.int64)[:, : len(codes.factors)]
    labels = Labels(codes.keys, codes.factors, codes.classes, codes.probabilities, given)
    groups = windows.segments if windows.source.clock is None else None
    inferred = path.infers_labels
    return Measurements(
        n_windows=len(windows),
        part=part,
        dimensions=usage_of(fitted, codes),
        block_kl=block_divergences(fitted, codes),
        separations=separations_of(fitted, codes),
        labels=label_accuracies(labels) if inferred else (),
        probes=probe_code(codes, labels, groups, _overlap(windows)) if inferred else ProbeResults(),
        rare=rare_classes(fitted, windows),
    )


def rare_classes(fitted: FittedModel, windows: Windows) -> tuple[RareClasses, ...]:
    """Return the factors that had one class in nearly all of the training part, as holidays, with their other rows."""
    clock, found = windows.source.clock, []
    for column, vocabulary in zip(windows.labels.T, fitted.vocabularies, strict=False):
        usual = int(np.argmax(vocabulary.frequencies))
        if vocabulary.frequencies[usual] < 1.0 - RARE:
            continue
        rows = np.flatnonzero((column >= 0) & (column != usual))
        days = None if clock is None else len(np.unique(clock.local_begin(rows).astype("datetime64[D]")))
        found.append(RareClasses(vocabulary.name, vocabulary.classes[usual], len(rows), days))
    return tuple(found)


def usage_of(fitted: FittedModel, codes: Codes) -> Usage:
    """Measure the dimensions of a, and of b if it is continuous."""
    path, n_a = fitted.network.marginal, codes.a_mean.shape[1]
    names = [f"a{i}" for i in range(n_a)]
    owners: list[str | None] = [None] * n_a
    kl, means = [standard_kl(codes.a_mean, codes.a_sd)], [codes.a_mean]
    if path.mixtures:
        for name, mean, sd, mixture in zip(codes.factors, codes.b_mean, codes.b_sd, path.mixtures, strict=True):
            names += [f"b_{name}{i}" for i in range(mixture.dims)]
            owners += [name] * mixture.dims
            kl.append(dimension_kl(mean, sd, mixture))
            means.append(mean)
    values = np.concatenate(means, axis=1).astype(np.float64)
    return Usage.of(tuple(names), tuple(owners), np.concatenate(kl, axis=1).mean(axis=0), values)


def block_divergences(fitted: FittedModel, codes: Codes) -> dict[str, float]:
    """Return KL(q(b_i|x) || p_i) of each factor, nats, mean over the windows; empty if b is not inferred."""
    path = fitted.network.marginal
    if path.mixtures:
        blocks = zip(codes.factors, codes.b_mean, codes.b_sd, path.mixtures, strict=True)
        return {name: float(block_kl(mean, sd, mixture).mean()) for name, mean, sd, mixture in blocks}
    if path.infers_labels:
        frequencies = [np.array(vocabulary.frequencies) for vocabulary in fitted.vocabularies]
        blocks_of_classes = zip(codes.factors, codes.probabilities, frequencies, strict=True)
        return {name: float(class_kl(shares, pi).mean()) for name, shares, pi in blocks_of_classes}
    return {}


def separations_of(fitted: FittedModel, codes: Codes) -> tuple[Separation, ...]:
    """Measure the distances between the classes of each factor; empty if b has no mixture prior."""
    named = zip(codes.factors, codes.classes, fitted.network.marginal.mixtures, strict=False)
    return tuple(Separation.of(name, classes, mixture) for name, classes, mixture in named)


def label_accuracies(labels: Labels) -> tuple[LabelAccuracy, ...]:
    """Compare the inferred classes with the labels."""
    accuracy, accuracies = labels.accuracy(), []
    for name, column in zip(labels.factors, labels.given.T, strict=True):
        counts = np.bincount(column[column >= 0], minlength=1)
        chance = float(counts.max() / counts.sum()) if counts.sum() else float("nan")
        accuracies.append(LabelAccuracy(name, int(counts.sum()), accuracy[name], chance))
    return tuple(accuracies)


def _overlap(windows: Windows) -> int:
    """Return the number of windows on each side of one that share rows with it."""
    steps: NDArray[np.int64] = np.diff(windows.origins)[np.diff(windows.segments) == 0]
    return -(-windows.shape.lookback // max(1, int(steps.min()))) if len(steps) else 0

"""Losses and errors of a fitted model on a part of its data, for conflict.py."""

from typing import Any

import numpy as np
import torch

from divecast.data import Windows, split
from divecast.inference import FittedModel, LabelMode, batches, complete
from divecast.inference.predict import predict
from divecast.losses import conditional_terms, negative_log_likelihood
from divecast.losses.label_terms import label_terms
from divecast.metrics import ScoreSums
from research.paper.cases import Case


def scores_of(fitted: FittedModel, case: Case, part: str) -> dict[str, Any]:
    """Return losses and errors on a part, at the mean code.

    Losses are nats per observed value, or per label. RRSE is on original units; ``rrse_scaled`` has each channel in
    units of its spread. Forecasts are scored with labels inferred from the window and with labels known.
    """
    source = fitted.source(case.data)
    rows, every = getattr(split(source, case.split), part), slice(None, None, case.every)
    targets, ends = (fitted.windows_of(source, rows, role).subset(every) for role in ("score", "encode"))
    found: dict[str, Any] = {f"forecast_{mode}": _forecast(fitted, targets, mode) for mode in ("infer", "known")}
    return found | {"reconstruction": _reconstruction(fitted, ends), "labels": _labels(fitted, ends)}


@torch.no_grad()
def _forecast(fitted: FittedModel, windows: Windows, mode: LabelMode) -> dict[str, float]:
    sums, nats, n = ScoreSums(fitted.shape.horizon, fitted.scale.center), 0.0, 0
    for batch in batches(fitted, windows):
        forecast = predict(fitted, batch, mode).forecast
        sums.update(fitted.scale.invert(batch.y.numpy()), fitted.scale.invert(forecast.mean.numpy()))
        nats += float(negative_log_likelihood(forecast, batch.y).double().sum())
        n += int(torch.isfinite(batch.y).sum())
    return {"rrse": sums.result().overall()["rrse"], "nll": nats / n}


@torch.no_grad()
def _reconstruction(fitted: FittedModel, windows: Windows) -> dict[str, float]:
    lookback, center = fitted.shape.lookback, fitted.scale.center
    original, scaled = ScoreSums(lookback, center), ScoreSums(lookback, np.zeros_like(center))
    nats, kl, n = 0.0, 0.0, 0
    for batch in batches(fitted, windows):
        outputs = complete(fitted, batch, "infer")
        mean = outputs.reconstruction.mean.numpy()
        original.update(fitted.scale.invert(batch.x.numpy()), fitted.scale.invert(mean))
        scaled.update(batch.x.numpy(), mean)
        _, each, of_a = conditional_terms(outputs, batch)
        nats, kl = nats + float(each.double().sum()), kl + float(of_a.double().sum())
        n += int(torch.isfinite(batch.x).sum())
    rrse = {"rrse": original.result().overall()["rrse"], "rrse_scaled": scaled.result().overall()["rrse"]}
    return rrse | {"nll": nats / n, "kl": kl / n}


@torch.no_grad()
def _labels(fitted: FittedModel, windows: Windows) -> dict[str, dict[str, float]]:
    path: Any = fitted.network.marginal
    right, nats, known = [], [], []
    for batch in batches(fitted, windows):
        posterior = path.infer(batch.x)
        read = torch.stack([share.argmax(1) for share in path.class_probabilities(posterior.mean)], dim=1)
        _, entropy = label_terms(path, posterior, posterior.mean, batch.labels)
        right.append(((read == batch.labels) & (batch.labels >= 0)).double().sum(0))
        nats.append(entropy.double().sum(0))
        known.append((batch.labels >= 0).double().sum(0))
    n, names = torch.stack(known).sum(0), [vocabulary.name for vocabulary in fitted.vocabularies]
    columns = {"accuracy": torch.stack(right).sum(0) / n, "cross_entropy": torch.stack(nats).sum(0) / n}
    return {name: dict(zip(names, column.tolist(), strict=True)) for name, column in columns.items()}

"""Detectors of faults in the last day of a window; each sees the same windows, with more behind each score than one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from torch import Tensor

from divecast.data import Windows
from divecast.explain import DEFAULT_SCORES, SCORES, Reference, ReferenceScores, jumps, longest_run, score_windows
from divecast.inference import FittedModel, batches, rivals
from divecast.types import Batch
from research.anomalies.fits import Judge

Scores = dict[str, NDArray[np.float64]]

CANDIDATES: dict[str, tuple[str, ...]] = {
    **{name: (name,) for name in SCORES},
    "level, peak, jump": ("level", "peak", "jump"),
    "level, peak, jump, label": ("level", "peak", "jump", "label"),
    "default": DEFAULT_SCORES,
    "default, reconstruction": (*DEFAULT_SCORES, "reconstruction"),
    "all": SCORES,
}
"""Scores of the model that are compared."""


class Detector(Protocol):
    """Gives every window some scores, higher if it is more anomalous."""

    def scores(self, windows: Windows) -> Scores:
        """Return (window,) scores by name; a window ends at its origin, and its last rows are the day judged."""
        ...


class Forecaster(Protocol):
    """Forecasts windows, as every rival of the model does."""

    def forecast(self, batch: Batch) -> Tensor:
        """Return the forecast, (batch, horizon, channel), scaled units."""
        ...


@dataclass(frozen=True, eq=False)
class ByModel:
    """divecast's own scores."""

    fitted: FittedModel
    reference: Reference

    @classmethod
    def of(cls, judge: Judge) -> "ByModel":
        """Use the validation part as the reference, as ``anomalies`` does."""
        fitted, valid = judge.model.fitted_model, judge.model.fitted_model.windows(judge.panel, "valid", "encode", 1)
        return cls(fitted, Reference.measure(fitted, valid, "the validation part"))

    def scores(self, windows: Windows) -> Scores:
        """Return the rarity of every candidate."""
        rarities = self.reference.rarities(score_windows(self.fitted, windows))
        return {f"divecast: {name}": self.reference.total(rarities, parts) for name, parts in CANDIDATES.items()}


@dataclass(frozen=True, eq=False)
class ByResidual:
    """Residuals of a simple forecast of the day, by the median and spread each step and channel has in validation.

    The score is the largest absolute standardised residual, or the channel of the largest mean square; or it is made as
    divecast makes its own, without labels: level, peak and jump of the residuals, stuck values, and their rarity in
    validation. So the last one differs by the forecast alone, and by what labels add.
    """

    name: str
    fitted: FittedModel
    forecaster: Forecaster
    centre: Tensor
    spread: Tensor
    usual: tuple[ReferenceScores, ReferenceScores]

    @classmethod
    def of(cls, judge: Judge, name: str) -> "ByResidual":
        """Measure the residuals of the validation part."""
        fitted, valid = judge.model.fitted_model, judge.model.fitted_model.windows(judge.panel, "valid", "encode", 1)
        forecaster = rivals(fitted, judge.panel)[name]
        residual = _residuals(fitted, forecaster, valid)
        centre = residual.median(dim=0).values
        spread = (1.4826 * (residual - centre).abs().median(dim=0).values).clamp(min=1e-6)
        columns = _columns(fitted, valid, residual, (residual - centre) / spread)
        first = ReferenceScores.of(columns.reshape(len(columns), -1), 1e-3)
        usual = first, ReferenceScores.of(_most_anomalous(first, columns), 0.2)
        return cls(name, fitted, forecaster, centre, spread, usual)

    def scores(self, windows: Windows) -> Scores:
        """Return all three."""
        residual = _residuals(self.fitted, self.forecaster, windows)
        standard = (residual - self.centre) / self.spread
        largest, mean = standard.abs().amax(dim=(1, 2)), standard.square().mean(dim=1).amax(dim=1)
        first, second = self.usual
        columns = _columns(self.fitted, windows, residual, standard)
        rarity = second.rarity(_most_anomalous(first, columns)).max(axis=1)
        return {
            f"{self.name}: largest": largest.double().numpy(),
            f"{self.name}: mean square": mean.double().numpy(),
            f"{self.name}: rarity": rarity,
        }


@dataclass(frozen=True, eq=False)
class ByForest:
    """Isolation forest (Liu, Ting and Zhou 2008) on what sums up each channel's last day and week.

    One forest sees all channels' features together, with hour and weekday; the other one channel at a time, and the
    score of the window is that of its most anomalous channel.
    """

    fitted: FittedModel
    joint: IsolationForest
    single: IsolationForest

    @classmethod
    def of(cls, judge: Judge, seed: int) -> "ByForest":
        """Grow both on the training part."""
        fitted, train = judge.model.fitted_model, judge.model.fitted_model.windows(judge.panel, "train", "encode", 5)
        train = _long_enough(fitted, train)
        features = _features(fitted, train)
        labels = train.labels[train.origins - 1].astype(np.float64)
        joint = IsolationForest(n_estimators=300, random_state=seed).fit(
            np.concatenate([features.reshape(len(features), -1), labels], axis=1)
        )
        each = features.reshape(-1, features.shape[2])
        some = np.random.default_rng(seed).permutation(len(each))[:50_000]
        return cls(fitted, joint, IsolationForest(n_estimators=300, random_state=seed).fit(each[some]))

    def scores(self, windows: Windows) -> Scores:
        """Return both scores."""
        features = _features(self.fitted, windows)
        labels = windows.labels[windows.origins - 1].astype(np.float64)
        whole = np.concatenate([features.reshape(len(features), -1), labels], axis=1)
        each = -self.single.score_samples(features.reshape(-1, features.shape[2])).reshape(features.shape[:2])
        return {
            "isolation forest: all channels": -self.joint.score_samples(whole),
            "isolation forest: by channel": each.max(axis=1),
        }


def detectors(judge: Judge, seed: int) -> list[Detector]:
    """Return the model and its rivals."""
    simple = [name for name in rivals(judge.model.fitted_model, judge.panel) if name != "last value"]
    return [ByModel.of(judge), *(ByResidual.of(judge, name) for name in simple), ByForest.of(judge, seed)]


def windows_at(judge: Judge, values: NDArray[np.float32], ends: NDArray[np.int64]) -> Windows:
    """Return the windows of other values that end at some rows."""
    every = judge.model.fitted_model.windows_of(replace(judge.panel, values=values), None, "encode")
    return every.subset(np.isin(every.origins, ends))


def _long_enough(fitted: FittedModel, windows: Windows) -> Windows:
    return windows.subset(windows.origins >= fitted.shape.lookback + fitted.shape.horizon)


def _columns(fitted: FittedModel, windows: Windows, residual: Tensor, standard: Tensor) -> NDArray[np.float64]:
    """Return (window, part, channel)."""
    days = _days(fitted, _long_enough(fitted, windows))
    stuck = torch.cat([longest_run(torch.cat([day.x[:, -1:], day.y], 1)) for day in days])
    parts = [standard.square().mean(dim=1), standard.abs().amax(dim=1), jumps(residual).amax(dim=1), stuck]
    return torch.stack(parts, dim=1).double().numpy()


def _most_anomalous(first: ReferenceScores, columns: NDArray[np.float64]) -> NDArray[np.float64]:
    return first.rarity(columns.reshape(len(columns), -1)).reshape(columns.shape).max(axis=2)


def _residuals(fitted: FittedModel, forecaster: Forecaster, windows: Windows) -> Tensor:
    return torch.cat([batch.y - forecaster.forecast(batch) for batch in _days(fitted, _long_enough(fitted, windows))])


def _days(fitted: FittedModel, windows: Windows) -> Iterator[Batch]:
    """Gather the last day of every window as a future, with the week before it."""
    return batches(fitted, replace(windows, origins=windows.origins - fitted.shape.horizon))


def _features(fitted: FittedModel, windows: Windows) -> NDArray[np.float64]:
    """Return (window, channel, feature): the last day beside the week before, in units of that week's spread."""
    found = []
    for batch in _days(fitted, windows):
        week, day = batch.x.numpy(), batch.y.numpy()
        mean, spread = week.mean(axis=1), week.std(axis=1) + 1e-3
        centred = (day - mean[:, None]) / spread[:, None]
        same = (week[:, -168 : -168 + day.shape[1]] - mean[:, None]) / spread[:, None]
        steps = np.abs(np.diff(np.concatenate([week[:, -1:], day], axis=1), axis=1)) / spread[:, None]
        bend = np.abs(np.diff(centred, n=2, axis=1)).max(axis=1)
        away = np.abs(centred - same)
        still = (steps == 0).sum(axis=1)
        columns = [centred.mean(1), centred.std(1), centred.min(1), centred.max(1), steps.max(1), steps.mean(1)]
        found.append(np.stack([*columns, bend, away.mean(1), away.max(1), still, mean, spread], axis=2))
    return np.concatenate(found).astype(np.float64)

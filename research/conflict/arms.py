"""The arms of conflict.py: each turns the settings of a case into those of a run; network and data stay."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from divecast.config import LossConfig
from research.paper.cases import Settings

Arm = Callable[[Settings], Settings]


@dataclass(frozen=True)
class Weights:
    """What a weighted sum multiplies two of its losses by; the reconstruction with its KL keeps its weight."""

    forecast: float = 1.0
    labels: float = 1.0

    @property
    def name(self) -> str:
        """As the lines have it."""
        return f"tune-{self.forecast:g}-{self.labels:g}"

    def times(self, losses: LossConfig) -> LossConfig:
        """Return the losses at these weights."""
        return replace(
            losses,
            forecast=self.forecast * losses.forecast,
            marginal_kl=self.labels * losses.marginal_kl,
            cross_entropy=self.labels * losses.cross_entropy,
        )


GRID = tuple(Weights(*pair) for pair in product((1.0, 10.0, 100.0), (1.0, 10.0)))


def forecast_alone(settings: Settings) -> Settings:
    """The forecast's loss alone, into every weight that it reaches; labels are never given."""
    return _training(_joint(_only(settings, "forecast")), clamp=0.0)


def forecast_known(settings: Settings) -> Settings:
    """The forecast's loss alone, with half of the labels given: the reference for forecasts with labels known."""
    return _training(_joint(_only(settings, "forecast")), clamp=0.5)


def reconstruction_alone(settings: Settings) -> Settings:
    """The reconstruction's loss with the KL of a alone, into every weight; labels are never given."""
    return _training(_joint(_only(settings, "reconstruction", "conditional_kl")), clamp=0.0)


def labels_alone(settings: Settings) -> Settings:
    """The disentanglement loss alone; it reaches q(b|x) and its prior only."""
    return _only(settings, "marginal_kl", "cross_entropy")


def weighted_sum(settings: Settings) -> Settings:
    """All losses at once, at the default weights."""
    return _joint(settings)


def tuned_sum(settings: Settings) -> Settings:
    """All losses at once, at weights chosen on the validation part."""
    return _joint(settings)


def interleaved(settings: Settings) -> Settings:
    """Players alternate, nothing is frozen: forecast and reconstruction also change q(b|x) and its prior."""
    return _training(settings, freeze=False)


def frozen(settings: Settings) -> Settings:
    """Players alternate, q(b|x) and its prior are frozen in the turn of the other: the default of this library."""
    return settings


def pcgrad(settings: Settings) -> Settings:
    """All losses at once; the component of each gradient that opposes another is removed (Yu et al. 2020)."""
    return _training(_joint(settings), combine="pcgrad")


def upgrad(settings: Settings) -> Settings:
    """All losses at once; gradients are projected so that to first order no loss rises (Quinton and Rey 2024)."""
    return _training(_joint(settings), combine="upgrad")


TUNED = "tuned"
ALONE = ("forecast-alone", "forecast-known", "reconstruction-alone", "labels-alone")
"""The arms that train one task."""

ARMS: dict[str, Arm] = {
    "forecast-alone": forecast_alone,
    "forecast-known": forecast_known,
    "reconstruction-alone": reconstruction_alone,
    "labels-alone": labels_alone,
    "sum": weighted_sum,
    TUNED: tuned_sum,
    "interleaved": interleaved,
    "frozen": frozen,
    "pcgrad": pcgrad,
    "upgrad": upgrad,
}


def settings_of(arm: str, weights: Weights, settings: Settings) -> Settings:
    """Return the settings of a run: those of the case but for losses and turns, and never stopped early."""
    lasting = _training(settings, patience=settings.training.n_epochs)
    weighted = replace(lasting, losses=weights.times(lasting.losses))
    return ARMS.get(arm, tuned_sum)(weighted)


def best_weights(lines: Iterable[Mapping[str, Any]], case: str, quick: bool) -> Weights:
    """Return the weights with the least ``tuning_error`` on the validation part.

    The mean log ratio to the errors of losses trained alone makes the same choice: those are the same for all weights.
    """
    found = {line["arm"]: line["scores"] for line in lines if (line["case"], line["quick"]) == (case, quick)}
    return min((weights for weights in GRID if weights.name in found), key=lambda w: tuning_error(found[w.name]))


def tuning_error(scores: Mapping[str, Any]) -> float:
    """Return the geometric mean of forecast RRSE, reconstruction RRSE (scaled) and label cross-entropy."""
    entropy = scores["labels"]["cross_entropy"].values()
    errors = (scores["forecast_infer"]["rrse"], scores["reconstruction"]["rrse_scaled"], sum(entropy) / len(entropy))
    return math.exp(sum(map(math.log, errors)) / len(errors))


def _only(settings: Settings, *names: str) -> Settings:
    none = LossConfig(forecast=0.0, reconstruction=0.0, conditional_kl=0.0, marginal_kl=0.0, cross_entropy=0.0)
    return replace(settings, losses=replace(none, **{name: getattr(settings.losses, name) for name in names}))


def _joint(settings: Settings) -> Settings:
    return _training(settings, interleave="joint")


def _training(settings: Settings, **changes: Any) -> Settings:
    return replace(settings, training=replace(settings.training, **changes))

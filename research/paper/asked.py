"""What a run is asked to do, as JSON values: two runs whose answers agree are one and the same."""

import json
from dataclasses import asdict
from functools import lru_cache
from typing import Any

from divecast.config import LossConfig, ModelConfig, TrainingConfig
from divecast.data import fingerprints
from divecast.errors import ConfigError
from divecast.inference import FitPlan
from research.paper.arms import ABLATIONS, ARMS, Arm
from research.paper.cases import Case

FULL = next(iter(ARMS))
_FORMER_DECODER = {"linear": "ridge", "standardise": False, "shrink": False, "n_mixtures": 0}
"""What a decoder did before these were settings, as in the oldest lines."""
_MANY = 10**6  # windows: passes and batches of all cases are those of large data


def find_arm(name: str) -> Arm:
    """Return the arm or ablation of that name.

    Raises:
        ConfigError: there is none.
    """
    every = {**ARMS, **ABLATIONS}
    if name not in every:
        raise ConfigError(f"expected one of the arms {', '.join(ARMS)} or {', '.join(ABLATIONS)}, got {name!r}")
    return every[name]


def plan_of(case: Case, arm: str, seed: int) -> FitPlan:
    """Return the settings of the fit."""
    settings = find_arm(arm)(case.settings)
    training = settings.training.for_windows(_MANY)
    return FitPlan(case.horizon, case.lookback, case.factors, (), settings.model, training, settings.losses, seed)


def asked_of(case: Case, arm: str, seed: int) -> dict[str, Any]:
    """Return settings, seed, split, what is scored, and hashes of values and labels, as JSON gives them back."""
    plan = plan_of(case, arm, seed)
    settings = {name: value for name, value in asdict(plan).items() if name != "seed"}
    fit = {"settings": settings, "seed": seed, "split": {"type": type(case.split).__name__, **asdict(case.split)}}
    wanted = {**fit, **_hashes(case), "steps": case.steps, "every": case.every}
    found: dict[str, Any] = json.loads(json.dumps(wanted))
    return found


def with_defaults(settings: dict[str, Any]) -> dict[str, Any]:
    """Add what was no setting yet when a run was made, with the value that does what was done then."""
    model = asdict(ModelConfig())
    defaults = {
        "model": {**model, "decoder": {**model["decoder"], **_FORMER_DECODER}},
        "training": asdict(TrainingConfig().for_windows(_MANY)),
        "losses": asdict(LossConfig()),
    }
    return _filled(settings, {name: room for name, room in defaults.items() if name in settings})


def differences(asked: Any, found: Any, at: str = "") -> list[str]:
    """Return where two answers differ, as ``settings.training.epochs: 8, was 5``."""
    if isinstance(asked, dict) and isinstance(found, dict):
        names = dict.fromkeys([*asked, *found])
        return [each for name in names for each in differences(asked.get(name), found.get(name), f"{at}.{name}")]
    return [] if asked == found else [f"{at.removeprefix('.')}: {_short(asked)}, was {_short(found)}"]


def _filled(found: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    deeper = {n: _filled(found[n], each) for n, each in defaults.items() if n in found and isinstance(each, dict)}
    return {**defaults, **found, **deeper}


def _short(value: Any) -> str:
    text = json.dumps(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


@lru_cache(maxsize=1)
def _hashes(case: Case) -> dict[str, str]:
    return fingerprints(case.data, case.factors)

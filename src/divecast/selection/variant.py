"""Settings changed by their dotted names."""

from collections.abc import Mapping
from typing import Any

from divecast._text import did_you_mean
from divecast.config import check_at_least
from divecast.errors import ConfigError
from divecast.fit.parameters import with_setting
from divecast.inference.provenance import FitPlan

_SEARCHED = ("lookback", "model", "training", "losses")


def varied(plan: FitPlan, settings: Mapping[str, Any]) -> FitPlan:
    """Return a plan with other settings, by names such as ``lookback`` or ``training.learning_rate``.

    Raises:
        ConfigError: there is no such setting, or its value is of another kind or out of range.
    """
    for name, value in settings.items():
        head = name.partition(".")[0]
        if head not in _SEARCHED:
            hint = did_you_mean(head, _SEARCHED) or f"Name a setting below {', '.join(_SEARCHED)}"
            raise ConfigError(f"{name!r} cannot be searched", hint=hint, argument="tries")
        if name == "lookback":
            check_at_least(1, lookback=value)
        plan = with_setting(plan, name, value, ".")
    return plan

"""Settings changed by their dotted names."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from divecast._text import did_you_mean
from divecast.config import check_at_least
from divecast.errors import ConfigError
from divecast.fit.parameters import with_setting
from divecast.inference.provenance import FitPlan

_SEARCHED = ("lookback", "model", "training", "losses")
_MOST_FITS = 100_000


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


def variants(tries: Mapping[str, Sequence[Any]], n: int | None, seed: int, runs: int = 1) -> list[dict[str, Any]]:
    """Return all combinations of the values of each setting, in order, or ``n`` drawn without replacement.

    Raises:
        ConfigError: a setting has no values, or there are more than 100,000 fits in ``runs`` of each.
    """
    for name, values in tries.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            expected = f"a list of values for {name!r}, such as [8, 16]"
            raise ConfigError(expected=expected, found=repr(values), argument="tries")
    sizes = [len(values) for values in tries.values()]
    total = int(np.prod(sizes, dtype=object))
    count = total if n is None else min(n, total)
    if count * runs > _MOST_FITS:
        raise ConfigError(
            f"{count:,} combinations in {runs:,} runs each are more than {_MOST_FITS:,} fits",
            hint="Use fewer {draws} or {runs}",
            argument="runs",
        )
    sampled = n is not None and n < total
    numbers = np.sort(np.random.default_rng(seed).choice(total, n, replace=False)) if sampled else range(total)
    combinations = [np.unravel_index(number, sizes) for number in numbers] if sizes else [()]
    return [
        {name: values[i] for (name, values), i in zip(tries.items(), indices, strict=True)} for indices in combinations
    ]

"""Settings changed by their dotted names."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from divecast.errors import ConfigError
from divecast.fit.fit_model import FitPlan

_SEARCHED = ("lookback", "model", "training", "losses")


def varied(plan: FitPlan, settings: Mapping[str, Any]) -> FitPlan:
    """Return a plan with other settings, by names such as ``lookback`` or ``training.learning_rate``.

    Raises:
        ConfigError: there is no such setting, or its value is of another kind or out of range.
    """
    for name, value in settings.items():
        first = name.partition(".")[0]
        if first not in _SEARCHED:
            raise ConfigError(f"expected a setting below {', '.join(_SEARCHED)}, got {name!r}{_hint(first, _SEARCHED)}")
        plan = _with(plan, name.split("."), value, name)
    return plan


def variants(tries: Mapping[str, Sequence[Any]], n: int | None, seed: int) -> list[dict[str, Any]]:
    """Return all combinations of the values of each setting, in order, or ``n`` drawn without replacement.

    Raises:
        ConfigError: a setting has no values.
    """
    for name, values in tries.items():
        if isinstance(values, str) or not isinstance(values, Sequence) or not values:
            expected = f"a list of values for {name!r}, such as [8, 16]"
            raise ConfigError(expected=expected, found=repr(values), argument="tries")
    sizes = [len(values) for values in tries.values()]
    total = int(np.prod(sizes, dtype=object))
    few = n is not None and n < total
    drawn = np.sort(np.random.default_rng(seed).choice(total, n, replace=False)) if few else range(total)
    places = [np.unravel_index(at, sizes) for at in drawn] if sizes else [()]
    return [{name: values[place] for (name, values), place in zip(tries.items(), each, strict=True)} for each in places]


def _with(room: Any, names: Sequence[str], value: Any, whole: str) -> Any:
    name, *below = names
    known = [each.name for each in fields(room)]
    if name not in known:
        raise ConfigError(f"unknown setting {whole!r}{_hint(name, known) or '; there are ' + ', '.join(known)}")
    inner = getattr(room, name)
    if is_dataclass(inner) != bool(below):
        raise ConfigError(f"expected the name of a single setting, as training.learning_rate, got {whole!r}")
    return replace(room, **{name: _with(inner, below, value, whole) if below else value})


def _hint(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, 1)
    return f"; did you mean {close[0]!r}?" if close else ""

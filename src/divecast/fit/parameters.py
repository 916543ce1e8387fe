"""Settings by nested names, for scikit-learn's ``get_params`` and ``set_params``."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

from divecast._text import did_you_mean
from divecast.errors import ConfigError


def nested(settings: Any, separator: str = "__") -> dict[str, Any]:
    """Return the fields of a dataclass of settings, including those of nested dataclasses, by joined names.

    Example:
        >>> nested(ModelConfig())["code__n_conditional"]
        16
    """
    named: dict[str, Any] = {}
    for field in fields(settings):
        value = getattr(settings, field.name)
        named[field.name] = value
        if is_dataclass(value):
            named |= {f"{field.name}{separator}{name}": inner for name, inner in nested(value, separator).items()}
    return named


def with_setting(settings: Any, name: str, value: Any, separator: str = "__") -> Any:
    """Return a dataclass of settings with one field, possibly of a nested dataclass, replaced.

    Raises:
        ConfigError: there is no such setting, or the value is out of range.
    """
    head, _, rest = name.partition(separator)
    known = [field.name for field in fields(settings)]
    if head not in known:
        hint = did_you_mean(head, known) or f"Choose one of {', '.join(known)}"
        raise ConfigError(f"{type(settings).__name__} has no setting {head!r}", hint=hint, argument=name)
    inner = getattr(settings, head)
    is_group = is_dataclass(inner)
    if (rest and not is_group) or (is_group and not rest and not isinstance(value, type(inner))):
        raise ConfigError(expected=f"the name of a single setting below {head}", found=repr(name), argument=name)
    return replace(settings, **{head: with_setting(inner, rest, value, separator) if rest else value})


def changed(settings: Any) -> Mapping[str, Any]:
    """Return the fields of a dataclass that differ from their defaults, by name."""
    defaults = type(settings)()
    pairs = ((field.name, getattr(settings, field.name)) for field in fields(settings))
    return {name: value for name, value in pairs if value != getattr(defaults, name)}


def in_code(value: Any) -> str:
    """Return a setting as Python code, without the fields that have their defaults."""
    if not is_dataclass(value) or isinstance(value, type):
        return repr(value)
    try:
        named = changed(value)
    except TypeError:  # has fields without a default, as Calendar and Label have
        return repr(value)
    return f"{type(value).__name__}({', '.join(f'{name}={in_code(inner)}' for name, inner in named.items())})"

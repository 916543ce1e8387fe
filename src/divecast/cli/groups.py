"""Groups of options: declared once as a dataclass, accepted by a command as one parameter."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, get_type_hints

from divecast.cli.files import check_files


def with_groups(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command as typer reads it: each parameter that is a group is replaced by the options of the group.

    Args:
        command: a parameter annotated with a dataclass is a group: each field of it is an option, an argument, or a
            group again. No two options may have the same name.
    """
    declared = inspect.signature(command).parameters.values()
    parameters = [
        option for parameter in declared for option in _options(parameter.name, parameter.annotation, parameter.default)
    ]

    def run(**values: Any) -> None:
        check_files(parameters, values)
        command(**{parameter.name: _value(parameter.name, parameter.annotation, values) for parameter in declared})

    run.__name__, run.__doc__ = command.__name__, command.__doc__
    run.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return run


def _options(name: str, annotation: Any, default: Any) -> Iterator[inspect.Parameter]:
    if not is_dataclass(annotation):
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        return
    hints = get_type_hints(annotation, include_extras=True)
    for field in fields(annotation):
        yield from _options(
            field.name, hints[field.name], inspect.Parameter.empty if field.default is MISSING else field.default
        )


def _value(name: str, annotation: Any, values: Mapping[str, Any]) -> Any:
    if not is_dataclass(annotation):
        return values[name]
    hints = get_type_hints(annotation)
    return annotation(**{field.name: _value(field.name, hints[field.name], values) for field in fields(annotation)})  # type: ignore[operator]

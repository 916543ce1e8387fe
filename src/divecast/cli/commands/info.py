"""``divecast info``."""

from collections.abc import Mapping
from typing import Any

from divecast.cli import options
from divecast.cli.console import print_json, print_lines
from divecast.cli.settings import read_settings

_MOST = 12  # items of a list on a line


def info(
    model: options.Model,
    config: options.Config = None,
    as_json: options.Json = False,
) -> None:
    """Say what a saved model is: its data, factors, settings, size and history."""
    from divecast.cli.loaded import load_model

    about = load_model(model, read_settings(config, {})).info()
    if as_json:
        print_json({"command": "info", "model": model, "info": about})
    else:
        print_lines(*_lines(about, ""))


def _lines(about: Mapping[str, Any], indent: str) -> list[str]:
    lines = []
    for name, value in about.items():
        if isinstance(value, Mapping):
            lines += [f"{indent}{name}:", *_lines(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            lines.append(f"{indent}{name}: {len(value)} entries, see --json")
        else:
            lines.append(f"{indent}{name}: {_short(value)}")
    return lines


def _short(value: Any) -> str:
    if not isinstance(value, list | tuple):
        return str(value)
    texts = [str(item) for item in value]
    if len(texts) <= _MOST:
        return ", ".join(texts)
    return f"{', '.join(texts[: _MOST - 2])}, ..., {texts[-1]} ({len(texts)})"

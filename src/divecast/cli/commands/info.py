"""``divecast info``."""

from collections.abc import Mapping
from typing import Any

from divecast.cli.console import print_json, print_lines
from divecast.cli.inputs import load_model
from divecast.cli.options import Config, Json, Model
from divecast.cli.settings import read_settings

_MAX_ITEMS = 12  # of a list on one line


def info(model: Model, config: Config = None, as_json: Json = False) -> None:
    """Print what a saved model contains: its data, factors, settings, size and training history."""
    facts = load_model(model, read_settings(config, {})).info()
    if as_json:
        print_json({"command": "info", "model": model, "info": facts})
    else:
        print_lines(*_lines(facts, ""))


def _lines(facts: Mapping[str, Any], indent: str) -> list[str]:
    lines = []
    for name, value in facts.items():
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
    if len(texts) <= _MAX_ITEMS:
        return ", ".join(texts)
    return f"{', '.join(texts[: _MAX_ITEMS - 2])}, ..., {texts[-1]} ({len(texts)})"

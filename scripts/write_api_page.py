"""Write docs/api.md: all public names with the first line of their docstrings.

python scripts/write_api_page.py
"""

import inspect
from pathlib import Path
from types import ModuleType

import divecast
import divecast.metrics
import divecast.nixtla
import divecast.plots
import divecast.results

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
HEAD = """# Public names

Made by `python scripts/write_api_page.py` from the docstrings. `help(...)` of a name has its arguments, shapes, units,
errors and an example.
"""
MODULES = {
    divecast: "What a program needs: estimator, data, settings, errors.",
    divecast.nixtla: "DeepDIVE by the interface of Nixtla's libraries.",
    divecast.results: "What the methods return.",
    divecast.plots: "Figures of results; each result also has `plot()`.",
    divecast.metrics: "Scores of forecasts, and measures of a code.",
}


def page() -> str:
    """Return the text of the page."""
    members = [name for name in dir(divecast.DeepDIVE) if not name.startswith("_")]
    methods = {f"DeepDIVE.{name}": getattr(divecast.DeepDIVE, name) for name in members}
    sections = [_section("DeepDIVE", "Methods and attributes of the estimator.", methods)]
    for module, purpose in MODULES.items():
        sections.append(_section(module.__name__, purpose, {name: getattr(module, name) for name in _names(module)}))
    return "\n".join([HEAD, *sections])


def _names(module: ModuleType) -> list[str]:
    return sorted(module.__all__, key=str.lower)


def _section(title: str, purpose: str, objects: dict[str, object]) -> str:
    rows = [f"| `{name}` | {_first_line(value)} |" for name, value in objects.items()]
    return "\n".join([f"## {title}", "", purpose, "", "| name | purpose |", "|---|---|", *rows, ""])


def _first_line(value: object) -> str:
    first = (inspect.getdoc(value) or "").split("\n")[0]
    return first.replace("``", "`").replace("|", "\\|")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE)

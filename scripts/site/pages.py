"""The pages of the site: those of docs/ and of the root of the repository, and what is made of them."""

import ast
import os
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CONFIG = ROOT / "zensical.toml"
FROM_ROOT = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CODE_OF_CONDUCT.md": "conduct.md",
}
"""Pages of the root of the repository, and their names on the site."""
FILES_FROM_ROOT = ("CITATION.cff", "LICENSE", "examples")
MODULES = (
    "divecast",
    "divecast.nixtla",
    "divecast.results",
    "divecast.plots",
    "divecast.metrics",
    "divecast.mlflow",
)
"""Modules whose ``__all__`` is public."""
_LINK = re.compile(r"\[([^\]]*)\]\((?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?\)")
_FENCE = re.compile(r"(?ms)^```.*?^```")


def navigation() -> list[Any]:
    """Return ``nav`` of the settings of the site."""
    return tomllib.loads(CONFIG.read_text(encoding="utf-8"))["project"]["nav"]


def entries(nav: list[Any], section: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield section, title and path of each page of a navigation, in its order."""
    for entry in nav:
        if isinstance(entry, str):
            yield section, "", entry
            continue
        for title, value in entry.items():
            if isinstance(value, str):
                yield section, title, value
            else:
                yield from entries(value, title if not section else f"{section}: {title}")


def assemble(target: Path) -> None:
    """Write all pages of the site as Markdown, with the pictures and the files to download."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(DOCS, target, ignore=shutil.ignore_patterns("__pycache__", "ruff.toml", "write_pages.py"))
    for name in FILES_FROM_ROOT:
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, target / name)
    for page in target.rglob("*.md"):
        relative = page.relative_to(target)
        page.write_text(relinked(page.read_text(encoding="utf-8"), DOCS / relative, relative), encoding="utf-8")
    for name, own in FROM_ROOT.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        (target / own).write_text(relinked(text, ROOT / name, Path(own)), encoding="utf-8")
    for path, text in reference().items():
        (target / path).parent.mkdir(exist_ok=True)
        (target / path).write_text(text, encoding="utf-8")
    names = target / "api.md"
    names.write_text(linked_names(names.read_text(encoding="utf-8")), encoding="utf-8")


def relinked(text: str, source: Path, relative: Path) -> str:
    """Return a page whose links point to the place that a file has on the site, and name a page by its title.

    Args:
        text: the page.
        source: where the page lies in the repository.
        relative: where it lies on the site.
    """

    def renamed(match: re.Match[str]) -> str:
        aim = Path(os.path.normpath(source.parent / match[2])).relative_to(ROOT).as_posix()
        place = aim.removeprefix("docs/") if aim.startswith("docs/") else FROM_ROOT.get(aim, aim)
        place = {"README.md": "index.md"}.get(place, place)
        text = title_of(ROOT / aim) if match[1] == Path(aim).name and aim.endswith(".md") else match[1]
        return f"[{text}]({os.path.relpath(place, relative.parent)}{match[3] or ''})"

    return outside_fences(text, lambda prose: _LINK.sub(renamed, prose))


@cache
def title_of(page: Path) -> str:
    """Return the title of a page."""
    title = re.search(r"(?m)^# (.+)$", page.read_text(encoding="utf-8"))
    return title[1] if title else page.name


def outside_fences(text: str, change: Callable[[str], str]) -> str:
    """Return a page changed outside its blocks of code."""
    parts, end = [], 0
    for fence in _FENCE.finditer(text):
        parts += [change(text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, change(text[end:])])


def public_names(module: str) -> list[str]:
    """Return ``__all__`` of a module, read without importing it."""
    stem = ROOT / "src" / module.replace(".", "/")
    file = stem / "__init__.py" if stem.is_dir() else stem.with_suffix(".py")
    for node in ast.parse(file.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else []
        if any(isinstance(target, ast.Name) and target.id == "__all__" for target in targets):
            return sorted(ast.literal_eval(node.value), key=str.lower)
    message = f"{file} has no __all__"
    raise ValueError(message)


def place_of(name: str, module: str) -> str:
    """Return the page of a public name, without its ending."""
    if module == "divecast.mlflow" or name.endswith("Tracker") or name == "autolog":
        return "reference/experiments"
    if module != "divecast":
        return f"reference/{module.removeprefix('divecast.')}"
    if name == "DeepDIVE":
        return "reference/deepdive"
    if name.endswith(("Config", "Error", "Warning")):
        return "reference/settings" if name.endswith("Config") else "reference/errors"
    return "reference/selection" if name in {"backtest", "search"} else "reference/data"


TITLES = {
    "reference/deepdive": "DeepDIVE",
    "reference/data": "Data",
    "reference/settings": "Settings",
    "reference/selection": "Backtest and search",
    "reference/errors": "Classes of errors",
    "reference/experiments": "Experiments",
    "reference/results": "divecast.results",
    "reference/plots": "divecast.plots",
    "reference/metrics": "divecast.metrics",
    "reference/nixtla": "divecast.nixtla",
}


def reference() -> dict[str, str]:
    """Return the pages of public names by their paths, with one directive of mkdocstrings for each name."""
    pages = {f"{place}.md": [f"# {title}\n"] for place, title in TITLES.items()}
    for module in MODULES:
        for name in public_names(module):
            inner = "\n    options:\n      show_root_toc_entry: true" if name == "datasets" else ""
            pages[f"{place_of(name, module)}.md"].append(f"::: {module}.{name}{inner}\n")
    return {path: "\n".join(parts) for path, parts in pages.items()}


def linked_names(text: str) -> str:
    """Return the list of public names with a link from each to its entry."""
    module = "divecast"

    def linked(line: str) -> str:
        nonlocal module
        if line.startswith("## "):
            module = line[3:] if line[3:] in MODULES else "divecast"
        row = re.match(r"\| `([\w.]+)` \|", line)
        if row is None:
            return line
        place = place_of(row[1].partition(".")[0], module)
        return line.replace(f"`{row[1]}`", f"[`{row[1]}`]({place}.md#{module}.{row[1]})", 1)

    return "\n".join(map(linked, text.split("\n")))

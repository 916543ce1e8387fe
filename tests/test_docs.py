"""The documents name only what exists, in plain language."""

import ast
import re
import shlex
import tomllib
from pathlib import Path

import pytest

import divecast
from divecast import metrics, nixtla, plots, results
from divecast.cli.app import program

ROOT = Path(__file__).parents[1]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
PLAIN = [*PAGES, *(ROOT / "src").rglob("*.py"), *(ROOT / "examples").glob("*.py"), *(ROOT / "docs").rglob("*.py")]
THEORY = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8")
NAMED = sorted(set(re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", THEORY)))
GROUP = program()
MANNERED = re.compile(
    r"\bmend(s|ed|ing)?\b"
    r"|\bwere it (a|an|the)\b"
    r"|\b(row|column|number|value|file|line|point|nats) an? (window|channel|step|row|line|batch|panel)\b"
    r"|\bgo(es)? on (where|from)\b"
    r"|\boddest\b|\bodd\b(?! (number|batch|epochs))"
)


def by_name(value: object) -> str:
    return str(value.relative_to(ROOT)) if isinstance(value, Path) else str(value).rpartition("/")[2]


def _words(page: Path) -> str:
    """Return a page without blocks of code."""
    text = page.read_text(encoding="utf-8")
    return re.sub(r"(?ms)^```.*?^```", "", text)


def test_every_relative_link_exists() -> None:
    links = [(page, link) for page in PAGES for link in re.findall(r"\]\((?!https?:|mailto:)([^)\s#]+)", _words(page))]
    assert links
    assert [f"{by_name(page)}: {link}" for page, link in links if not (page.parent / link).exists()] == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"(?m)^#+ (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_to_a_heading_exists() -> None:
    links = [
        (page, target, anchor)
        for page in PAGES
        for target, anchor in re.findall(r"\]\((?!https?:)([^)\s#]*)#(?!gh-)([\w-]+)\)", _words(page))
    ]
    assert links
    missing = [link for link in links if link[2] not in _anchors(link[0].parent / link[1] if link[1] else link[0])]
    assert missing == []


CURRENT = [page for page in PAGES if page.name != "CHANGELOG.md"]


def _named(pattern: str) -> list[tuple[Path, str]]:
    """Return what the pages, except the log of changes, name by a pattern."""
    return [(page, name) for page in CURRENT for name in sorted(set(re.findall(pattern, page.read_text("utf-8"))))]


def test_every_named_script_exists() -> None:
    named = _named(r"\b((?:[\w-]+/)+\w+\.py|(?:benchmarks|research)/[\w/-]+\.jsonl)\b")
    assert named
    folders = (ROOT, ROOT / "src" / "divecast")
    missing = [each for each in named if not any((f / each[1]).is_file() for f in (*folders, each[0].parent))]
    assert missing == []


def test_every_module_run_exists() -> None:
    paths = [(page, ROOT / module.replace(".", "/")) for page, module in _named(r"python -m (research[\w.]*)")]
    assert paths
    assert [each for each in paths if not (each[1].with_suffix(".py").is_file() or each[1].is_dir())] == []


def test_no_phrase_is_mannered() -> None:
    lines = [(file, n, line) for file in PLAIN for n, line in enumerate(file.read_text("utf-8").splitlines(), 1)]
    assert [f"{by_name(file)}:{n}: {line.strip()}" for file, n, line in lines if MANNERED.search(line)] == []


def _commands() -> list[tuple[str, str]]:
    """Return the lines of the pages and the help that call the command, with where they stand."""
    pages = [page for page in PAGES if page.name != "CHANGELOG.md"]
    blocks = [
        (page, block) for page in pages for block in re.findall(r"(?ms)^```sh\n(.*?)^```", page.read_text("utf-8"))
    ]
    lines = [(by_name(page), line) for page, block in blocks for line in block.replace("\\\n", " ").splitlines()]
    lines += [("help", (command.epilog or "").replace("\\[", "[")) for command in GROUP.commands.values()]
    return sorted({(place, line) for place, line in lines if re.search(r"\bdivecast [a-z]", line)})


@pytest.mark.parametrize(("place", "line"), _commands())
def test_every_option_of_a_command_exists(place: str, line: str) -> None:
    words = shlex.split(line[line.index("divecast ") :], comments=True)
    command = GROUP.commands[words[1]]
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    assert [word for word in words if word.startswith("--") and word != "--help" and word not in options] == []


def test_the_page_of_public_names_has_them_all() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    names = [name for module in (divecast, nixtla, plots, metrics, results) for name in module.__all__]
    names += [f"DeepDIVE.{name}" for name in dir(divecast.DeepDIVE) if not name.startswith("_")]
    listed = re.findall(r"(?m)^\| `([\w.]+)` \|", text)
    assert set(listed) == set(names), "run scripts/write_api_page.py"


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_the_rooms_of_the_contributing_page_are_the_layers() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    table = re.findall(r"(?m)^\| (`.*?) \|", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"))
    assert [re.findall(r"`(\w+)`", row) for row in table] == [re.findall(r"\w+", layer) for layer in layers]
    assert len(layers) <= 12


def test_the_citation_has_the_required_fields() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = re.findall(r"(?m)^([\w-]+):", text)
    assert {"cff-version", "message", "title", "authors"} <= set(fields)  # those that the schema of 1.2.0 requires
    version = re.search(r"(?m)^version: (.+)$", text)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert version is not None
    assert version[1] == project["version"]


@pytest.mark.parametrize(("file", "function"), NAMED, ids=by_name)
def test_every_test_the_theory_names_exists(file: str, function: str) -> None:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    defined = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert any(name.startswith("test_") for name in defined)
    assert not function or function in defined, f"{file} has no {function}"


def test_every_statement_of_the_theory_names_a_test() -> None:
    sections = re.split(r"^## ", THEORY, flags=re.MULTILINE)[1:]
    assert [section.split(".")[0] for section in sections] == [str(i) for i in range(1, 14)]
    without = [section.splitlines()[0] for section in sections if "`tests/" not in section]
    assert without == ["13. What is not a theorem"]

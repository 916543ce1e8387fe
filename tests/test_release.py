"""What a release consists of agrees with itself: versions, the recipe, the extras, the forms for issues."""

import re
import tomllib
from pathlib import Path

import pytest

import divecast
from scripts import draw_concepts, draw_method, make_example_tables, write_compare, write_extras, write_messages_page

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
CONDA_NAMES = {"torch": "pytorch"}


def read_yaml(path: Path):
    return pytest.importorskip("yaml").safe_load(path.read_text("utf-8"))


def test_the_version_is_the_same_everywhere() -> None:
    recipe = read_yaml(ROOT / "conda" / "recipe.yaml")
    released = re.search(r"(?m)^## \[(\d[\d.]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"))
    assert released is not None
    assert {divecast.__version__, recipe["context"]["version"], released[1]} == {PROJECT["version"]}


def test_the_recipe_needs_what_the_package_needs() -> None:
    split = (re.match(r"([\w-]+)(.*)", line) for line in PROJECT["dependencies"])
    wanted = {f"{CONDA_NAMES.get(match[1], match[1])} {match[2]}" for match in split if match}
    run = read_yaml(ROOT / "conda" / "recipe.yaml")["requirements"]["run"]
    assert set(run) - {"python >=${{ python_min }}"} == wanted
    assert read_yaml(ROOT / "conda" / "variants.yaml")["python_min"] == [PROJECT["requires-python"].removeprefix(">=")]


def test_every_extra_is_described_with_its_size() -> None:
    table = write_extras.PAGE.read_text("utf-8").partition(write_extras.BEGIN)[2].partition(write_extras.END)[0]
    described = re.findall(r"(?m)^\| `(\w+)` \|.*\| (?:[\d,]+|not measured: .*) \|$", table)
    assert sorted(described) == sorted(set(PROJECT["optional-dependencies"]) - set(write_extras.NOT_FOR_USERS))


def test_each_cell_of_the_comparison_has_a_source_that_is_there() -> None:
    text = write_compare.PAGE.read_text("utf-8")
    assert write_compare.page(text) == text, "run scripts/write_compare.py"
    assert {len(cells) for cells in write_compare.ROWS.values()} == {len(write_compare.LIBRARIES)}
    own = [cells[0][1].partition("#")[0] for cells in write_compare.ROWS.values()]
    assert [page for page in own if not (ROOT / "docs" / page).is_file()] == []
    others = [place for cells in write_compare.ROWS.values() for _, place in cells[1:]]
    assert [place for place in others if not place.startswith("https://")] == []


def test_the_page_of_messages_has_those_of_the_code() -> None:
    assert write_messages_page.PAGE.read_text("utf-8") == write_messages_page.page(), (
        "run scripts/write_messages_page.py"
    )


def test_no_message_shows_a_constant_or_a_function_of_the_code() -> None:
    text = write_messages_page.PAGE.read_text("utf-8")
    filled = set(re.findall(r"\*([^*|]+)\*", text))
    functions = {"capitalize", "removesuffix", "splitlines", "tolist", "to pylist", "join", "iloc", "int", "len", "str"}
    assert {name for name in filled if name.isupper()} | filled & {*functions, "plural", "listed", "repr"} == set()


def test_every_message_says_what_to_do() -> None:
    assert [message.text for message in write_messages_page.messages() if len(message.hint) < 5] == []


def test_every_class_of_errors_is_explained() -> None:
    named = {name for name in divecast.__all__ if name.endswith(("Error", "Warning"))} - {"DivecastError"}
    assert set(write_messages_page.CLASSES) == set(write_messages_page.TO_DO) == named


@pytest.mark.parametrize(
    "script", [draw_concepts, draw_method, make_example_tables], ids=lambda script: script.__name__
)
def test_drawings_and_tables_are_those_of_their_scripts(script, tmp_path: Path) -> None:
    written = script.write(tmp_path)
    kept = {path.name: path.read_bytes() for path in script.FOLDER.iterdir()}
    assert kept == {path.name: path.read_bytes() for path in written}


@pytest.mark.parametrize(
    "form", sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml")), ids=lambda form: form.stem
)
def test_a_form_for_issues_has_what_github_asks_for(form: Path) -> None:
    content = read_yaml(form)
    assert {"name", "description", "body"} <= set(content)
    assert all({"type", "attributes"} <= set(field) and field["attributes"]["label"] for field in content["body"])
    ids = [field["id"] for field in content["body"]]
    assert len(ids) == len(set(ids))

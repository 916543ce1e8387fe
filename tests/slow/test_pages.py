"""The programs and commands of README.md and of the pages run as printed, with short fits."""

import re
import shlex
import shutil
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import divecast.fit.add_factor  # noqa: F401  what is patched
from divecast import DeepDIVE, datasets
from divecast.data import as_panel, store_from_parquet
from page_examples import MODELS, run, shorten, stores, write_files
from pages_not_run import ELSEWHERE, NOT_RUN, is_run_here

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def panel_of_loads():
    return as_panel("loads.csv", tz="Europe/Berlin")


@cache
def year():
    return datasets.load("loads")


@cache
def model_of_year():
    return DeepDIVE(24, 168, ["hour", "weekday"]).fit(year(), progress=False)


def older_rows():
    return panel_of_loads().rows(0, 2400)


def model_of_loads():
    return DeepDIVE.load("model.loads")


def exported():
    model_of_loads().export("model.onnx")
    return model_of_loads()


def forecast_of_stores():
    return DeepDIVE(7, 28).fit(stores(), id=["store", "item"], value="kwh", progress=False).forecast(stores())


OF_LOADS = {"panel": panel_of_loads, "model": model_of_loads}
GIVEN = {
    "anomalies.md": OF_LOADS,
    "agents.md": {"panel": year, "model": model_of_year},
    "measures.md": {"panel": year, "model": model_of_year},
    "method.md": {"panel": panel_of_loads, "model": exported},
    "production.md": {"panel": older_rows, "newer": panel_of_loads},
    "scale.md": {"_": lambda: shutil.copyfile("model.store", "model.safetensors")},
    "tables.md": {"table": stores, "forecast": forecast_of_stores},
}
"""What a page leaves to the reader: names, and what makes them."""
LANGUAGES = {"python", "sh"}
"""Of the blocks that are run. What others say is printed, or read by a program."""
SHOWN = {"text", "json", "csv", "ini", "toml", "diff"}


def blocks(page: Path, language: str) -> list[str]:
    """The blocks of code of a page; also those within a list, which are indented."""
    found = re.findall(rf"(?ms)^( *)```{language}\n(.*?)^ *```", page.read_text(encoding="utf-8"))
    return [re.sub(rf"(?m)^{indent}", "", block) for indent, block in found]


def lines_of(page: Path) -> list[str]:
    """The commands of a page without comments, one line each."""
    text = "".join(blocks(page, "sh")).replace("\\\n", " ")
    return [line for line in map(str.rstrip, text.splitlines()) if line and not line.lstrip().startswith("#")]


PRINTED = {"effects.md", "interfaces.md"}
WITH_COMMANDS = [page for page in PAGES if lines_of(page)]
COMMANDED = [
    pytest.param(page, marks=pytest.mark.long, id=page.stem) if page.stem == "4_feedback_in_gait" else page
    for page in WITH_COMMANDS
]  # the page of recordings has the same commands
WITH_PROGRAMS = [
    page for page in PAGES if blocks(page, "python") and page.parent.name != "tutorials" and page.name not in PRINTED
]  # tutorials have a test of their own
PROGRAMS = [block for page in PAGES if page.parent.name != "tutorials" for block in blocks(page, "python")]
PATTERNS = (*ELSEWHERE, *NOT_RUN)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder with every file that the pages read, and the models that they have fitted before."""
    folder = tmp_path_factory.mktemp("pages")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        patch.chdir(folder)
        shorten(patch)
        write_files(folder)
        for name, fit in MODELS.items():
            run("fit", *shlex.split(fit), "--out", f"model.{name}")
        store = store_from_parquet("meters.store", "meters.parquet")
        DeepDIVE(24, 48).fit(store, progress=False).save("model.store")
    return folder


@pytest.fixture
def here(files, tmp_path, monkeypatch):
    """A copy of that folder, in which the test runs."""
    folder = tmp_path / "here"
    shutil.copytree(files, folder)
    monkeypatch.chdir(folder)
    with warnings.catch_warnings():
        shorten(monkeypatch)
        yield folder


@pytest.fixture(autouse=True)
def no_window():
    """Figures are drawn without a screen."""
    import matplotlib.pyplot as plt

    plt.switch_backend("agg")
    yield
    plt.close("all")


def head(block: str) -> str:
    """What a program is about: its text up to its third line, on one line."""
    return " ".join(block.splitlines()[:3])


@pytest.mark.parametrize("page", COMMANDED, ids=lambda page: page.stem)
def test_every_command_of_a_page_runs(page, here):
    ran = [line for line in lines_of(page) if is_run_here(line)]
    fitted = set()
    for line in ran:
        words = shlex.split(line, comments=True)
        assert words[0] == "divecast", f"{line}: say in tests/pages_not_run.py what runs it, or why nothing does"
        model, data = [*words, "", ""][2:4]
        if model == "model.safetensors" and data not in {"", *fitted} and not data.startswith("-"):
            name = next(name for name in (*MODELS, "store") if data.startswith(name) or data.endswith(name))
            shutil.copyfile(f"model.{name}", "model.safetensors")
        if words[1] == "fit":
            fitted.add(words[2])
        run(*words[1:])


def test_no_block_has_a_language_that_is_not_known():
    """A block of another name, such as py, would be run by nothing."""
    named = {name for page in PAGES for name in re.findall(r"(?m)^ *```(\S+)", page.read_text(encoding="utf-8"))}
    assert named == LANGUAGES | SHOWN


def test_each_pattern_of_what_does_not_run_here_is_needed():
    starts = [*(line for page in WITH_COMMANDS for line in lines_of(page)), *map(head, PROGRAMS)]
    matched = {next((each for each in PATTERNS if re.match(each, start)), None) for start in starts}
    assert matched - {None} == set(PATTERNS)


@pytest.mark.parametrize(("file", "text"), sorted(set(ELSEWHERE.values())))
def test_what_runs_elsewhere_is_there(file, text):
    assert text in (ROOT / file).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", WITH_PROGRAMS, ids=lambda page: page.stem)
def test_the_programs_of_a_page_run(page, here):
    names = {"__name__": "page"}  # what needs worker processes is under `if __name__ == "__main__"`
    names |= {name: make() for name, make in GIVEN.get(page.name, {}).items()}
    for block in blocks(page, "python"):
        if is_run_here(head(block)):
            exec(compile(block, page.name, "exec"), names)  # noqa: S102


def test_the_python_of_the_page_of_effects_prints_what_it_says(capsys, monkeypatch):
    monkeypatch.setattr(sys.modules["divecast.fit.add_factor"], "_STEPS", 20)  # what it learns is not printed
    assert_alike(*printed("effects.md", capsys), atol=2.0)


def test_the_python_of_the_page_of_sales_prints_what_it_says(tmp_path, monkeypatch, capsys):
    shutil.copytree(ROOT / "docs" / "data", tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    found, told = printed("retail.md", capsys)
    assert_alike(found, told[told.index("     shop") :], atol=5.0)  # what the shell prints stands before


def assert_alike(found: str, told: str, atol: float) -> None:
    """Two texts have the same words and about the same numbers."""
    labels = [re.sub(r"-?\d+(\.\d+)?", "#", text).split() for text in (found, told)]
    assert labels[0] == labels[1]
    numbers = [np.array(re.findall(r"-?\d+(?:\.\d+)?", text), dtype=float) for text in (found, told)]
    np.testing.assert_allclose(*numbers, atol=atol)


def test_the_python_of_the_page_of_interfaces_prints_what_it_says(here, capsys):
    found, told = printed("interfaces.md", capsys)
    assert found == told


def printed(name: str, capsys) -> tuple[str, str]:
    """What the programs of a page print, and what it says that they do."""
    page, names = ROOT / "docs" / name, {}
    for block in filter(lambda block: is_run_here(head(block)), blocks(page, "python")):
        exec(compile(block, name, "exec"), names)  # noqa: S102
    return capsys.readouterr().out, "".join(blocks(page, "text"))

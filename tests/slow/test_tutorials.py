"""The tutorials run, say what to install, use public names only, and their pages are up to date."""

import re
import runpy
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

from studies.shared import GAIT, needs

FOLDER = Path(__file__).parents[2] / "docs" / "tutorials"
TUTORIALS = sorted(FOLDER.glob("[0-9]_*.py"))
PRINTED = {
    "1_loads_and_a_holiday": ("To explain: Monday 2016-12-26, Second Day of Christmas", "as if it were a Sunday"),
    "2_half_labelled_motion": ("70 without labels", "new people: "),
    "3_the_paper": ("one dimension per factor", "MIG   leakage"),
    "4_feedback_in_gait": ("Recordings(55 of 6037 to 9440 rows, 18 channels, 50 Hz)", "2FB beside 1Reg"),
}
DRAWN = {
    "1_loads_and_a_holiday": {"loads_forecasts.png", "loads_what_if.png"},
    "2_half_labelled_motion": {"motion_confusion.png", "motion_code.png"},
    "3_the_paper": {"paper_code.png", "paper_density.png"},
    "4_feedback_in_gait": {"gait_recordings.png", "gait_conditions.png"},
}


def write_pages():
    spec = spec_from_file_location("write_pages", FOLDER / "write_pages.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def by_name(path):
    return path.stem


def runs(tutorial):
    """A tutorial with its marks: the first one is short, and the last one needs data that are not shipped."""
    marks = [] if tutorial == TUTORIALS[0] else [pytest.mark.long]
    return pytest.param(tutorial, marks=[*marks, needs(GAIT)] if "gait" in tutorial.stem else marks)


@pytest.mark.parametrize("tutorial", [*map(runs, TUTORIALS)], ids=[*map(by_name, TUTORIALS)])
def test_runs_in_its_quick_form(tutorial, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("DIVECAST_QUICK", "1")
    monkeypatch.setenv("DIVECAST_SHARED_DATA", str(GAIT.parent))
    monkeypatch.setattr("sys.argv", [str(tutorial)])
    monkeypatch.chdir(tmp_path)
    runpy.run_path(str(tutorial), run_name="__main__")
    printed = capfd.readouterr().out
    assert [text for text in PRINTED[tutorial.stem] if text not in printed] == []
    assert {path.name for path in (tmp_path / "figures").iterdir()} == DRAWN[tutorial.stem]


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=by_name)
def test_says_what_to_install(tutorial):
    is_text, first = next(write_pages().cells(tutorial.read_text(encoding="utf-8")))
    assert is_text
    assert re.search(r'`pip install "divecast\[[a-z,]+\]"`', first)


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=by_name)
def test_uses_public_names_only(tutorial):
    code = tutorial.read_text(encoding="utf-8")
    modules = {line.split()[1] for line in code.splitlines() if line.startswith("from divecast")}
    assert modules <= {"divecast", "divecast.plots", "divecast.metrics", "divecast.results"}
    assert not re.search(r"\._[a-z]", code)


@pytest.mark.parametrize("tutorial", TUTORIALS, ids=by_name)
def test_the_page_has_the_text_and_the_code_of_the_script(tutorial):
    page = tutorial.with_suffix(".md").read_text(encoding="utf-8")
    cells = write_pages().cells(tutorial.read_text(encoding="utf-8"))
    wanted = "\n\n".join(body if is_text else f"```python\n{body}\n```" for is_text, body in cells)
    kept = re.sub(r"\A<!--.*?-->\n\n|^```text\n.*?^```\n\n?|^!\[.*?\)\n\n?", "", page, flags=re.DOTALL | re.MULTILINE)
    assert kept.strip() == wanted.strip(), "run docs/tutorials/write_pages.py"


@pytest.mark.parametrize("page", [*TUTORIALS, FOLDER.parents[1] / "README.md"], ids=by_name)
def test_links_and_pictures_are_there(page):
    page = page.with_suffix(".md")
    targets = re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_cells_are_told_apart():
    script = "# %% [markdown]\n# # Head\n#\n# text\n\n# %%\nx = 1\n\n# %%\n\n# %% [markdown]\n# end\n"
    assert list(write_pages().cells(script)) == [(True, "# Head\n\ntext"), (False, "x = 1"), (True, "end")]
